// SPDX-License-Identifier: Apache-2.0
/* Many calls at once, and what is left of it all. */
#include "attack.h"
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void storm(const char *path, int seed)
{
	int fd = dev_open(path), i;
	time_t end = time(NULL) + 5;
	struct bpmp_host_info info = { .argsz = sizeof(info) };

	/* Four threads of a machine share its file. */
	if (!unpatched) {
		fork();
		fork();
	}
	srand(seed + getpid());
	while (time(NULL) < end) {
		for (i = 0; i < 50; i++) {
			static const uint32_t ids[] = {
				155, 156, 42, 104, 43, 237, 158
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

/*
 * The mailbox of 6.12.117 loses count where two CPUs ring at the same time, and
 * after twenty of those no request gets through any more, of nobody: our second
 * patch keeps them apart. Without it only one thread at a time can be let loose.
 */
void test_storm(void)
{
	char *before = fake_state(), *after;
	int status;

	if (!fork())
		storm(NODE_A, 1);
	if (unpatched)
		wait(&status);
	if (!fork())
		storm(NODE_B, 2);
	while (wait(&status) > 0)
		;
	after = fake_state();
	ok(!strcmp(before, after),
	   "H23 H24 two machines, %s, 5 s at random: state after equals state before",
	   unpatched ? "one after the other" : "four threads each");
	if (strcmp(before, after))
		say("# before\n%s# after\n%s", before, after);
	free(before);
	free(after);
}

/*
 * The kernel's own powergate-bpmp forgets the empty name of each number that is
 * no power domain; everything else counts.
 */
static int lost_by_others_than_powergate(char *found)
{
	static const char head[] = "unreferenced object";
	char *at = strstr(found, head), *next;
	int lost = 0;

	for (; at; at = next) {
		next = strstr(at + sizeof(head), head);
		if (next)
			next[-1] = 0;
		if (strstr(at, "tegra_bpmp_init_powergates"))
			continue;
		say("%s", at);
		lost++;
	}

	return lost;
}

void test_kmemleak(void)
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
	ok(!lost_by_others_than_powergate(found),
	   "H2 H5 kmemleak finds no memory lost");
	free(found);
}
