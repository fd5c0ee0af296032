/*
 * A guest program for what only virtual CPUs can show
 *
 * Each CPU takes its context: it starts the second CPU if the context names a
 * context for that, rings the doorbell if it names a block, then counts.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef BPMP_GUEST_CODE_H
#define BPMP_GUEST_CODE_H

#include "bpmp-test.h"

/* Two CPUs under TCG, stopped; the first begins where guest_write() writes. */
#define GUEST_CODE (RAM_BASE + 0x200000)
#define GUEST_ARGS "-accel tcg,thread=multi -S -cpu cortex-a57 -smp 2 " \
                   "-device loader,addr=0x40200000,cpu-num=0"

/* What the program knows of each CPU. */
#define CONTEXT_0 (GUEST_CODE + 0x800)
#define CONTEXT_1 (GUEST_CODE + 0xa00)

/* The first CPU rings with BLOCK, the second with @block_1 unless that is 0. */
void guest_write(QTestState *qts, uint64_t block_1);

/* Instead, a CPU begins with a store of @value to @addr. */
void guest_store(QTestState *qts, uint64_t context, uint64_t addr,
                 uint64_t value);

/* Shall both CPUs ring each time they count, or just once? */
void guest_ring_on(QTestState *qts, bool again);

void guest_cont(QTestState *qts);

/* How often the CPU with this context has counted. */
uint64_t guest_count(QTestState *qts, uint64_t context);

/* Wait until it goes on counting; fails after a minute. */
void guest_wait_counting(QTestState *qts, uint64_t context);

#endif /* BPMP_GUEST_CODE_H */
