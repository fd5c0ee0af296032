/*
 * bpmp-scmi: SCMI for one virtual machine, over vhost-user
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "device.h"
#include "sandbox.h"

/* Exit codes, as bpmp-virt has them: command line, this machine, QEMU */
#define EXIT_USAGE 2
#define EXIT_REFUSED 3
#define EXIT_FRONT_END 4

/* A map is some KB: 255 lines of each kind at the most. */
#define MAP_MAX (128 * 1024)

#define DEFAULT_TIMEOUT_MS 30000
/* Linux gives up after 60 s (VIRTIO_MAX_RX_TIMEOUT_MS). */
#define MAX_TIMEOUT_MS 59000

typedef struct Options {
    const char *socket_path;
    const char *bpmp_host;
    const char *model;
    const char *map;
    int fd;
    int bpmp_fd;
    unsigned timeout_ms;
    bool sandbox;
} Options;

static const char help[] =
    "Usage: bpmp-scmi --map FILE (--bpmp-host PATH | --bpmp-fd FD | --model PATH)\n"
    "                 (--socket-path PATH | --fd FD)\n"
    "\n"
    "Serves QEMU's vhost-user-scmi-pci: one machine, clocks, resets and power\n"
    "domains of the BPMP. Ends when QEMU does, and what the machine did is undone.\n"
    "\n"
    "  --map FILE          scmi.map of the bundle: which ids the machine sees\n"
    "  --bpmp-host PATH    device of the host proxy, /dev/bpmp-host[-NAME]\n"
    "  --bpmp-fd FD        the same, open already\n"
    "  --model PATH        unix socket of a firmware model (bpmp-virt firmware)\n"
    "  --socket-path PATH  listen there for QEMU; must not exist\n"
    "  --fd FD             a socket that is inherited: listening, or connected\n"
    "  --timeout-ms N      answer with COMMS_ERROR after so long (30000; at most\n"
    "                      59000, since Linux gives up after 60 s)\n"
    "  --sandbox on|off    off: for debuggers and sanitizers (on)\n"
    "  --print-capabilities  what this program is, as JSON, and end\n"
    "\n"
    "Exit codes: 0 QEMU ended; 2 the command line or the map is wrong; 3 something\n"
    "is not there; 4 QEMU broke the protocol.\n";

static void __attribute__((noreturn, format(printf, 2, 3)))
end(int code, const char *why, ...)
{
    va_list args;

    fputs("bpmp-scmi: ", stderr);
    va_start(args, why);
    vfprintf(stderr, why, args);
    va_end(args);
    fputc('\n', stderr);
    exit(code);
}

static unsigned number(const char *text, const char *option, unsigned max)
{
    char *rest;
    unsigned long value;

    errno = 0;
    value = strtoul(text, &rest, 10);
    if (text[0] < '0' || text[0] > '9' || *rest || errno || value > max) {
        end(EXIT_USAGE, "--%s %s: must be a number up to %u", option, text,
            max);
    }
    return value;
}

static bool on_off(const char *text)
{
    if (strcmp(text, "on") && strcmp(text, "off")) {
        end(EXIT_USAGE, "--sandbox %s: must be on or off", text);
    }
    return !strcmp(text, "on");
}

static void print_capabilities(void)
{
    puts("{\n  \"type\": \"scmi\",\n  \"features\": []\n}");
    exit(0);
}

static void take_option(Options *o, int which, const char *value)
{
    switch (which) {
    case 's':
        o->socket_path = value;
        break;
    case 'f':
        o->fd = number(value, "fd", 65535);
        break;
    case 'h':
        o->bpmp_host = value;
        break;
    case 'b':
        o->bpmp_fd = number(value, "bpmp-fd", 65535);
        break;
    case 'm':
        o->model = value;
        break;
    case 'p':
        o->map = value;
        break;
    case 't':
        o->timeout_ms = number(value, "timeout-ms", MAX_TIMEOUT_MS);
        break;
    case 'x':
        o->sandbox = on_off(value);
        break;
    case 'c':
        print_capabilities();
        break;
    case '?':
        exit(EXIT_USAGE);
    default:
        fputs(help, stdout);
        exit(0);
    }
}

static Options parse(int argc, char **argv)
{
    static const struct option known[] = {
        { "socket-path", required_argument, NULL, 's' },
        { "fd", required_argument, NULL, 'f' },
        { "bpmp-host", required_argument, NULL, 'h' },
        { "bpmp-fd", required_argument, NULL, 'b' },
        { "model", required_argument, NULL, 'm' },
        { "map", required_argument, NULL, 'p' },
        { "timeout-ms", required_argument, NULL, 't' },
        { "sandbox", required_argument, NULL, 'x' },
        { "print-capabilities", no_argument, NULL, 'c' },
        { "help", no_argument, NULL, 'H' },
        {},
    };
    Options o = {
        .fd = -1,
        .bpmp_fd = -1,
        .timeout_ms = DEFAULT_TIMEOUT_MS,
        .sandbox = true,
    };
    int which;

    while ((which = getopt_long(argc, argv, "", known, NULL)) != -1) {
        take_option(&o, which, optarg);
    }
    if (optind < argc) {
        end(EXIT_USAGE, "%s: there are only options (--help)", argv[optind]);
    }
    if (!o.map) {
        end(EXIT_USAGE, "--map is missing (--help)");
    }
    if (!!o.socket_path + (o.fd >= 0) != 1) {
        end(EXIT_USAGE, "one of --socket-path and --fd is wanted (--help)");
    }
    if (!!o.bpmp_host + (o.bpmp_fd >= 0) + !!o.model != 1) {
        end(EXIT_USAGE,
            "one of --bpmp-host, --bpmp-fd and --model is wanted (--help)");
    }
    return o;
}

