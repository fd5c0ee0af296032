// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Plays /dev/bpmp-host for a QEMU that was started with this library in
 * LD_PRELOAD, since the real one needs a kernel with the host proxy.
 *
 * BPMP_SHIM_PATH: the path that is the device
 * BPMP_SHIM_FD:   a descriptor that QEMU is started with and that is the device
 * BPMP_SHIM_MODE: what driver it is: ioctl, write56 or write48; newer: one with
 *                 a later version of the ioctls; busy: one that another program
 *                 has open; denied: one that is another user's; odd: another
 *                 device, which takes any write() and knows other ioctls
 * BPMP_SHIM_DEV:  folder that is listed for /dev
 * BPMP_SHIM_LOG:  file to which each event is appended, a line each
 *
 * Request numbers of bpmp-peer.h: 200 sleeps, 201 fails, 202 has a code of the
 * firmware's, 203 claims more bytes than there is room for; 0 is the echo of the firmware, others give back what they got.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/bpmp-host.h>

enum { ECHO = 0, SLEEP = 200, STATUS = 201, RET = 202, TOO_LONG = 203 };

static atomic_int device = -1;

static int is_device(int fd)
{
	const char *given = getenv("BPMP_SHIM_FD");

	return fd >= 0 && (fd == atomic_load(&device) ||
			   (given && fd == atoi(given)));
}

static int mode_is(const char *name)
{
	const char *mode = getenv("BPMP_SHIM_MODE");

	return mode && !strcmp(mode, name);
}

__attribute__((format(printf, 1, 2)))
static void note(const char *format, ...)
{
	const char *path = getenv("BPMP_SHIM_LOG");
	FILE *log = path ? fopen(path, "ae") : NULL;
	va_list ap;

	if (!log)
		return;
	va_start(ap, format);
	vfprintf(log, format, ap);
	va_end(ap);
	fclose(log);
}

static int shim_open(const char *name, const char *path, int flags, va_list ap)
{
	int (*next)(const char *, int, ...) = dlsym(RTLD_NEXT, name);
	const char *ours = getenv("BPMP_SHIM_PATH");
	int fd;

	if (!ours || strcmp(path, ours))
		return next(path, flags, flags & (O_CREAT | O_TMPFILE) ?
			    va_arg(ap, int) : 0);
	note("open cloexec=%d rdwr=%d\n", !!(flags & O_CLOEXEC),
	     (flags & O_ACCMODE) == O_RDWR);
	if (mode_is("busy") || mode_is("denied")) {
		errno = mode_is("busy") ? EBUSY : EACCES;
		return -1;
	}
	/* A character device, as the real one is. */
	fd = next("/dev/null", flags);
	atomic_store(&device, fd);
	return fd;
}

int open(const char *path, int flags, ...)
{
	va_list ap;
	int fd;

	va_start(ap, flags);
	fd = shim_open("open", path, flags, ap);
	va_end(ap);
	return fd;
}

int open64(const char *path, int flags, ...)
{
	va_list ap;
	int fd;

	va_start(ap, flags);
	fd = shim_open("open64", path, flags, ap);
	va_end(ap);
	return fd;
}

/* A descriptor of a set is opened by taking a copy of it. */
int fcntl64(int fd, int cmd, ...)
{
	int (*next)(int, int, ...) = dlsym(RTLD_NEXT, "fcntl64");
	va_list ap;
	void *arg;
	int ret;

	va_start(ap, cmd);
	arg = va_arg(ap, void *);
	va_end(ap);
	ret = next(fd, cmd, arg);
	if (cmd == F_DUPFD_CLOEXEC && ret >= 0 && is_device(fd))
		atomic_store(&device, ret);
	return ret;
}

DIR *opendir(const char *path)
{
	DIR *(*next)(const char *) = dlsym(RTLD_NEXT, "opendir");
	const char *dev = getenv("BPMP_SHIM_DEV");

	return next(dev && !strcmp(path, "/dev") ? dev : path);
}

