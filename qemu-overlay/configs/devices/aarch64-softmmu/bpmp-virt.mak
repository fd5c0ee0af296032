# SPDX-License-Identifier: GPL-2.0-or-later
#
# A virtual machine that is given devices of a Tegra SoC: what such a machine
# has besides them, and nothing else. For --without-default-devices.

CONFIG_ARM_VIRT=y
# No machine of ours has it; TCG of QEMU 7.2 does not link without.
CONFIG_ARM_V7M=y

# What is passed through
CONFIG_VFIO=y
CONFIG_VFIO_PLATFORM=y
CONFIG_VFIO_PCI=y
CONFIG_PCIE_PORT=y

# Disks, network, console, entropy, memory
CONFIG_VIRTIO_PCI=y
CONFIG_VIRTIO_BLK=y
CONFIG_SCSI=y
CONFIG_VIRTIO_SCSI=y
CONFIG_VIRTIO_NET=y
CONFIG_VIRTIO_SERIAL=y
CONFIG_VIRTIO_RNG=y
CONFIG_VIRTIO_BALLOON=y

# Programs put into memory without a kernel, as our own tests do
CONFIG_GENERIC_LOADER=y

# Memory shared with another machine
CONFIG_IVSHMEM_DEVICE=y
