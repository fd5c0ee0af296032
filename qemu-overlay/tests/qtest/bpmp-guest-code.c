/*
 * A guest program for what only virtual CPUs can show
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "libqtest.h"
#include "bpmp-guest-code.h"

#define CTX_DOORBELL 0
#define CTX_BLOCK 8
#define CTX_COUNT 16
#define CTX_NEXT 24
#define CTX_AGAIN 32

QEMU_BUILD_BUG_ON(GUEST_CODE != 0x40200000);

static const uint32_t guest_code[] = {
    0x10004000, /*         adr   x0, CONTEXT_0          */
    0xf9400c03, /*         ldr   x3, [x0, #CTX_NEXT]    */
    0xb4000103, /*         cbz   x3, common             */
    0xaa0003f3, /*         mov   x19, x0                */
    0xd2800060, /*         mov   x0, #3                 */
    0xf2b88000, /*         movk  x0, #0xc400, lsl #16   PSCI CPU_ON */
    0xd2800021, /*         mov   x1, #1                 the second CPU */
    0x10000062, /*         adr   x2, common             */
    0xd4000002, /*         hvc   #0                     x3 is its x0 */
    0xaa1303e0, /*         mov   x0, x19                */
    0xf9400001, /* common: ldr   x1, [x0, #CTX_DOORBELL] */
    0xf9400402, /*         ldr   x2, [x0, #CTX_BLOCK]   */
    0xb4000042, /* ring:   cbz   x2, 1f                 */
    0xf9000022, /*         str   x2, [x1]               */
    0xf9400803, /* 1:      ldr   x3, [x0, #CTX_COUNT]   */
    0x91000463, /*         add   x3, x3, #1             */
    0xf9000803, /*         str   x3, [x0, #CTX_COUNT]   */
    0xf9401004, /*         ldr   x4, [x0, #CTX_AGAIN]   */
    0xb5ffff44, /*         cbnz  x4, ring               */
    0x17fffffb, /*         b     1b                     */
};

static void context_write(QTestState *qts, uint64_t context, uint64_t block,
                          uint64_t next)
{
    qtest_writeq(qts, context + CTX_DOORBELL, DOORBELL);
    qtest_writeq(qts, context + CTX_BLOCK, block);
    qtest_writeq(qts, context + CTX_COUNT, 0);
    qtest_writeq(qts, context + CTX_NEXT, next);
    qtest_writeq(qts, context + CTX_AGAIN, 0);
}

void guest_write(QTestState *qts, uint64_t block_1)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(guest_code); i++) {
        qtest_writel(qts, GUEST_CODE + 4 * i, guest_code[i]);
    }
    context_write(qts, CONTEXT_0, BLOCK, CONTEXT_1);
    context_write(qts, CONTEXT_1, block_1, 0);
}

void guest_store(QTestState *qts, uint64_t context, uint64_t addr,
                 uint64_t value)
{
    qtest_writeq(qts, context + CTX_DOORBELL, addr);
    qtest_writeq(qts, context + CTX_BLOCK, value);
}

void guest_ring_on(QTestState *qts, bool again)
{
    qtest_writeq(qts, CONTEXT_0 + CTX_AGAIN, again);
    qtest_writeq(qts, CONTEXT_1 + CTX_AGAIN, again);
}

void guest_cont(QTestState *qts)
{
    qtest_qmp_assert_success(qts, "{ 'execute': 'cont' }");
    qtest_qmp_eventwait(qts, "RESUME");
}

uint64_t guest_count(QTestState *qts, uint64_t context)
{
    return qtest_readq(qts, context + CTX_COUNT);
}

void guest_wait_counting(QTestState *qts, uint64_t context)
{
    gint64 deadline = g_get_monotonic_time() + 60 * G_TIME_SPAN_SECOND;
    uint64_t before = guest_count(qts, context);

    while (guest_count(qts, context) == before) {
        g_assert_cmpint(g_get_monotonic_time(), <, deadline);
        g_usleep(10 * 1000);
    }
}
