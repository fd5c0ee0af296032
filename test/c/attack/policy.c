// SPDX-License-Identifier: Apache-2.0
/* What may be asked, and what reaches the firmware: H8 to H15. */
#include "attack.h"
#include <errno.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static void aliases(int fd)
{
	static const uint32_t own[] = { 155, 158, 237, 41 };
	uint32_t k, i, bits;
	int let = 0;

	fake("clear");
	/* Every id that a mask of fewer than 24 bits takes for an own one. */
	for (bits = 8; bits < 24; bits++)
		for (k = 1; k < 64 && k << bits < 1 << 24; k++)
			for (i = 0; i < 4; i++) {
				uint32_t id = own[i] | k << bits;

				if (id == own[i] || id == SHARED)
					continue;
				let += clk(fd, ENABLE, id) == 0;
				let += clk_value(fd, SET_RATE, id, 1) == 0;
			}
	ok(let == 0, "H8 no alias of an own clock passes (%d did)", let);
	ok(strncmp(fake_transcript(), "count 0\n", 8) == 0,
	   "H8 and none reached the firmware");
}

/* Which commands of MRQ_CLK are not refused on a class of clock. */
static void commands(int fd, const char *class, uint32_t id,
		     const char *allowed)
{
	char got[257] = "";
	uint32_t cmd, i;

	for (cmd = 0; cmd < 256; cmd++) {
		/* Only whether it is let through: 0 in the payload is harmless. */
		uint32_t req[4] = { cmd << 24 | id };
		int err = dev_transfer(fd, MRQ_CLK, req, sizeof(req), NULL);

		got[cmd] = err == -EACCES ? '.' : 'x';
		clk(fd, DISABLE, id);
	}
	for (i = strlen(allowed); i < 256; i++)
		if (got[i] != '.')
			break;
	ok(i == 256 && !strncmp(got, allowed, strlen(allowed)),
	   "H9 H13 commands on %s clock: %.17s", class, got);
}

static void all_commands(int fd)
{
	fake("clear");
	/* SET_PARENT to clock 0, which nobody sees, is refused for all. */
	commands(fd, "an own", 155, ".xxxx.xxx.....xxx");
	commands(fd, "a shared", SHARED, ".x.xx.xxx.....xxx");
	commands(fd, "an ancestor", ANCESTOR, ".x..x.xxx.....xx");
	commands(fd, "a foreign", FOREIGN, ".x.xx.x.......xx");
	ok(asked(MRQ_CLK, RESET_REFCOUNTS, 155) < 0,
	   "H13 RESET_REFCOUNTS reached nobody");
	ok(asked_changes(MRQ_CLK, FOREIGN) == 0 &&
	   asked_changes(MRQ_CLK, ANCESTOR) <= 1 + asked_changes(MRQ_CLK, 155),
	   "H9 no change of a foreign clock reached the firmware");
}

static void foreign_parent(int fd)
{
	fake("clear");
	ok(clk_value(fd, SET_PARENT, 155, FOREIGN) == -EACCES,
	   "H13 SET_PARENT to a foreign clock is refused");
	ok(clk_value(fd, SET_PARENT, SHARED, 91) == -EACCES &&
	   clk_value(fd, SET_RATE, SHARED, 1000) == -EACCES,
	   "H13 a shared clock is not changed");
	ok(clk_value(fd, SET_RATE, 155, -1) == -22,
	   "H13 a negative rate is the firmware's -EINVAL");
	ok(strncmp(fake_transcript(), "count 0\n", 8) == 0,
	   "H13 none of these reached the firmware");
}

static bool served(uint32_t mrq)
{
	switch (mrq) {
	case MRQ_PING:
	case MRQ_THREADED_PING:
	case MRQ_RESET:
	case MRQ_CLK:
	case MRQ_QUERY_ABI:
	case MRQ_PG:
	case MRQ_QUERY_FW_TAG:
		return true;
	default:
		return false;
	}
}

static void other_mrqs(int fd)
{
	uint32_t req[30] = {}, mrq, cmd;
	struct bpmp_host_transfer msg;
	int let = 0;

	fake("clear");
	for (mrq = 0; mrq < 512; mrq++) {
		if (served(mrq))
			continue;
		for (cmd = 0; cmd < 12; cmd++) {
			req[0] = cmd;
			let += dev_transfer(fd, mrq, req, sizeof(req), NULL) !=
			       -EACCES;
		}
	}
	let += dev_transfer(fd, 0xffffffff, req, sizeof(req), NULL) != -EACCES;
	let += dev_transfer(fd, MRQ_CLK | 0x100, req, 120, NULL) != -EACCES;
	ok(let == 0, "H10 H11 H12 DEBUG, DEBUGFS, QUERY_TAG, STRAP, ISO and all else are refused (%d not)",
	   let);
	ok(strncmp(fake_transcript(), "count 0\n", 8) == 0,
	   "H10 H11 H12 and none reached the firmware");

	req[0] = MRQ_DEBUG;
	ok(!dev_transfer(fd, MRQ_QUERY_ABI, req, 4, &msg) &&
	   *(int32_t *)msg.rx == -19, "H10 QUERY_ABI denies MRQ_DEBUG");
}

