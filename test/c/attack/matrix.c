// SPDX-License-Identifier: Apache-2.0
/*
 * Who else uses a clock, what a machine asks of it, and how the machine ends:
 * every combination, and each twice, with the other there before the request
 * and coming between the request and the end. H24, H27.
 */
#include "attack.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* An own clock of a and of b, on a parent that the boot loader left on. */
#define CLOCK		158
#define PARENT		104
#define RATE		25500000
#define RESET		101
#define DOMAIN		1

static int other_vm;

static void nobody(bool come)
{
	(void)come;
}

static void host_prepared(bool come)
{
	fake(come ? "clk-prepare %u" : "clk-unprepare %u", CLOCK);
}

static void host_enabled(bool come)
{
	fake(come ? "clk-on %u" : "clk-off %u", CLOCK);
	fake(come ? "pd-get" : "pd-put");
	host_driver(come);
}

/* Takes the rate that it wants and starts; lets go and leaves it. */
static void host_set(bool come)
{
	if (come)
		fake("clk-rate %u 102000000", CLOCK);
	host_prepared(come);
}

static void vm_enabled(bool come)
{
	if (come)
		other_vm = dev_open(NODE_B);
	clk(other_vm, come ? ENABLE : DISABLE, CLOCK);
	if (!come)
		close(other_vm);
}

static const struct other {
	const char *name;
	void (*come)(bool come);
	bool runs;
	/* Its claim keeps every request of a's from the clock. */
	bool claims;
	bool has_reset;
	bool sets;
} others[] = {
	{ "nobody", nobody, false, false, false, false },
	{ "host prepared", host_prepared, true, false, false, false },
	{ "host enabled", host_enabled, true, false, true, false },
	{ "host set and prepared", host_set, true, false, false, true },
	{ "other machine enabled", vm_enabled, true, true, false, false },
};

static int rate(int fd)
{
	return clk_value(fd, SET_RATE, CLOCK, RATE);
}

static int parent(int fd)
{
	return clk_value(fd, SET_PARENT, CLOCK, PARENT);
}

static int enable(int fd)
{
	return clk(fd, ENABLE, CLOCK);
}

static int disable(int fd)
{
	int err = clk(fd, ENABLE, CLOCK);

	return err ? err : clk(fd, DISABLE, CLOCK);
}

static int rate_while_on(int fd)
{
	int err = clk(fd, ENABLE, CLOCK);

	return err ? err : clk_value(fd, SET_RATE, CLOCK, RATE);
}

static int parent_then_enable(int fd)
{
	int err = clk_value(fd, SET_PARENT, CLOCK, PARENT);

	return err ? err : clk(fd, ENABLE, CLOCK);
}

static int deassert(int fd)
{
	return reset(fd, DEASSERT, RESET);
}

static int domain(int fd)
{
	return pg_set(fd, DOMAIN, 1);
}

/* What a request is about. */
enum about { STATE, SETTING, OTHER };

static const struct request {
	const char *name;
	int (*ask)(int fd);
	enum about about;
} requests[] = {
	{ "SET_RATE", rate, SETTING },
	{ "SET_PARENT", parent, SETTING },
	{ "ENABLE", enable, STATE },
	{ "DISABLE", disable, STATE },
	{ "ENABLE, SET_RATE", rate_while_on, SETTING },
	{ "SET_PARENT, ENABLE", parent_then_enable, SETTING },
	{ "DEASSERT", deassert, OTHER },
	{ "PG", domain, OTHER },
};

/* A machine in a process of its own, so that it can be killed. */
struct vm {
	pid_t pid;
	int fd;
	int said[2];
};

static int start(struct vm *vm, const struct request *request, bool child)
{
	int result = 0;

	vm->pid = 0;
	if (!child) {
		vm->fd = dev_open(NODE_A);
		return request->ask(vm->fd);
	}
	if (pipe(vm->said))
		abort();
	vm->pid = fork();
	if (!vm->pid) {
		result = request->ask(dev_open(NODE_A));
		if (write(vm->said[1], &result, sizeof(result)) < 0)
			_exit(1);
		pause();
	}
	if (read(vm->said[0], &result, sizeof(result)) != sizeof(result))
		abort();

	return result;
}

enum end { CLOSE, RESETS, KILL, UNBIND, ENDS };

static const char * const ends[] = { "close", "reset", "kill", "unbind" };

