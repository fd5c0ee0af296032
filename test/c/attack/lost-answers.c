// SPDX-License-Identifier: Apache-2.0
/*
 * A firmware that does not answer: H6, H23, H26. Comes last: a channel whose
 * answer is lost is never given back by the kernel, and the fake gives it back
 * only where nobody uses the BPMP meanwhile.
 */
#include "attack.h"
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

/* Long enough for a slow emulator to do a request well within it. */
#define TIMEOUT_MS	20000
#define TIMEOUT		(TIMEOUT_MS / 1000.0)
/* For what waits itself out. */
#define SHORT_MS	8000
#define SHORT		(SHORT_MS / 1000.0)

struct call {
	pthread_t thread;
	const char *path;
	int fd;
	int64_t result;
	double seconds;
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);

	return t.tv_sec + t.tv_nsec / 1e9;
}

static void *ask_rate(void *data)
{
	struct call *call = data;
	double from = now();

	call->result = clk_read(call->fd, GET_RATE, 102);
	call->seconds = now() - from;

	return NULL;
}

static void start(struct call *call, const char *path)
{
	call->path = path;
	call->fd = dev_open(path);
	pthread_create(&call->thread, NULL, ask_rate, call);
}

static int lost(int fd)
{
	struct bpmp_host_info info = { .argsz = sizeof(info) };

	return ioctl(fd, BPMP_HOST_INFO, &info) ? -1 : (int)info.channels_lost;
}

/* The proxy looks closer before it takes a channel for lost. */
static bool wait_for_lost(int fd, int count)
{
	const struct timespec tenth = { 0, 100000000 };
	int i;

	for (i = 0; i < 100 && lost(fd) != count; i++)
		nanosleep(&tenth, NULL);

	return i < 100;
}

static bool heal(int fd)
{
	const struct timespec half = { 0, 500000000 };

	fake("lose 0 0 0 0");
	fake("release");
	nanosleep(&half, NULL);

	return fake("heal") == 0 && wait_for_lost(fd, 0);
}

/* One change is several requests: of the first that is lost the rest learns. */
static void lost_change(int a)
{
	double from = now();

	fake("lose %u %u 155 9", MRQ_CLK, ROUND_RATE);
	ok(clk_value(a, SET_RATE, 155, 25500000) == -ETIMEDOUT &&
	   now() - from > SHORT - 1 && now() - from < 2 * SHORT - 1,
	   "H26 SET_RATE without an answer is ETIMEDOUT, after one wait (%.1f s)",
	   now() - from);
	ok(wait_for_lost(a, 1), "H23 and has lost one channel, no more");
	ok(clk_read(a, GET_RATE, 155) == 51000000,
	   "H23 machines go on with what is left");
	rebind("proxy-b", false);
	rebind("proxy-b", true);
	ok(wait_for(NODE_B, true) && lost(a) == 1,
	   "H23 a driver that is bound anew finds the channel still lost");
	ok(heal(a), "H23 a channel that bpmp.c has again is not lost any more");

	/* The framework keeps this one to itself. */
	fake("lose %u %u 155 1", MRQ_CLK, SET_RATE);
	ok(clk_value(a, SET_RATE, 155, 25500000) == 0 &&
	   clk_read(a, GET_RATE, 155) == 25500000,
	   "H26 a rate that is set at the second try is set");
	ok(wait_for_lost(a, 1) && heal(a), "H23 for one channel");
	fake("lose %u %u 155 9", MRQ_CLK, SET_RATE);
	ok(clk_value(a, SET_RATE, 155, 51000000) == -ETIMEDOUT,
	   "H26 one that is never answered is ETIMEDOUT");
	ok(wait_for_lost(a, 2) && fake("clk-on 104") == 0 &&
	   fake("clk-off 104") == 0, "H23 for two channels: the host has its own");
	ok(heal(a), "all channels are back");
}

static void *prepare_43(void *data)
{
	fake("clk-prepare 43");

	return data;
}

static void *set_155(void *data)
{
	struct call *call = data;
	double from = now();

	call->result = clk_value(call->fd, SET_RATE, 155, 51000000);
	call->seconds = now() - from;

	return NULL;
}

