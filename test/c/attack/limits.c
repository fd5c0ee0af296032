// SPDX-License-Identifier: Apache-2.0
/* What a machine can use up: H2, H5, H18. */
#include "attack.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void log_flood(void)
{
	int fd = dev_open(NODE_A), before = log_lines("refused MRQ"), lines;
	uint32_t i, req[2];

	for (i = 0; i < 10000; i++) {
		/* Another number and command each time. */
		req[0] = (i % 256) << 24 | FOREIGN;
		req[1] = i;
		dev_transfer(fd, 100 + i / 256, req, sizeof(req), NULL);
		clk(fd, i % 256, FOREIGN);
	}
	close(fd);
	lines = log_lines("refused MRQ");
	ok(lines <= before + 10 && lines > 0,
	   "H18 20000 refusals of 10000 kinds: %d lines in the log, %d before",
	   lines, before);
	ok(log_lines("suppressed") == 0, "H18 and none about lines left out");
}

static long meminfo(const char *name)
{
	char *text = slurp("/proc/meminfo"), *at = strstr(text, name);
	long kib = at ? strtol(at + strlen(name), NULL, 10) : -1;

	free(text);

	return kib;
}

/* Every way out of a call: most are short, one in 16 goes to the firmware. */
static void many_calls(int fd, int count)
{
	uint32_t req = GET_RATE << 24 | 102;
	uint8_t rx[120];
	int i, ret;

	for (i = 0; i < count; i++) {
		size_t room = sizeof(rx);

		switch (i % 64) {
		case 0:
			clk(fd, ENABLE, 155);
			break;
		case 16:
			clk(fd, DISABLE, 155);
			break;
		case 32:
			clk(fd, GET_RATE, 155);
			break;
		case 48:
			dev_write(fd, MRQ_CLK, &req, 4, rx, &room, &ret);
			break;
		default:
			if (i % 4 == 0)
				clk(fd, DISABLE, FOREIGN);
			else if (i % 4 == 1)
				dev_write(fd, MRQ_PING, &i, 4, (void *)8,
					  &room, &ret);
			else if (i % 4 == 2)
				dev_write(fd, MRQ_PING, &i, 4, rx, &room,
					  &ret);
			else
				dev_transfer(fd, MRQ_DEBUG, &i, 4, NULL);
		}
	}
}

/* A word of the kernel's command line: a kernel full of checks is slow. */
static int how_many(void)
{
	const char *calls = getenv("CALLS");

	return calls ? atoi(calls) : 100000;
}

static void leaks(void)
{
	struct timespec from, to;
	int fd = dev_open(NODE_A), count = how_many();
	long before, after;

	many_calls(fd, 2000);
	before = meminfo("Slab:");
	clock_gettime(CLOCK_MONOTONIC, &from);
	many_calls(fd, count);
	clock_gettime(CLOCK_MONOTONIC, &to);
	after = meminfo("Slab:");
	close(fd);
	/* The prior art lost 2 KiB a call: 195 MiB of 100000. */
	ok(count > 0 && after - before < 4096L * count / 100000,
	   "H2 H5 %d calls in %ld s: slab %ld KiB before, %ld after", count,
	   (long)(to.tv_sec - from.tv_sec), before, after);
}

void test_limits(void)
{
	log_flood();
	leaks();
}