static void finish_vm(struct vm *vm, enum end end)
{
	int status;

	switch (end) {
	case RESETS:
		ioctl(vm->fd, BPMP_HOST_RESET);
		break;
	case KILL:
		kill(vm->pid, SIGKILL);
		waitpid(vm->pid, &status, 0);
		close(vm->said[0]);
		close(vm->said[1]);
		return;
	case UNBIND:
		rebind("proxy-a", false);
		break;
	default:
		close(vm->fd);
	}
}

static void clean_up(struct vm *vm, enum end end)
{
	if (end == UNBIND) {
		rebind("proxy-a", true);
		wait_for(NODE_A, true);
	}
	if (end == UNBIND || end == RESETS)
		close(vm->fd);
}

/* What is to come of a request, with the other there before it. */
static int expected(const struct other *other, const struct request *request)
{
	if (request->ask == deassert)
		return other->has_reset ? -16 : 0;
	if (request->about == OTHER)
		return 0;
	if (other->claims || (other->runs && request->about == SETTING))
		return -16;

	return 0;
}

static void line_of(char *line, size_t size, const char *key)
{
	char *state = fake_state(), *at = strstr(state, key);

	snprintf(line, size, "%.*s", at ? (int)strcspn(at, "\n") : 0,
		 at ? at : "");
	free(state);
}

/* What others have left as it was is the test's to put back. */
static void put_back(const struct other *other, const struct request *request)
{
	int fd;

	if (other->sets || request->about == SETTING) {
		fake("clk-parent %u 102", CLOCK);
		fake("clk-rate %u 51000000", CLOCK);
	}
	if (other->has_reset && request->ask == deassert) {
		fd = dev_open(NODE_A);
		reset(fd, ASSERT, RESET);
		close(fd);
	}
}

static void differ(const char *what, const char *a, const char *b)
{
	say("# %s\n# was\n%s# is\n%s", what, a, b);
}

/* The other first: after the machine's end all is as before it. */
static int before(const struct other *other, const struct request *request,
		  enum end end)
{
	char *first, *last;
	struct vm vm;
	int got, bad;

	other->come(true);
	first = fake_state();
	got = start(&vm, request, end == KILL);
	finish_vm(&vm, end);
	last = fake_state();
	bad = strcmp(first, last) || got != expected(other, request);
	if (bad) {
		say("# %s, %s, %s: %d", other->name, request->name, ends[end],
		    got);
		differ("before", first, last);
	}
	clean_up(&vm, end);
	other->come(false);
	if (other->sets)
		put_back(other, request);
	free(first);
	free(last);

	return bad;
}

/*
 * The other comes after the request. What runs stays on and with the rate and
 * the parent that the other found or has set, a reset whose device got a driver
 * stays as it is; all else is put back.
 */
static int between(const struct other *other, const struct request *request,
		   enum end end)
{
	char *first = fake_state(), *last, with[96], after[96];
	bool bad, kept;
	struct vm vm;

	start(&vm, request, end == KILL);
	other->come(true);
	line_of(with, sizeof(with), "clk 158 ");
	finish_vm(&vm, end);
	line_of(after, sizeof(after), "clk 158 ");
	kept = other->runs && !other->claims;
	bad = kept && strcmp(with, after);
	bad |= kept && !strstr(after, "on=1");
	clean_up(&vm, end);
	other->come(false);
	if (kept)
		put_back(other, request);
	last = fake_state();
	if (strcmp(first, last) || bad) {
		say("# %s, %s, %s, between: %s, then %s", other->name,
		    request->name, ends[end], with, after);
		differ("between", first, last);
		bad = true;
	}
	free(first);
	free(last);

	return bad;
}

void test_matrix(void)
{
	unsigned int o, r, e;
	int bad, count = 0;

	for (o = 0; o < sizeof(others) / sizeof(others[0]); o++) {
		for (bad = 0, r = 0; r < sizeof(requests) / sizeof(requests[0]);
		     r++)
			for (e = 0; e < ENDS; e++, count += 2) {
				bad += before(&others[o], &requests[r], e);
				bad += between(&others[o], &requests[r], e);
			}
		ok(bad == 0, "H24 H27 %s, with %u requests and %u ends, before and between: %d wrong",
		   others[o].name, r, e, bad);
	}
	ok(count == 320, "H24 H27 all %d combinations were tried", count);
}
