// SPDX-License-Identifier: Apache-2.0
/* State after equals state before, however a machine ends: H24. */
#include "attack.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* All that a machine can change. */
static int change_all(int fd)
{
	int bad = 0;

	bad += clk(fd, ENABLE, 102) != 0;
	bad += clk(fd, ENABLE, 155) != 0;
	bad += clk(fd, ENABLE, 41) != 0;
	bad += clk(fd, ENABLE, SHARED) != 0;
	bad += clk_value(fd, SET_RATE, 155, 4080000) != 0;
	bad += clk_value(fd, SET_PARENT, 155, 104) != 0;
	bad += clk_value(fd, SET_RATE, 155, 6000000) != 0;
	/* So high that the firmware takes another parent by itself. */
	bad += clk_value(fd, SET_RATE, 237, 600000000) != 0;
	/* Feeds 43 and 44, whose rates move with it; then one of them. */
	bad += clk_value(fd, SET_RATE, 42, 200000000) != 0;
	bad += clk_value(fd, SET_RATE, 43, 25000000) != 0;
	bad += reset(fd, ASSERT, 100) != 0;
	bad += reset(fd, DEASSERT, 100) != 0;
	bad += reset(fd, MODULE, 101) != 0;
	bad += pg_set(fd, 1, 1) != 0;
	bad += pg_set(fd, 3, 1) != 0;

	return bad;
}

static void same(const char *before, const char *how)
{
	char *after = fake_state();

	ok(!strcmp(before, after), "H24 state after equals state before: %s",
	   how);
	free(after);
}

static void by_close(const char *before)
{
	int fd = dev_open(NODE_A);
	int off, assert;

	ok(change_all(fd) == 0, "H24 a machine changes all that it may");
	ok(state_has("clk 155 on=1 rate=6000000 parent=104") &&
	   state_has("clk 237 on=0 rate=600000000 parent=104") &&
	   state_has("clk 43 on=0 rate=25000000 parent=42") &&
	   state_has("reset 100 deasserted") && state_has("pg 1 on"),
	   "H24 and it is changed");
	fake("clear");
	close(fd);
	same(before, "close");
	assert = asked(MRQ_RESET, ASSERT, 100);
	off = asked(MRQ_CLK, DISABLE, 155);
	ok(assert >= 0 && off > assert &&
	   asked(MRQ_CLK, DISABLE, 102) > off,
	   "H24 resets are asserted while the clocks run, which go off in reverse");
}

/*
 * The framework does not see that the firmware gave 237 another parent, and
 * switches the old one with it, which the boot loader left on.
 */
static void by_framework(const char *before)
{
	int fd = dev_open(NODE_A);

	ok(clk_value(fd, SET_RATE, 237, 600000000) == 0 &&
	   clk(fd, ENABLE, 237) == 0 && clk(fd, DISABLE, 237) == 0 &&
	   state_has("clk 237 on=0 rate=600000000 parent=104") &&
	   state_has("clk 102 on=1"),
	   "H24 a clock's former parent that was left on does not stay off with it");
	close(fd);
	same(before, "what the framework switched by itself");
}

/* What one machine has on is for another to leave on, not to keep on. */
static void by_two(const char *before)
{
	int a = dev_open(NODE_A), b = dev_open(NODE_B);

	ok(clk(a, ENABLE, SHARED) == 0 && clk(b, ENABLE, SHARED) == 0 &&
	   clk(a, ENABLE, 155) == 0 && clk(b, ENABLE, 156) == 0,
	   "H16 two machines use a clock and what feeds their own");
	close(a);
	ok(state_has("clk 104 on=1") && state_has("clk 102 on=1"),
	   "H16 the second has them on when the first is gone");
	close(b);
	same(before, "two machines, one after the other");
}

static void by_kill(const char *before)
{
	int status, fds[2];
	char done;
	pid_t pid;

	if (pipe(fds))
		abort();
	pid = fork();
	if (pid == 0) {
		done = change_all(dev_open(NODE_A));
		if (write(fds[1], &done, 1) != 1)
			_exit(1);
		pause();
	}
	if (read(fds[0], &done, 1) != 1)
		done = 1;
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	ok(!done && WIFSIGNALED(status), "H24 a process is killed with all changed");
	same(before, "kill -9");
	close(fds[0]);
	close(fds[1]);
}

