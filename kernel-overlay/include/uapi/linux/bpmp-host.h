/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * /dev/bpmp-host and /dev/bpmp-host-NAME: one virtual machine's way to the
 * BPMP of the host.
 *
 * The file belongs to one process: a second open fails with EBUSY. Closing it
 * undoes what was done through it.
 */
#ifndef _UAPI_LINUX_BPMP_HOST_H
#define _UAPI_LINUX_BPMP_HOST_H

#include <linux/ioctl.h>
#include <linux/types.h>

/** BPMP_HOST_VERSION - version of this interface, as BPMP_HOST_INFO gives it */
#define BPMP_HOST_VERSION	2

/** BPMP_HOST_PAYLOAD - most bytes of a request and of an answer */
#define BPMP_HOST_PAYLOAD	120

/**
 * struct bpmp_host_transfer - a request to the BPMP and its answer
 * @mrq: in: number of the request (MRQ_* of the BPMP ABI)
 * @flags: in: 0
 * @tx_size: in: bytes of request in @tx, at most BPMP_HOST_PAYLOAD
 * @rx_size: in: room for the answer, at most BPMP_HOST_PAYLOAD; out: bytes of
 *	answer in @rx
 * @ret: out: the firmware's own code, 0 or negative (not a Linux errno)
 * @reserved: in: 0
 * @tx: in: request
 * @rx: out: answer; zero beyond @rx_size
 */
struct bpmp_host_transfer {
	__u32 mrq;
	__u32 flags;
	__u32 tx_size;
	__u32 rx_size;
	__s32 ret;
	__u32 reserved;
	__u8 tx[BPMP_HOST_PAYLOAD];
	__u8 rx[BPMP_HOST_PAYLOAD];
};

/**
 * struct bpmp_host_info - what this file may do and what it did
 * @argsz: in: bytes of this struct that the caller has; out: bytes that the
 *	kernel has. The smaller of both is filled in; later versions add fields
 *	at the end
 * @flags: 0
 * @version: BPMP_HOST_VERSION
 * @own_clocks: clocks that may be changed
 * @shared_clocks: clocks that may be switched on and read
 * @ancestor_clocks: clocks that may be read since one of the others can hang
 *	on them
 * @own_resets: resets that may be driven
 * @own_domains: power domains that may be switched
 * @quarantined: ids among these that stay shut because an undo failed
 * @demoted: shared clocks that were listed as own and can feed others
 * @channels: channels that the BPMP has for all of the host
 * @channels_lost: those of them whose answers never came
 * @transfers: requests since the driver was bound
 * @refusals: those of them that the policy refused
 * @undo_left: steps of an undo that were left, since somebody else used the id
 */
struct bpmp_host_info {
	__u32 argsz;
	__u32 flags;
	__u32 version;
	__u32 own_clocks;
	__u32 shared_clocks;
	__u32 ancestor_clocks;
	__u32 own_resets;
	__u32 own_domains;
	__u32 quarantined;
	__u32 demoted;
	__u32 channels;
	__u32 channels_lost;
	__u64 transfers;
	__u64 refusals;
	__u64 undo_left;
};

/**
 * struct bpmp_host_compat - what write() takes from earlier programs
 * @mrq: in: number of the request
 * @pad0: not looked at
 * @tx_data: in: address of the request
 * @tx_size: in: bytes of request, at most BPMP_HOST_PAYLOAD
 * @rx_data: in: address of the room for the answer
 * @rx_size: in: room, at most BPMP_HOST_PAYLOAD; out: bytes of answer
 * @ret: out: the firmware's own code
 * @pad1: not looked at
 *
 * write() takes exactly this, or this and 8 bytes that are not looked at, where
 * the policy node has nvidia,compatible-write or the module's parameter
 * compatible_write is set; else it fails with EINVAL. It fails with EACCES for
 * whoever is not who opened the file. New programs use BPMP_HOST_TRANSFER.
 */
struct bpmp_host_compat {
	__u32 mrq;
	__u32 pad0;
	__u64 tx_data;
	__u64 tx_size;
	__u64 rx_data;
	__u64 rx_size;
	__s32 ret;
	__u32 pad1;
};

#define BPMP_HOST_IOC_MAGIC	0xBC

/**
 * BPMP_HOST_TRANSFER - ask the BPMP
 *
 * Return: 0 when the firmware, or the driver for it, has answered: look at
 * @ret. -1 with errno: EACCES refused by the policy, EBUSY the id is held by
 * the host or by another virtual machine, EINVAL malformed, ETIMEDOUT no
 * answer, EIO the host failed, EAGAIN the host is suspending, ENODEV the driver
 * is gone, EINTR killed, EFAULT a wild address. No others.
 */
#define BPMP_HOST_TRANSFER \
	_IOWR(BPMP_HOST_IOC_MAGIC, 1, struct bpmp_host_transfer)

/**
 * BPMP_HOST_INFO - struct bpmp_host_info of this file
 *
 * Its number does not tell its size, since that may grow: @argsz does.
 *
 * Return: 0, or -1 with errno: EINVAL @argsz has no room for @version.
 */
#define BPMP_HOST_INFO		_IO(BPMP_HOST_IOC_MAGIC, 2)

/** BPMP_HOST_RESET - undo as closing does and keep the file: a guest's reset */
#define BPMP_HOST_RESET		_IO(BPMP_HOST_IOC_MAGIC, 3)

#endif /* _UAPI_LINUX_BPMP_HOST_H */
