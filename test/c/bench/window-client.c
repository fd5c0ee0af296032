// SPDX-License-Identifier: Apache-2.0
/*
 * window-client MODE COUNT: ask the rate of UARTA's clock COUNT times through
 * the BPMP window, as one kind of guest driver would, and print how long that
 * took, in ns. It is run in a guest whose kernel lets root map /dev/mem.
 *
 * MODE is
 *   block    version 2: a request block in memory and one write
 *   payload  version 1, copying the sizes and what they say
 *   whole    version 1, copying all 0x600 bytes of the window both ways, in
 *            words of 8 bytes: 384 accesses
 */
#include <linux/mman.h>

#include "plain.h"

#define WINDOW_SIZE 0x1000
#define USED 0x600
#define TX 0x000
#define RX 0x200
#define TX_SIZE 0x400
#define RX_SIZE 0x408
#define RET 0x410
#define MRQ 0x500
#define DOORBELL 0x5f0

#define MRQ_CLK 22
/* CMD_CLK_GET_RATE of TEGRA234_CLK_UARTA, and its answer: a u64. */
#define QUESTION ((1u << 24) | 155)
#define TX_BYTES 4
#define RX_BYTES 8

struct block {
	uint32_t mrq, flags, tx_size, rx_size;
	int32_t status, ret;
	uint64_t reserved;
	uint32_t tx[32];
	uint64_t rx[16];
};

static volatile uint8_t *window;
static struct block *block;
static uint64_t block_address;

static void read_at(const char *path, int64_t offset, void *to, size_t size)
{
	long fd = call(__NR_openat, AT_FDCWD, (long)path, O_RDONLY, 0, 0, 0);

	if (fd < 0 || call(__NR_pread64, fd, (long)to, (long)size, offset, 0, 0) != (long)size)
		leave(path);
	call(__NR_close, fd, 0, 0, 0, 0, 0);
}

static void *map(long fd, int64_t offset, long flags)
{
	long at = call(__NR_mmap, 0, WINDOW_SIZE, PROT_READ | PROT_WRITE, flags, fd, offset);

	if (at < 0 && at > -PAGE)
		leave("mmap");
	return (void *)at;
}

/* The window lies where the guest's tree says; the block, where the kernel put the page. */
static void set_up(void)
{
	uint64_t base, entry;
	long fd = call(__NR_openat, AT_FDCWD, (long)"/dev/mem", O_RDWR | O_SYNC, 0, 0, 0);

	if (fd < 0)
		leave("/dev/mem");
	read_at("/proc/device-tree/bpmp/virtual-pa", 0, &base, sizeof(base));
	window = map(fd, (int64_t)__builtin_bswap64(base), MAP_SHARED);
	block = map(-1, 0, MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED | MAP_POPULATE);
	block->mrq = 0;
	read_at("/proc/self/pagemap", (int64_t)((uintptr_t)block / PAGE * 8), &entry, sizeof(entry));
	block_address = (entry & ((1ull << 55) - 1)) * PAGE;
	if (!block_address)
		leave("/proc/self/pagemap");
}

#define REG64(at) (*(volatile uint64_t *)(window + (at)))
#define REG32(at) (*(volatile uint32_t *)(window + (at)))

static uint64_t ask_block(void)
{
	block->mrq = MRQ_CLK;
	block->tx_size = TX_BYTES;
	block->rx_size = RX_BYTES;
	block->status = -1;
	block->tx[0] = QUESTION;
	__asm__ volatile("dmb sy" ::: "memory");
	REG64(DOORBELL) = block_address;
	__asm__ volatile("dmb sy" ::: "memory");
	return block->status || block->ret ? 0 : block->rx[0];
}

static uint64_t ask_payload(void)
{
	REG64(TX) = QUESTION;
	REG64(TX_SIZE) = TX_BYTES;
	REG64(RX_SIZE) = RX_BYTES;
	REG32(RET) = (uint32_t)-1;
	REG32(MRQ) = MRQ_CLK;
	return REG32(RET) ? 0 : REG64(RX);
}

static uint64_t ask_whole(void)
{
	static uint64_t copy[USED / 8];

	copy[TX / 8] = QUESTION;
	copy[TX_SIZE / 8] = TX_BYTES;
	copy[RX_SIZE / 8] = RX_BYTES;
	copy[RET / 8] = (uint32_t)-1;
	copy[MRQ / 8] = MRQ_CLK;
	/* The transfer runs at the write of MRQ; what lies behind it is written as zeros, as such guests do. */
	copy[DOORBELL / 8] = 0;
	copy[DOORBELL / 8 + 1] = 0;
	for (size_t at = 0; at < USED; at += 8)
		REG64(at) = copy[at / 8];
	for (size_t at = 0; at < USED; at += 8)
		copy[at / 8] = REG64(at);
	return (uint32_t)copy[RET / 8] ? 0 : copy[RX / 8];
}

void run(const long *stack)
{
	const char *mode;
	uint64_t (*ask)(void) = ask_block;
	uint64_t count, rate, began;

	if (stack[0] != 3)
		leave("usage: window-client block|payload|whole COUNT");
	mode = (const char *)stack[2];
	count = number((const char *)stack[3]);
	if (mode[0] == 'p')
		ask = ask_payload;
	else if (mode[0] == 'w')
		ask = ask_whole;
	set_up();
	rate = ask();
	if (!rate)
		leave("no answer");
	began = now();
	for (uint64_t n = 0; n < count; n++) {
		if (ask() != rate)
			leave("another answer");
	}
	say("window-client ");
	say(mode);
	say(" ns ");
	say_number(now() - began);
	say("\n");
	end(0);
}