static void by_reset(const char *before)
{
	int fd = dev_open(NODE_A);

	change_all(fd);
	ok(ioctl(fd, BPMP_HOST_RESET) == 0, "H24 BPMP_HOST_RESET");
	same(before, "BPMP_HOST_RESET");
	ok(change_all(fd) == 0, "H24 the file works on after it");
	close(fd);
	same(before, "close after BPMP_HOST_RESET");
}

static void by_unbind(const char *before)
{
	struct bpmp_host_info info = { .argsz = sizeof(info) };
	uint32_t challenge = 1;
	int fd = dev_open(NODE_A);

	change_all(fd);
	ok(rebind("proxy-a", false) == 0, "H22 unbind while a machine runs");
	same(before, "unbind");
	ok(dev_transfer(fd, MRQ_PING, &challenge, 4, NULL) == -ENODEV &&
	   ioctl(fd, BPMP_HOST_INFO, &info) && errno == ENODEV &&
	   ioctl(fd, BPMP_HOST_RESET) && errno == ENODEV,
	   "H22 its calls end in ENODEV");
	rebind("proxy-a", true);
	close(fd);
	ok(wait_for(NODE_A, true), "H22 bind again");
	fd = dev_open(NODE_A);
	ok(change_all(fd) == 0, "H22 and it works");
	close(fd);
	same(before, "close after bind");
}

static uint32_t in_doubt(int fd)
{
	struct bpmp_host_info info = { .argsz = sizeof(info) };

	ioctl(fd, BPMP_HOST_INFO, &info);

	return info.quarantined;
}

static void failed_reset(void)
{
	int fd = dev_open(NODE_A);

	reset(fd, DEASSERT, 100);
	fake("fail %u %u 100 1", MRQ_RESET, ASSERT);
	close(fd);
	fd = dev_open(NODE_A);
	ok(in_doubt(fd) == 1 && reset(fd, DEASSERT, 100) == -EBUSY,
	   "H24 a reset that could not be put back stays shut");
	ok(log_lines("reset 100 could not be put back") == 1,
	   "H24 and the log says how to open it");
	ok(clk(fd, ENABLE, 155) == 0, "H24 what else it owns still works");
	close(fd);
}

static void failed_disable(void)
{
	int fd = dev_open(NODE_A);

	/* Unpreparing a clock has no way to fail, so the proxy looks. */
	clk(fd, ENABLE, 155);
	fake("fail %u %u 155 3", MRQ_CLK, DISABLE);
	close(fd);
	fake("fail 0 0 0 0");
	fd = dev_open(NODE_A);
	ok(in_doubt(fd) == 2 && clk(fd, ENABLE, 155) == -EBUSY,
	   "H24 a clock that did not go off stays shut");
	close(fd);
	rebind("proxy-a", false);
	rebind("proxy-a", true);
	wait_for(NODE_A, true);
	fd = dev_open(NODE_A);
	ok(in_doubt(fd) == 0 && reset(fd, DEASSERT, 100) == 0 &&
	   clk(fd, ENABLE, 155) == 0 && clk(fd, DISABLE, 155) == 0,
	   "H24 unbinding and binding opens them again");
	close(fd);
}

void test_undo(void)
{
	char *before;

	/* The clock that was on without a user, and its child. */
	ok(state_has("clk 40 on=1") && state_has("pg 3 on"),
	   "something was left on by the boot loader");
	before = fake_state();
	by_close(before);
	by_framework(before);
	by_two(before);
	by_kill(before);
	by_reset(before);
	by_unbind(before);
	failed_reset();
	failed_disable();
	/* 155 was still on when the driver was bound again: so it is left. */
	ok(state_has("clk 155 on=1") && state_has("clk 102 on=1") &&
	   !state_has("reset 100 deasserted"),
	   "H24 what was in doubt is left as the next machine found it");
	free(before);
}
