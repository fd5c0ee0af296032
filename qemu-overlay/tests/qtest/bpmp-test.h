/*
 * What the tests of the BPMP window and its back ends share
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef BPMP_TEST_H
#define BPMP_TEST_H

#include "libqtest.h"
#include "hw/misc/nvidia-bpmp-guest-regs.h"
#include "bpmp-peer.h"

#define BASE NVIDIA_BPMP_GUEST_BASE
#define TX (BASE + BPMP_GUEST_TX)
#define RX (BASE + BPMP_GUEST_RX)
#define TX_SIZE (BASE + BPMP_GUEST_TX_SIZE)
#define RX_SIZE (BASE + BPMP_GUEST_RX_SIZE)
#define RET (BASE + BPMP_GUEST_RET)
#define MRQ (BASE + BPMP_GUEST_MRQ)
#define DOORBELL (BASE + BPMP_GUEST_DOORBELL)
#define ID (BASE + BPMP_GUEST_ID)

#define RAM_BASE 0x40000000ULL
#define RAM_SIZE (64 * 1024 * 1024)
/* A reset puts the device tree back into the first MiB. */
#define BLOCK (RAM_BASE + 0x210000)
#define BLOCK_2 (RAM_BASE + 0x220000)

#define SENTINEL 0x5ca1ab1e

/* PCI with highmem=off: a place in the window for registers */
#define PCI_PLACE 0x10000000ULL
#define BPMP_PCI_BAR0 0x10
#define BPMP_PCI_BAR2 0x18
#define BPMP_PCI_ROM 0x30

/* A machine whose window leads to @peer; @more goes to its command line. */
QTestState *bpmp_start(BpmpPeer *peer, const char *more);

void bpmp_machine_reset(QTestState *qts);

/* A transfer of version 1, as a guest does it; returns RET. */
int32_t window_transfer(QTestState *qts, uint32_t mrq, const void *tx,
                        uint64_t tx_size, uint64_t rx_room);

/* The same with one word, for which there is room in the answer as well. */
int32_t window_request(QTestState *qts, uint32_t mrq, uint32_t arg);

/* Put region @bar of the PCI device in @slot to @addr. */
void bpmp_pci_map(QTestState *qts, unsigned slot, unsigned bar, uint32_t addr);

/* Is there a window in the machine's memory map? */
bool window_exists(QTestState *qts);

/* Put a request block into guest memory, with sentinels for what comes back. */
void block_write(QTestState *qts, uint64_t addr, uint32_t mrq, uint32_t flags,
                 uint32_t tx_size, uint32_t rx_room, uint32_t arg);

/* A transfer of version 2, by a block at BLOCK; returns the status. */
int32_t block_request(QTestState *qts, uint32_t mrq, uint32_t arg);

/* Run QEMU and take what it says; it must fail. */
char *bpmp_refusal(const char *args);

/* The same for a machine that is built and would run: what it warns of. */
char *bpmp_warnings(const char *args);

/* Let QEMU write the device tree of @machine and end; returns the tree. */
char *bpmp_dump_tree(const char *machine, const char *file, size_t *size);

/*
 * A device to pass through where BPMP_TEST_FAKE_VFIO names the library that
 * plays one, with a device tree for the machine: words for its command line.
 * It has 64 KiB of plain memory, at the first place of the platform bus.
 */
typedef struct FakeVfio {
    char *dir;
    char *args;
} FakeVfio;

void fake_vfio_init(FakeVfio *fake);
void fake_vfio_cleanup(FakeVfio *fake);

/*
 * Bounds in ms that are figures of the specification hold on a machine that
 * has nothing else to do, which BPMP_VIRT_FIGURES=1 says it has. Elsewhere
 * ten times as much is allowed.
 */
void bpmp_assert_below(gint64 since_us, unsigned bound_ms);

/* The same, and say how long it took. */
void bpmp_measured(const char *what, gint64 since_us, unsigned bound_ms);

#endif /* BPMP_TEST_H */
