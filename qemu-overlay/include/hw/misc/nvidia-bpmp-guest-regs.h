/*
 * The guest's window to the BPMP: where it is and what is in it
 *
 * docs/specs/nvidia-bpmp-guest.rst is the specification.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef HW_MISC_NVIDIA_BPMP_GUEST_REGS_H
#define HW_MISC_NVIDIA_BPMP_GUEST_REGS_H

/*
 * The same in all versions. ACPI PCI hotplug came to this place with 10.1; it
 * is there only where a machine asks for it, which then has no window.
 */
#define NVIDIA_BPMP_GUEST_BASE 0x090c0000
#define NVIDIA_BPMP_GUEST_SIZE 0x1000

/* The window. Version 1 is what the first device of this kind had. */
#define BPMP_GUEST_TX 0x000
#define BPMP_GUEST_RX 0x200
#define BPMP_GUEST_TX_SIZE 0x400
#define BPMP_GUEST_RX_SIZE 0x408
#define BPMP_GUEST_RET 0x410
#define BPMP_GUEST_MRQ 0x500
#define BPMP_GUEST_DOORBELL 0x5f0
#define BPMP_GUEST_ID 0x5f8
#define BPMP_GUEST_ID_VALUE 0x00000002504d5042ULL
#define BPMP_GUEST_REGS_SIZE 0x600

/* The request block of version 2, in guest memory. */
#define BPMP_BLOCK_MRQ 0x00
#define BPMP_BLOCK_FLAGS 0x04
#define BPMP_BLOCK_TX_SIZE 0x08
#define BPMP_BLOCK_RX_SIZE 0x0c
#define BPMP_BLOCK_STATUS 0x10
#define BPMP_BLOCK_RET 0x14
#define BPMP_BLOCK_TX 0x20
#define BPMP_BLOCK_RX 0xa0
#define BPMP_BLOCK_SIZE 288
#define BPMP_BLOCK_ALIGN 8
#define BPMP_BLOCK_PAGE 4096

#endif /* HW_MISC_NVIDIA_BPMP_GUEST_REGS_H */