/* The host's own request is not answered, and it keeps the framework's lock. */
static void lost_by_host(int a)
{
	const struct timespec half = { 0, 500000000 };
	struct call call = { .fd = a };
	pthread_t host;
	double from;
	int b = dev_open(NODE_B), i, bad = 0;

	fake("lose %u %u 43 1", MRQ_CLK, ENABLE);
	pthread_create(&host, NULL, prepare_43, NULL);
	nanosleep(&half, NULL);
	pthread_create(&call.thread, NULL, set_155, &call);
	nanosleep(&half, NULL);
	from = now();
	for (i = 0; i < 20; i++)
		bad += clk_read(b, GET_RATE, 156) != 51000000;
	ok(bad == 0 && now() - from < SHORT - 3,
	   "H23 who waits for the framework keeps no channel from others (%.1f s)",
	   now() - from);
	pthread_join(call.thread, NULL);
	pthread_join(host, NULL);
	ok(call.result == 0 && call.seconds > 1,
	   "H23 a machine that waited for the host, whose answer was lost, goes on (%lld after %.1f s)",
	   (long long)call.result, call.seconds);
	ok(wait_for_lost(a, 1) && clk_value(a, SET_RATE, 155, 25500000) == 0 &&
	   clk_value(b, SET_RATE, 156, 25500000) == 0,
	   "H23 and no machine is charged for it");
	close(b);
	ok(heal(a), "all channels are back again");
}

static void all_lost(void)
{
	const struct timespec half = { 0, 500000000 };
	struct bpmp_host_info info = { .argsz = sizeof(info) };
	struct call a, b, c;
	double from;
	int owner;

	/* Something to be undone later, when there is no way left. */
	owner = dev_open(NODE_MANY);
	clk(owner, ENABLE, 476);

	fake("timeout %u", TIMEOUT_MS);
	fake("hold 2");
	start(&a, NODE_A);
	start(&b, NODE_B);
	nanosleep(&half, NULL);
	fake("hold 0");
	start(&c, NODE_C);
	nanosleep(&half, NULL);

	/* Two of three channels are taken, a third machine waits. */
	from = now();
	ok(fake("clk-on 104") == 0 && fake("clk-off 104") == 0 &&
	   now() - from < TIMEOUT / 2,
	   "H23 the host is served while machines wait for answers (%.1f s)",
	   now() - from);

	pthread_join(a.thread, NULL);
	pthread_join(b.thread, NULL);
	pthread_join(c.thread, NULL);
	ok(a.result == -ETIMEDOUT && b.result == -ETIMEDOUT &&
	   a.seconds > TIMEOUT - 1,
	   "H6 no answer is ETIMEDOUT, not a success (%lld after %.1f s)",
	   (long long)a.result, a.seconds);
	ok(c.result == -ETIMEDOUT && c.seconds > TIMEOUT / 4,
	   "H23 the third waited and got none of the host's channel (%lld after %.1f s)",
	   (long long)c.result, c.seconds);

	from = now();
	ok(clk_read(c.fd, GET_RATE, 102) == -ETIMEDOUT && now() - from < TIMEOUT / 2,
	   "H23 with both lost, machines get an error at once");
	ok(clk(c.fd, IS_ENABLED, 157) == 0, "H23 what is known here is still answered");
	ok(fake("clk-on 104") == 0 && fake("clk-off 104") == 0,
	   "H23 the host goes on");

	close(owner);
	owner = dev_open(NODE_MANY);
	ok(!ioctl(owner, BPMP_HOST_INFO, &info) && info.quarantined,
	   "H23 what can no longer be undone stays shut");

	/* The answers come after all: nobody waits for them any more. */
	fake("release");
	nanosleep(&half, NULL);
	ok(fake("clk-on 104") == 0 && fake("clk-off 104") == 0,
	   "H23 late answers harm nobody");
	close(owner);
	close(a.fd);
	close(b.fd);
	close(c.fd);
}

void test_lost_answers(void)
{
	int a = dev_open(NODE_A);

	fake("timeout %u", SHORT_MS);
	lost_change(a);
	lost_by_host(a);
	close(a);
	all_lost();
}
