/*
 * The host kernel's proxy for the BPMP: one open file of its device
 *
 * Without qemu/osdep.h: other programs are built with this file, too.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "hw/misc/bpmp-host-device.h"

_Static_assert(BPMP_HOST_PAYLOAD == BPMP_PAYLOAD_MAX,
               "the driver's payload is the firmware's");

static int host_ioctl(int fd, unsigned long request, void *arg)
{
    int ret;

    do {
        ret = ioctl(fd, request, arg);
    } while (ret < 0 && errno == EINTR);
    return ret < 0 ? -errno : 0;
}

static int ioctl_transfer(int fd, BpmpMessage *msg)
{
    struct bpmp_host_transfer t = {
        .mrq = msg->mrq,
        .tx_size = msg->tx_size,
        .rx_size = msg->rx_size,
    };
    int ret;

    memcpy(t.tx, msg->tx, msg->tx_size);
    ret = host_ioctl(fd, BPMP_HOST_TRANSFER, &t);
    if (ret < 0) {
        return ret;
    }
    if (t.rx_size > msg->rx_size) {
        return -EIO;
    }
    memcpy(msg->rx, t.rx, t.rx_size);
    msg->rx_size = t.rx_size;
    msg->ret = t.ret;
    return 0;
}

static int write_transfer(int fd, size_t size, BpmpMessage *msg)
{
    uint8_t rx[BPMP_PAYLOAD_MAX] = {};
    struct bpmp_host_compat c = {
        .mrq = msg->mrq,
        .tx_data = (uintptr_t)msg->tx,
        .tx_size = msg->tx_size,
        .rx_data = (uintptr_t)rx,
        .rx_size = msg->rx_size,
        /* Some of these drivers leave it alone where they refuse. */
        .ret = -EIO,
    };
    ssize_t ret;

    do {
        ret = write(fd, &c, size);
    } while (ret < 0 && errno == EINTR);
    if (ret < 0) {
        return -errno;
    }
    if (c.rx_size > msg->rx_size) {
        return -EIO;
    }
    memcpy(msg->rx, rx, c.rx_size);
    msg->rx_size = c.rx_size;
    msg->ret = c.ret;
    return 0;
}

int bpmp_host_transfer(const BpmpHostDevice *dev, BpmpMessage *msg)
{
    if (dev->compat_size) {
        return write_transfer(dev->fd, dev->compat_size, msg);
    }
    return ioctl_transfer(dev->fd, msg);
}

int bpmp_host_reset(const BpmpHostDevice *dev)
{
    return dev->compat_size ? -ENOTTY :
           host_ioctl(dev->fd, BPMP_HOST_RESET, NULL);
}

/* An echo: the one request that changes nothing on any BPMP. */
static int write_ping(int fd, size_t size)
{
    const uint32_t challenge = 0x12345678;
    BpmpMessage msg = {
        .mrq = BPMP_MRQ_PING,
        .tx_size = sizeof(challenge),
        .rx_size = sizeof(challenge),
    };
    int ret;

    bpmp_frame_put32(msg.tx, challenge);
    ret = write_transfer(fd, size, &msg);
    if (ret < 0) {
        return ret;
    }
    if (msg.ret < 0 || bpmp_frame_get32(msg.rx) != challenge << 1) {
        return -EPROTO;
    }
    return 0;
}

int bpmp_host_probe(int fd, bool compat, BpmpHostDevice *dev,
                    struct bpmp_host_info *info)
{
    static const size_t sizes[] = {
        sizeof(struct bpmp_host_compat), BPMP_HOST_COMPAT_SIZE,
    };
    int ret;

    *info = (struct bpmp_host_info) { .argsz = sizeof(*info) };
    *dev = (BpmpHostDevice) { .fd = fd };
    ret = host_ioctl(fd, BPMP_HOST_INFO, info);
    if (ret != -ENOTTY || !compat) {
        return ret;
    }
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]) && ret < 0; i++) {
        dev->compat_size = sizes[i];
        ret = write_ping(fd, sizes[i]);
    }
    return ret;
}
