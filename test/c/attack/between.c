// SPDX-License-Identifier: Apache-2.0
/*
 * What happens between a machine's change and its end, one case each: H24, H26,
 * H27, H29.
 */
#include "attack.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static bool same(const char *before)
{
	char *after = fake_state();
	bool is = !strcmp(before, after);

	if (!is)
		say("# before\n%s# after\n%s", before, after);
	free(after);

	return is;
}

/* A change of a clock moves those below it, in whichever order they follow. */
static void order(const char *before)
{
	int fd = dev_open(NODE_A);

	ok(clk_value(fd, SET_RATE, 42, 200000000) == 0 &&
	   state_has("clk 43 on=0 rate=100000000") &&
	   clk_value(fd, SET_RATE, 43, 25000000) == 0,
	   "H24 a clock's change, which moves what it feeds, then one of those");
	close(fd);
	ok(same(before), "H24 both are as before the first");
}

/* The old parent's chain was on from the boot loader. */
static void old_parent(const char *before)
{
	int fd = dev_open(NODE_A);

	ok(clk_value(fd, SET_PARENT, 155, 104) == 0 && clk(fd, ENABLE, 155) == 0,
	   "H24 SET_PARENT while off, then ENABLE");
	close(fd);
	ok(same(before), "H24 and the old parent's chain is on as it was");
}

/* The boot loader's clock, once a driver of the host has had it. */
static void both_let_go(void)
{
	int fd = dev_open(NODE_A);

	ok(state_has("clk 40 on=1") && clk(fd, ENABLE, 41) == 0,
	   "a machine uses a clock under one that was left on");
	fake("clk-prepare 40");
	clk(fd, DISABLE, 41);
	fake("clk-unprepare 40");
	ok(state_has("clk 40 on=0"), "H29 the last user, the host, lets it go");
	clk(fd, ENABLE, 155);
	close(fd);
	ok(state_has("clk 40 on=0"),
	   "H29 and nobody switches it on again behind the framework's back");
}

static void both_let_go_of_a_domain(void)
{
	int fd = dev_open(NODE_A);

	ok(state_has("pg 3 on") && state_has("pd3/current_state on") &&
	   pg_set(fd, 3, 1) == 0 && pg_set(fd, 3, 0) == 0,
	   "a machine uses a domain that was left on");
	close(fd);
	ok(state_has("pg 3 on") && state_has("pd3/current_state on"),
	   "H29 it is on then, and the framework knows");
	fd = dev_open(NODE_A);
	pg_set(fd, 3, 1);
	fake("pd-add 3");
	fake("pd-on");
	pg_set(fd, 3, 0);
	fake("pd-off");
	ok(!state_has("pg 3 on"), "H29 the last user, the host, lets it go");
	close(fd);
	ok(!state_has("pg 3 on") && state_has("pd3/current_state off"),
	   "H29 and it stays off");
	fake("pd-del");
}

static uint64_t left(int fd)
{
	struct bpmp_host_info info = { .argsz = sizeof(info) };

	ioctl(fd, BPMP_HOST_INFO, &info);

	return info.undo_left;
}

/* A clock of two machines, which one has while the other begins. */
static void other_before(const char *before)
{
	int a = dev_open(NODE_A), b = dev_open(NODE_B);

	ok(clk_value(b, SET_PARENT, 158, 104) == 0 &&
	   clk_value(a, SET_RATE, 42, 200000000) == 0,
	   "H24 a machine makes its first change while another has a clock of both");
	ioctl(b, BPMP_HOST_RESET);
	ok(clk_value(a, SET_RATE, 158, 25500000) == 0,
	   "H24 then it gets that clock");
	close(a);
	close(b);
	ok(same(before), "H24 and leaves it as it was before both");
	ok(log_lines("clock 41 is left as it is") == 0,
	   "H24 nothing is said of clocks that no change reached");
}

/* A rate that somebody has set and not started yet. */
static void set_only(const char *before)
{
	int fd = dev_open(NODE_A);
	uint64_t was = left(fd);

	ok(clk_value(fd, SET_RATE, 158, 25500000) == 0,
	   "a machine sets a rate");
	fake("clk-rate 158 102000000");
	ioctl(fd, BPMP_HOST_RESET);
	ok(state_has("clk 158 on=0 rate=102000000"),
	   "H27 the rate that the host has set meanwhile stays");
	ok(left(fd) == was + 1 &&
	   log_lines("clock 158 is left as it is") >= 1,
	   "H27 INFO counts it, and the log says so");
	close(fd);
	fake("clk-rate 158 51000000");
	ok(same(before), "all as before");
}

static void refused_rate(const char *before)
{
	int fd = dev_open(NODE_A);

	fake("fail %u %u 155 9", MRQ_CLK, SET_RATE);
	ok(clk_value(fd, SET_RATE, 155, 25500000) == -22,
	   "H26 a rate that the firmware refuses is refused");
	fake("fail %u %u 155 1", MRQ_CLK, SET_RATE);
	ok(clk_value(fd, SET_RATE, 155, 25500000) == 0 &&
	   clk_read(fd, GET_RATE, 155) == 25500000,
	   "H26 one that it takes at the second try is set");
	fake("fail %u %u 155 9", MRQ_CLK, SET_PARENT);
	ok(clk_value(fd, SET_PARENT, 155, 104) == -22,
	   "H26 so is a parent");
	fake("fail %u %u 155 9", MRQ_CLK, DISABLE);
	ok(clk(fd, ENABLE, 155) == 0 && clk(fd, DISABLE, 155) == -22,
	   "H26 and so is a clock that does not go off");
	fake("fail 0 0 0 0");
	close(fd);
	ok(same(before), "all as before");
}

void test_between(void)
{
	char *before = fake_state();

	order(before);
	old_parent(before);
	other_before(before);
	set_only(before);
	refused_rate(before);
	both_let_go();
	both_let_go_of_a_domain();
	free(before);
}
