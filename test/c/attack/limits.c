// SPDX-License-Identifier: Apache-2.0
/* What a machine can use up: H2, H5, H18, and many calls at once. */
#include "attack.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
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

static void leaks(void)
{
	struct timespec from, to;
	int fd = dev_open(NODE_A);
	long before, after;

	many_calls(fd, 2000);
	before = meminfo("Slab:");
	clock_gettime(CLOCK_MONOTONIC, &from);
	many_calls(fd, 100000);
	clock_gettime(CLOCK_MONOTONIC, &to);
	after = meminfo("Slab:");
	close(fd);
	/* The prior art lost 2 KiB a call: 195 MiB. */
	ok(after - before < 4096,
	   "H2 H5 100000 calls in %ld s: slab %ld KiB before, %ld after",
	   (long)(to.tv_sec - from.tv_sec), before, after);
}

static void storm(const char *path, int seed)
{
	int fd = dev_open(path), i;
	time_t end = time(NULL) + 5;
	struct bpmp_host_info info;

	srand(seed);
	/* Four threads of a machine share its file. */
	fork();
	fork();
	srand(seed + getpid());
	while (time(NULL) < end) {
		for (i = 0; i < 50; i++) {
			static const uint32_t ids[] = {
				155, 156, 102, 104, 41, 237, 123
			};
			uint32_t id = ids[rand() % 7];

			clk(fd, rand() % 20, id);
			clk_value(fd, SET_RATE, id, rand());
			clk_value(fd, SET_PARENT, id, ids[rand() % 7]);
			reset(fd, 1 + rand() % 3, 100 + rand() % 3);
			pg_set(fd, 1 + rand() % 3, rand() % 2);
		}
		ioctl(fd, BPMP_HOST_INFO, &info);
		if (rand() % 4 == 0)
			ioctl(fd, BPMP_HOST_RESET);
	}
	while (wait(NULL) > 0)
		;
	_exit(0);
}

static void many_at_once(void)
{
	char *before = fake_state(), *after;
	int status;

	if (!fork())
		storm(NODE_A, 1);
	if (!fork())
		storm(NODE_B, 2);
	while (wait(&status) > 0)
		;
	after = fake_state();
	ok(!strcmp(before, after),
	   "two machines of four threads each, 5 s at random: state after equals state before");
	if (strcmp(before, after))
		printf("# before\n%s# after\n%s", before, after);
	free(before);
	free(after);
}

static void kmemleak(void)
{
	const char *file = "/sys/kernel/debug/kmemleak";
	char *found;
	int i;

	if (access(file, F_OK)) {
		skip("H2 no memory is lost: no kmemleak in this kernel");
		return;
	}
	/* What is younger than 5 s counts as used; stray pointers go with time. */
	for (i = 0; i < 2; i++) {
		sleep(6);
		spill(file, "scan");
	}
	found = slurp(file);
	ok(!*found, "H2 H5 kmemleak finds no memory lost");
	printf("%s", found);
	free(found);
}

void test_limits(void)
{
	log_flood();
	leaks();
	many_at_once();
	kmemleak();
}