static void short_requests(int fd)
{
	/* Command, its shortest request. */
	static const struct {
		uint32_t mrq, cmd, id, min;
	} rows[] = {
		{ MRQ_CLK, GET_RATE, 155, 4 }, { MRQ_CLK, SET_RATE, 155, 16 },
		{ MRQ_CLK, ROUND_RATE, 155, 16 }, { MRQ_CLK, ENABLE, 155, 4 },
		{ MRQ_CLK, SET_PARENT, 155, 8 }, { MRQ_RESET, ASSERT, 100, 8 },
		{ MRQ_PG, PG_SET, 1, 12 }, { MRQ_PING, 0, 0, 4 },
		{ MRQ_QUERY_ABI, 0, 0, 4 },
	};
	uint32_t i, size;
	int let = 0;

	fake("clear");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t req[4] = { rows[i].cmd, rows[i].id };

		if (rows[i].mrq == MRQ_CLK)
			req[0] = rows[i].cmd << 24 | rows[i].id;
		for (size = 0; size < rows[i].min; size++)
			let += dev_transfer(fd, rows[i].mrq, req, size, NULL) !=
			       -EINVAL;
	}
	ok(let == 0, "H14 requests shorter than the ABI's minimum are EINVAL (%d not)",
	   let);
	ok(strncmp(fake_transcript(), "count 0\n", 8) == 0,
	   "H14 and none reached the firmware");
}

static void look(const struct bpmp_host_transfer *msg, int *poison, int *tail)
{
	unsigned int b;

	for (b = 0; b < sizeof(msg->rx); b++) {
		*poison += msg->rx[b] == 0xa5;
		*tail += b >= msg->rx_size && msg->rx[b];
	}
}

/* What the host's frameworks ask for in their own words. */
static bool changes(uint32_t mrq, uint32_t cmd)
{
	switch (mrq) {
	case MRQ_CLK:
		return cmd == SET_RATE || cmd == SET_PARENT || cmd == ENABLE ||
		       cmd == DISABLE;
	case MRQ_RESET:
		return cmd >= ASSERT && cmd <= MODULE;
	case MRQ_PG:
		return cmd == PG_SET;
	}

	return false;
}

/* Every request, on what each has: numbers of clocks, resets and domains. */
static void ask_all(int fd, bool all, int *poison, int *tail)
{
	static const uint32_t ids[] = {
		155, 102, 41, SHARED, ANCESTOR, 91, 237, 43, 1, 2, 3, 100, 101,
	};
	struct bpmp_host_transfer msg;
	unsigned int mrq, cmd, i;

	for (mrq = 0; mrq < 256; mrq++)
		for (cmd = 0; cmd < 20; cmd++)
			for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
				uint32_t req[4] = { cmd, ids[i] };

				if (!all && changes(mrq, cmd))
					continue;
				if (mrq == MRQ_CLK) {
					req[0] = cmd << 24 | ids[i];
					req[1] = 0;
				}
				if (!dev_transfer(fd, mrq, req, sizeof(req),
						  &msg))
					look(&msg, poison, tail);
			}
}

static void leftovers(int fd)
{
	int poison = 0, tail = 0, stale = 0, lines = 0;
	uint32_t mrq, cmd, id, count;
	char *text, *line;

	ask_all(fd, true, &poison, &tail);
	ioctl(fd, BPMP_HOST_RESET);
	fake("clear");
	ask_all(fd, false, &poison, &tail);
	ok(poison == 0, "H15 nothing of earlier answers comes back (%d bytes)",
	   poison);
	ok(tail == 0, "H15 answers are zero past their end");

	line = text = fake_transcript();
	while ((line = strchr(line, '\n'))) {
		line++;
		if (sscanf(line, "%u %u %u stale=%u", &mrq, &cmd, &id,
			   &count) != 4)
			continue;
		lines++;
		stale += count;
	}
	free(text);
	ok(lines > 20 && stale == 0,
	   "H14 %d requests: nothing of earlier ones goes along (%d bytes)",
	   lines, stale);
}

static void holes(int fd)
{
	struct bpmp_host_transfer msg;
	uint32_t id, p, parents[16];
	int seen = 0, bad = 0, i;

	ok(clk_read(fd, GET_MAX_ID, 0) == 237,
	   "the highest visible clock is the end");
	for (id = 0; id <= 476; id++) {
		uint32_t req = GET_ALL_INFO << 24 | id;

		if (dev_transfer(fd, MRQ_CLK, &req, 4, &msg) || msg.ret)
			continue;
		/* name is at 73, the number of parents at 72 */
		if (!msg.rx[73])
			continue;
		seen++;
		memcpy(parents, msg.rx + 8, sizeof(parents));
		for (i = 0; i < msg.rx[72]; i++) {
			p = GET_ALL_INFO << 24 | parents[i];
			bad += dev_transfer(fd, MRQ_CLK, &p, 4, NULL) != 0;
		}
	}
	ok(seen == 12, "own, shared and ancestors are visible (%d), no other",
	   seen);
	ok(bad == 0, "no visible clock names a hidden parent");
}

void test_policy(void)
{
	int fd = dev_open(NODE_A);

	aliases(fd);
	all_commands(fd);
	foreign_parent(fd);
	other_mrqs(fd);
	short_requests(fd);
	leftovers(fd);
	holes(fd);
	close(fd);
}
