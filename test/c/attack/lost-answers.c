// SPDX-License-Identifier: Apache-2.0
/*
 * A firmware that does not answer: H6, H23. Comes last: a channel whose answer
 * is lost is never given back by the kernel.
 */
#include "attack.h"
#include <errno.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

/* Long enough for a slow emulator to do a request well within it. */
#define TIMEOUT_MS	20000
#define TIMEOUT		(TIMEOUT_MS / 1000.0)

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

void test_lost_answers(void)
{
	const struct timespec half = { 0, 500000000 };
	struct bpmp_host_info info = {};
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
