// SPDX-License-Identifier: Apache-2.0
/* Host and several virtual machines on one firmware: H13, H16, H17. */
#include "attack.h"
#include <errno.h>
#include <sys/ioctl.h>
#include <unistd.h>

static bool is_on(uint32_t id, bool on)
{
	char line[32];

	__builtin_snprintf(line, sizeof(line), "clk %u on=%d", id, on);

	return state_has(line);
}

static void host_and_vm(int a)
{
	/* The host first, then the machine comes and goes. */
	fake("clk-on %u", SHARED);
	ok(clk(a, ENABLE, SHARED) == 0 && clk(a, DISABLE, SHARED) == 0 &&
	   is_on(SHARED, true), "H16 a machine cannot switch off the host's clock");
	/* The machine first, then the host comes and goes. */
	fake("clk-off %u", SHARED);
	ok(is_on(SHARED, false), "H16 the last user switches it off");
	clk(a, ENABLE, SHARED);
	fake("clk-on %u", SHARED);
	fake("clk-off %u", SHARED);
	ok(is_on(SHARED, true), "H16 nor can the host switch off a machine's");
	ok(clk(a, DISABLE, SHARED) == 0 && is_on(SHARED, false),
	   "H16 and again the last user does");
}

/* An order of on and off is six digits of base 3, each of host 0, a 1, b 2 twice. */
static bool is_order(int n)
{
	int seen[3] = {}, step;

	for (step = 0; step < 6; step++, n /= 3)
		seen[n % 3]++;

	return seen[0] == 2 && seen[1] == 2 && seen[2] == 2;
}

static int play(int a, int b, int n)
{
	bool on[3] = {};
	int bad = 0, step;

	for (step = 0; step < 6; step++, n /= 3) {
		int who = n % 3;

		if (who == 0)
			fake(on[0] ? "clk-off %u" : "clk-on %u", SHARED);
		else
			clk(who == 1 ? a : b, on[who] ? DISABLE : ENABLE,
			    SHARED);
		on[who] = !on[who];
		bad += !is_on(SHARED, on[0] || on[1] || on[2]);
		bad += clk_read(a, IS_ENABLED, SHARED) != on[1];
		bad += clk_read(b, IS_ENABLED, SHARED) != on[2];
	}

	return bad;
}

static void interleave(int a, int b)
{
	int bad = 0, orders = 0, n;

	for (n = 0; n < 729; n++)
		if (is_order(n)) {
			bad += play(a, b, n);
			orders++;
		}
	ok(bad == 0 && orders == 90,
	   "H16 host and two machines in all %d orders: on while used, IS_ENABLED one's own (%d wrong)",
	   orders, bad);
}

static void held_by_host(int a)
{
	fake("clk-on 42");
	ok(clk_value(a, SET_RATE, 42, 200000000) == -EBUSY &&
	   state_has("clk 42 on=1 rate=300000000"),
	   "H13 SET_RATE of an own clock that the host uses is EBUSY");
	ok(clk(a, ENABLE, 42) == 0 && clk(a, DISABLE, 42) == 0 &&
	   is_on(42, true), "an own clock that the host uses is counted with it");
	/* Also while the machine has it on itself. */
	clk(a, ENABLE, 43);
	clk(a, ENABLE, 42);
	ok(clk_value(a, SET_RATE, 42, 200000000) == -EBUSY,
	   "H13 the same while the machine has it on as well");
	fake("clk-off 42");
	ok(clk_value(a, SET_RATE, 42, 200000000) == 0 &&
	   state_has("clk 42 on=1 rate=200000000"),
	   "once the host lets go it is the machine's");
	/* Prepared is what runs; enabled is a bare count. */
	fake("clk-prepare 42");
	ok(clk_value(a, SET_RATE, 42, 100000000) == -EBUSY,
	   "H27 the same where the host has prepared it and no more");
	fake("clk-unprepare 42");
	clk_value(a, SET_RATE, 42, 300000000);
	/* A driver of the host on a clock below counts as well. */
	clk(a, DISABLE, 43);
	clk(a, DISABLE, 42);
	fake("clk-prepare 43");
	ok(clk_value(a, SET_RATE, 42, 100000000) == -EBUSY &&
	   clk_value(a, SET_RATE, 44, 30000000) == 0,
	   "H13 H27 the same where the host uses a clock below it, and only there");
	fake("clk-unprepare 43");
	ok(clk_value(a, SET_RATE, 102, 204000000) == -EACCES &&
	   clk_value(a, SET_RATE, 42, 150000000) == 0,
	   "H27 a clock that can feed others' is not an own clock, one that cannot is");
	ok(log_lines("102: a clock that can feed others") >= 1,
	   "H27 and the log says so");
}

