// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A preload that lets QEMU's own vfio-platform device come up on a machine
 * without VFIO: it answers for /dev/vfio. What the devices have is said by
 * FAKE_VFIO, "NAME:SIZE,SIZE/IRQS;…" with sizes in hexadecimal. Nothing can be
 * read from or written to the regions: only where QEMU puts them is of interest.
 *
 * FAKE_VFIO_MMAP, where set, lets the first region of each device be mapped, as
 * plain memory.
 *
 * FAKE_DT, where set, is a folder that stands for the host's device tree: it is
 * read instead of /proc/device-tree, and a link into it leads to sysfs.
 * FAKE_SYSFS, where set, stands for /sys/bus/platform/devices.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <linux/vfio.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_FDS		4096
#define MAX_REGIONS	16

struct device {
	unsigned int regions, irqs;
	unsigned long long size[MAX_REGIONS];
};

static bool fake[MAX_FDS];
static struct device *devices[MAX_FDS];

static bool mappable(const struct device *device)
{
	return device && getenv("FAKE_VFIO_MMAP");
}

static int fake_fd(struct device *device)
{
	int fd = mappable(device) ? memfd_create("fake-vfio", MFD_CLOEXEC) :
				    eventfd(0, EFD_CLOEXEC);

	if (mappable(device) && ftruncate(fd, device->size[0]) < 0)
		abort();
	if (fd < 0 || fd >= MAX_FDS)
		abort();
	fake[fd] = true;
	devices[fd] = device;
	return fd;
}

static struct device *find_device(const char *name)
{
	const char *spec = getenv("FAKE_VFIO");
	size_t length = strlen(name);

	for (; spec && *spec; spec = strchr(spec, ';') ? strchr(spec, ';') + 1 : NULL) {
		struct device *device;
		char *at;

		if (strncmp(spec, name, length) || spec[length] != ':')
			continue;
		device = calloc(1, sizeof(*device));
		at = (char *)spec + length;
		while (*at != '/' && device->regions < MAX_REGIONS)
			device->size[device->regions++] = strtoull(at + 1, &at, 16);
		device->irqs = strtoul(at + 1, NULL, 10);
		return device;
	}
	return NULL;
}

static int device_ioctl(struct device *device, unsigned long request, void *arg)
{
	struct vfio_device_info *info = arg;
	struct vfio_region_info *region = arg;
	struct vfio_irq_info *irq = arg;

	switch (request) {
	case VFIO_DEVICE_GET_INFO:
		info->flags = VFIO_DEVICE_FLAGS_PLATFORM | VFIO_DEVICE_FLAGS_RESET;
		info->num_regions = device->regions;
		info->num_irqs = device->irqs;
		return 0;
	case VFIO_DEVICE_GET_REGION_INFO:
		region->flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
		if (!region->index && mappable(device))
			region->flags |= VFIO_REGION_INFO_FLAG_MMAP;
		region->size = device->size[region->index];
		region->offset = (unsigned long long)region->index << 40;
		return 0;
	case VFIO_DEVICE_GET_IRQ_INFO:
		irq->flags = VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_MASKABLE |
			     VFIO_IRQ_INFO_AUTOMASKED;
		irq->count = 1;
		return 0;
	case VFIO_DEVICE_SET_IRQS:
	case VFIO_DEVICE_RESET:
		return 0;
	}
	errno = ENOTTY;
	return -1;
}

