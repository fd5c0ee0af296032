// SPDX-License-Identifier: Apache-2.0
/*
 * host-client FILE CLOCK COUNT: ask the host proxy's device FILE for the rate
 * of CLOCK, COUNT times, and print how long that took, in ns. Where the policy
 * refuses the clock, that is the time of a refusal: nothing reaches the
 * firmware.
 */
#include <linux/bpmp-host.h>

#include "plain.h"

#define MRQ_CLK 22
#define CMD_CLK_GET_RATE 1u
#define EACCES 13

void run(const long *stack)
{
	static struct bpmp_host_transfer transfer;
	uint64_t count, began;
	uint32_t question;
	long fd, answer = 0;

	if (stack[0] != 4)
		leave("usage: host-client FILE CLOCK COUNT");
	fd = call(__NR_openat, AT_FDCWD, stack[2], O_RDWR, 0, 0, 0);
	if (fd < 0)
		leave((const char *)stack[2]);
	question = CMD_CLK_GET_RATE << 24 | (uint32_t)number((const char *)stack[3]);
	count = number((const char *)stack[4]);
	began = now();
	for (uint64_t n = 0; n < count; n++) {
		transfer.mrq = MRQ_CLK;
		transfer.tx_size = sizeof(question);
		transfer.rx_size = sizeof(uint64_t);
		__builtin_memcpy(transfer.tx, &question, sizeof(question));
		answer = call(__NR_ioctl, fd, BPMP_HOST_TRANSFER, (long)&transfer, 0, 0, 0);
		if (answer && answer != -EACCES)
			leave("an answer that is neither yes nor no");
	}
	say("host-client ");
	say(answer ? "refused" : "answered");
	say(" ns ");
	say_number(now() - began);
	say("\n");
	end(0);
}