static void two_vms(int a, int b)
{
	fake("clear");
	ok(clk(a, ENABLE, 156) == -EACCES && clk(b, ENABLE, 155) == -EACCES &&
	   reset(a, ASSERT, 102) == -EACCES && reset(b, ASSERT, 100) == -EACCES,
	   "H17 machines with disjoint lists cannot reach each other's ids");
	ok(asked_changes(MRQ_CLK, 156) + asked_changes(MRQ_CLK, 155) +
	   asked_changes(MRQ_RESET, 102) + asked_changes(MRQ_RESET, 100) == 0,
	   "H17 and nothing of it reached the firmware");
	/* Both list 158 as own: the first that changes it has it. */
	clk(a, ENABLE, 158);
	ok(clk(b, ENABLE, 158) == -EBUSY && clk_value(b, SET_RATE, 158, 1) == -EBUSY,
	   "H17 an own id that another machine holds is EBUSY");
	ok(clk(b, ENABLE, 156) == 0 && clk(b, DISABLE, 156) == 0,
	   "H17 what else it owns still works");
}

static void after_the_other(int *a, int b)
{
	close(*a);
	ok(clk(b, ENABLE, 158) == 0, "H17 it is free once the other is closed");
	*a = dev_open(NODE_A);
	ok(clk(*a, ENABLE, 158) == -EBUSY, "H17 and then the first one's turn to wait");
	clk(b, DISABLE, 158);
}

static void resets(int a)
{
	/* 101 is in the node's resets property as well, 100 is not. */
	host_driver(true);
	ok(reset(a, DEASSERT, 101) == -EBUSY,
	   "H28 a reset of a device that has a driver of the host is EBUSY");
	ok(fake("reset-get") == 0 && reset(a, DEASSERT, 101) == -EBUSY,
	   "H28 the same where it holds it");
	ok(fake("reset-put") == 0 && fake("reset-shared") == 0 &&
	   reset(a, DEASSERT, 101) == -EBUSY && reset(a, MODULE, 101) == -EBUSY,
	   "H28 the same where it holds it shared, of which the core would warn");
	host_driver(false);
	ok(reset(a, DEASSERT, 101) == 0 && state_has("reset 101 deasserted"),
	   "then it is the machine's, by the reset framework");
	host_driver(true);
	ok(fake("reset-try") == -EBUSY,
	   "and the driver of the host is kept off it");
	host_driver(false);
	ok(reset(a, DEASSERT, 100) == 0 && state_has("reset 100 deasserted") &&
	   reset(a, ASSERT, 100) == 0 && !state_has("reset 100 deasserted") &&
	   reset(a, MODULE, 100) == 0, "a reset by the firmware");
}

static void domains(int a)
{
	ok(pg_get(a, 1) == 0 && pg_set(a, 1, 1) == 0 && pg_get(a, 1) == 1 &&
	   state_has("pg 1 on"), "a power domain goes on");
	fake("pd-get");
	ok(pg_set(a, 1, 0) == 0 && pg_get(a, 1) == 0 && state_has("pg 1 on"),
	   "H16 it stays on while the host uses it");
	fake("pd-put");
	ok(!state_has("pg 1 on"), "H16 the last user switches it off");
	ok(pg_set(a, 2, 1) == -EACCES, "a foreign domain is refused");
	/* The firmware's refusal is one, and the domain works again after it. */
	fake("fail %u %u 1 1", MRQ_PG, PG_SET);
	ok(pg_set(a, 1, 1) == -22 && !state_has("pg 1 on") &&
	   pg_set(a, 1, 1) == 0 && state_has("pg 1 on"),
	   "H29 a domain that once did not go on goes on the next time");
	fake("fail %u %u 1 1", MRQ_PG, PG_SET);
	ok(pg_set(a, 1, 0) == -EIO && state_has("pg 1 on"),
	   "H26 a domain that did not go off is said not to have");
	ioctl(a, BPMP_HOST_RESET);
	ok(!state_has("pg 1 on") && state_has("pd1/current_state off"),
	   "H26 and goes off at the machine's end");
}

void test_sharing(void)
{
	int a = dev_open(NODE_A), b = dev_open(NODE_B);

	host_and_vm(a);
	interleave(a, b);
	held_by_host(a);
	close(a);
	a = dev_open(NODE_A);
	two_vms(a, b);
	after_the_other(&a, b);
	resets(a);
	domains(a);
	close(a);
	close(b);
	host_driver(true);
	ok(fake("reset-get") == 0 && fake("reset-put") == 0,
	   "after the close the host has its reset again");
	host_driver(false);
}