static int container_ioctl(unsigned long request, void *arg)
{
	struct vfio_group_status *status = arg;
	struct vfio_iommu_type1_info *info = arg;
	struct device *device;

	switch (request) {
	case VFIO_GET_API_VERSION:
		return VFIO_API_VERSION;
	case VFIO_CHECK_EXTENSION:
		return (unsigned long)arg == VFIO_TYPE1v2_IOMMU;
	case VFIO_IOMMU_GET_INFO:
		info->flags = VFIO_IOMMU_INFO_PGSIZES;
		info->iova_pgsizes = 4096;
		return 0;
	case VFIO_GROUP_GET_STATUS:
		status->flags = VFIO_GROUP_FLAGS_VIABLE;
		return 0;
	case VFIO_GROUP_GET_DEVICE_FD:
		device = find_device(arg);
		if (device)
			return fake_fd(device);
		errno = ENODEV;
		return -1;
	case VFIO_SET_IOMMU:
	case VFIO_GROUP_SET_CONTAINER:
	case VFIO_GROUP_UNSET_CONTAINER:
	case VFIO_IOMMU_MAP_DMA:
	case VFIO_IOMMU_UNMAP_DMA:
		return 0;
	}
	errno = ENOTTY;
	return -1;
}

int ioctl(int fd, unsigned long request, ...)
{
	static int (*real)(int, unsigned long, ...);
	va_list list;
	void *arg;

	va_start(list, request);
	arg = va_arg(list, void *);
	va_end(list);
	if (fd >= 0 && fd < MAX_FDS && fake[fd])
		return devices[fd] ? device_ioctl(devices[fd], request, arg) :
				     container_ioctl(request, arg);
	if (!real)
		real = dlsym(RTLD_NEXT, "ioctl");
	return real(fd, request, arg);
}

/* Where @path is in one of the fake folders, in @room; @path itself if it is not. */
static const char *in_tree(const char *path, char room[PATH_MAX])
{
	static const char *const folders[][2] = {
		{ "/proc/device-tree", "FAKE_DT" },
		{ "/sys/bus/platform/devices", "FAKE_SYSFS" },
	};

	for (unsigned int i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		size_t length = strlen(folders[i][0]);
		const char *fake = getenv(folders[i][1]);

		if (!fake || strncmp(path, folders[i][0], length))
			continue;
		snprintf(room, PATH_MAX, "%s%s", fake, path + length);
		return room;
	}
	return path;
}

int stat64(const char *path, struct stat64 *st)
{
	int (*real)(const char *, struct stat64 *) = dlsym(RTLD_NEXT, "stat64");
	char room[PATH_MAX];

	return real(in_tree(path, room), st);
}

ssize_t readlink(const char *path, char *into, size_t size)
{
	ssize_t (*real)(const char *, char *, size_t) = dlsym(RTLD_NEXT, "readlink");
	char room[PATH_MAX];

	return real(in_tree(path, room), into, size);
}

DIR *opendir(const char *path)
{
	DIR *(*real)(const char *) = dlsym(RTLD_NEXT, "opendir");
	char room[PATH_MAX];

	return real(in_tree(path, room));
}

int lstat64(const char *path, struct stat64 *st)
{
	int (*real)(const char *, struct stat64 *) = dlsym(RTLD_NEXT, "lstat64");
	char room[PATH_MAX];

	return real(in_tree(path, room), st);
}

char *realpath(const char *path, char *resolved)
{
	char *(*real)(const char *, char *) = dlsym(RTLD_NEXT, "realpath");
	const char *fake = getenv("FAKE_DT");
	char *at = real(path, resolved);
	char *whole;

	if (!at || !fake || resolved || strncmp(at, fake, strlen(fake)))
		return at;
	if (asprintf(&whole, "/sys/firmware/devicetree/base%s", at + strlen(fake)) < 0)
		abort();
	free(at);
	return whole;
}

#define FAKE_OPEN(symbol)						\
	int symbol(const char *path, int flags, ...)			\
	{								\
		static int (*real)(const char *, int, ...);		\
		char room[PATH_MAX];					\
		va_list list;						\
		int mode;						\
									\
		va_start(list, flags);					\
		mode = va_arg(list, int);				\
		va_end(list);						\
		if (!strncmp(path, "/dev/vfio/", 10))			\
			return fake_fd(NULL);				\
		if (!real)						\
			real = dlsym(RTLD_NEXT, #symbol);		\
		return real(in_tree(path, room), flags, mode);		\
	}

FAKE_OPEN(open)
FAKE_OPEN(open64)
FAKE_OPEN(__open_2)
FAKE_OPEN(__open64_2)