static void read_map(const char *path, ScmiDomains *d)
{
    static char text[MAP_MAX + 1];
    ScmiError error;
    FILE *file = fopen(path, "re");
    size_t size;

    if (!file) {
        end(EXIT_REFUSED, "%s: %s", path, strerror(errno));
    }
    size = fread(text, 1, sizeof(text), file);
    if (ferror(file) || size > MAP_MAX) {
        end(EXIT_USAGE, "%s is not a map: it cannot be read, or is too large",
            path);
    }
    fclose(file);
    if (!scmi_domains_parse(d, text, size, &error)) {
        end(EXIT_USAGE, "%s, %s", path, error.text);
    }
}

static struct sockaddr_un address(const char *path)
{
    struct sockaddr_un a = { .sun_family = AF_UNIX };

    if (strlen(path) >= sizeof(a.sun_path)) {
        end(EXIT_USAGE, "%s is longer than a socket's path may be (%zu)", path,
            sizeof(a.sun_path) - 1);
    }
    memcpy(a.sun_path, path, strlen(path));
    return a;
}

static BpmpLink *link_to_model(const char *path)
{
    struct sockaddr_un a = address(path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof(a))) {
        end(EXIT_REFUSED, "%s: %s\n"
            "  -> bpmp-virt firmware --socket %s starts a model there", path,
            strerror(errno), path);
    }
    return bpmp_link_model(fd);
}

static BpmpLink *link_to_bpmp(const Options *o)
{
    ScmiError error;
    BpmpLink *link;
    int fd = o->bpmp_fd;

    if (o->model) {
        return link_to_model(o->model);
    }
    if (o->bpmp_host) {
        fd = open(o->bpmp_host, O_RDWR | O_CLOEXEC);
        if (fd < 0) {
            end(EXIT_REFUSED, "%s: %s\n  -> %s", o->bpmp_host, strerror(errno),
                errno == EBUSY ?
                "another program has it open: a machine needs its own" :
                "is the host proxy there, and may this user open it?");
        }
    }
    link = bpmp_link_host(fd, &error);
    if (!link) {
        end(EXIT_REFUSED, "%s %s", o->bpmp_host ?: "the descriptor",
            error.text);
    }
    return link;
}

static int listen_at(const char *path)
{
    struct sockaddr_un a = address(path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    /* For this user and QEMU as the same one */
    umask(0077);
    if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) ||
        listen(fd, 1)) {
        end(EXIT_REFUSED, "%s: %s%s", path, strerror(errno),
            errno == EADDRINUSE ?
            "\n  -> remove it if no other program serves it" : "");
    }
    return fd;
}

/* QEMU's connection; nobody else gets one. */
static int front_end(const Options *o)
{
    int fd = o->socket_path ? listen_at(o->socket_path) : o->fd;
    int is_listening = 0;
    socklen_t size = sizeof(is_listening);
    int connected;

    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &is_listening, &size)) {
        end(EXIT_REFUSED, "--fd %d: %s", fd, strerror(errno));
    }
    if (!is_listening) {
        return fd;
    }
    do {
        connected = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
    } while (connected < 0 && errno == EINTR);
    if (connected < 0) {
        end(EXIT_REFUSED, "nobody can connect: %s", strerror(errno));
    }
    if (o->socket_path) {
        unlink(o->socket_path);
    }
    close(fd);
    return connected;
}

typedef struct Asking {
    BpmpLink *link;
    unsigned timeout_ms;
} Asking;

static int ask(void *opaque, BpmpCall *call)
{
    Asking *a = opaque;

    return bpmp_link_transfer(a->link, call, a->timeout_ms);
}

static void complete(ScmiDomains *d, BpmpLink *link, unsigned timeout_ms)
{
    Asking asking = { .link = link, .timeout_ms = timeout_ms };
    const ScmiFirmware fw = { .transfer = ask, .opaque = &asking };
    int status = scmi_domains_complete(d, &fw);

    if (status < 0) {
        end(EXIT_REFUSED, "the BPMP does not answer: %s", strerror(-status));
    }
}

int main(int argc, char **argv)
{
    static ScmiDomains domains;
    static Device device;
    Options o = parse(argc, argv);
    BpmpLink *link;
    Pool *pool;
    int failed;

    signal(SIGPIPE, SIG_IGN);
    read_map(o.map, &domains);
    link = link_to_bpmp(&o);
    complete(&domains, link, o.timeout_ms);
    pool = pool_new(&domains, link, o.timeout_ms);
    if (!device_init(&device, front_end(&o), pool)) {
        end(EXIT_REFUSED, "no memory");
    }
    if (o.sandbox && sandbox()) {
        end(EXIT_REFUSED, "the sandbox: %s\n"
            "  -> this kernel needs CONFIG_SECCOMP_FILTER", strerror(errno));
    }
    failed = device_serve(&device);
    fprintf(stderr, "bpmp-scmi: %lu messages, %lu kicks, %lu interrupts\n",
            device.counts.messages, device.counts.kicks,
            device.counts.interrupts);
    /* The kernel closes the way to the BPMP, and that undoes. */
    _exit(failed ? EXIT_FRONT_END : 0);
}