int access(const char *path, int mode)
{
	int (*next)(const char *, int) = dlsym(RTLD_NEXT, "access");
	const char *ours = getenv("BPMP_SHIM_PATH");

	return ours && !strcmp(path, ours) ? 0 : next(path, mode);
}

/* Returns 0 or an errno. */
static int run(uint32_t mrq, const uint8_t *tx, uint64_t tx_size, uint8_t *rx,
	       uint64_t *rx_size, int32_t *ret)
{
	uint32_t arg = 0;

	note("begin mrq=%u tx=%llu room=%llu\n", mrq,
	     (unsigned long long)tx_size, (unsigned long long)*rx_size);
	if (tx_size > BPMP_HOST_PAYLOAD || *rx_size > BPMP_HOST_PAYLOAD) {
		note("BAD SIZE\n");
		return EINVAL;
	}
	memcpy(&arg, tx, tx_size < sizeof(arg) ? tx_size : sizeof(arg));
	*ret = 0;
	switch (mrq) {
	case ECHO:
		arg <<= 1;
		*rx_size = sizeof(arg);
		memcpy(rx, &arg, sizeof(arg));
		break;
	case STATUS:
		return -(int32_t)arg;
	case RET:
		*ret = arg;
		*rx_size = 0;
		break;
	case TOO_LONG:
		++*rx_size;
		break;
	case SLEEP:
		usleep(arg * 1000);
		/* fall through */
	default:
		if (*rx_size > tx_size)
			*rx_size = tx_size;
		memcpy(rx, tx, *rx_size);
		break;
	}
	note("end mrq=%u\n", mrq);
	return 0;
}

static int device_ioctl(int fd, unsigned long request, void *arg)
{
	struct bpmp_host_transfer *t = arg;
	struct bpmp_host_info *info = arg;
	uint64_t rx_size;
	int err;

	if (mode_is("odd"))
		return EINVAL;
	if (!mode_is("ioctl") && !mode_is("newer"))
		return ENOTTY;
	switch (request) {
	case BPMP_HOST_INFO:
		note("info cloexec=%d\n", !!(fcntl(fd, F_GETFD) & FD_CLOEXEC));
		if (info->argsz < sizeof(*info))
			return EINVAL;
		memset(info, 0, sizeof(*info));
		info->argsz = sizeof(*info);
		info->version = BPMP_HOST_VERSION + mode_is("newer");
		return 0;
	case BPMP_HOST_RESET:
		note("reset begin\n");
		usleep(300 * 1000);
		note("reset end\n");
		return 0;
	case BPMP_HOST_TRANSFER:
		if (t->flags || t->reserved)
			return EINVAL;
		rx_size = t->rx_size;
		err = run(t->mrq, t->tx, t->tx_size, t->rx, &rx_size, &t->ret);
		t->rx_size = rx_size;
		return err;
	default:
		return ENOTTY;
	}
}

int ioctl(int fd, unsigned long request, ...)
{
	int (*next)(int, unsigned long, ...) = dlsym(RTLD_NEXT, "ioctl");
	va_list ap;
	void *arg;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	if (!is_device(fd))
		return next(fd, request, arg);
	errno = device_ioctl(fd, request, arg);
	return errno ? -1 : 0;
}

ssize_t write(int fd, const void *buf, size_t len)
{
	ssize_t (*next)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");
	/* What the earlier drivers do: they answer into the caller's buffer. */
	struct bpmp_host_compat *c = (void *)buf;
	size_t want = mode_is("write48") ? 48 : 56;
	uint64_t rx_size;
	int32_t ret;

	if (!is_device(fd))
		return next(fd, buf, len);
	if (mode_is("ioctl") || len != want) {
		note("write of %zu bytes refused\n", len);
		errno = EINVAL;
		return -1;
	}
	rx_size = c->rx_size;
	errno = run(c->mrq, (void *)(uintptr_t)c->tx_data, c->tx_size,
		    (void *)(uintptr_t)c->rx_data, &rx_size, &ret);
	if (errno)
		return -1;
	c->rx_size = rx_size;
	c->ret = ret;
	return len;
}
