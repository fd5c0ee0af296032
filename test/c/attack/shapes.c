// SPDX-License-Identifier: Apache-2.0
/* Malformed calls over both interfaces: H1, H3 to H5, H7. */
#include "attack.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

static const uint64_t too_long[] = {
	121, 512, 513, 1024, 1025, 1536, 4096, 0x7fffffff, 0x80000000,
	0xffffffff,
};

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

static void ioctl_sizes(int fd)
{
	struct bpmp_host_transfer msg;
	unsigned int i;
	int bad = 0;

	for (i = 0; i < COUNT(too_long); i++) {
		memset(&msg, 0, sizeof(msg));
		msg.tx_size = too_long[i];
		bad += !ioctl(fd, BPMP_HOST_TRANSFER, &msg) || errno != EINVAL;
		memset(&msg, 0, sizeof(msg));
		msg.tx_size = 4;
		msg.rx_size = too_long[i];
		bad += !ioctl(fd, BPMP_HOST_TRANSFER, &msg) || errno != EINVAL;
	}
	ok(bad == 0, "H1 ioctl: sizes over 120 are EINVAL (%d were not)", bad);

	for (bad = 0, i = 4; i <= 120; i++) {
		memset(&msg, 0, sizeof(msg));
		msg.tx_size = i;
		msg.rx_size = i;
		bad += ioctl(fd, BPMP_HOST_TRANSFER, &msg) || msg.rx_size != 4;
	}
	ok(bad == 0, "H1 ioctl: sizes up to 120 work");
}

static void write_sizes(int fd)
{
	uint8_t tx[4096] = {}, rx[4096] = {};
	size_t rx_size;
	unsigned int i;
	int bad = 0, ret;

	for (i = 0; i <= COUNT(too_long); i++) {
		uint64_t size = i < COUNT(too_long) ? too_long[i] : ~0ull;

		rx_size = 4;
		bad += dev_write(fd, MRQ_PING, tx, size, rx, &rx_size, &ret) !=
		       -EINVAL;
		rx_size = size;
		bad += dev_write(fd, MRQ_PING, tx, 4, rx, &rx_size, &ret) !=
		       -EINVAL;
	}
	ok(bad == 0, "H1 write(): sizes over 120 are EINVAL (%d were not)",
	   bad);
}

static void write_lengths(int fd)
{
	uint8_t buf[160] = {}, rx[4];
	struct bpmp_host_compat msg = {
		.mrq = MRQ_PING,
		.tx_data = (uintptr_t)buf, .tx_size = 4,
		.rx_data = (uintptr_t)rx, .rx_size = 4,
	};
	size_t len;
	int bad = 0;

	for (len = 0; len <= 128; len++) {
		ssize_t want = len == 48 || len == 56 ? (ssize_t)len : -1;

		memset(buf, 0xff, sizeof(buf));
		memcpy(buf, &msg, sizeof(msg));
		bad += write(fd, buf, len) != want;
	}
	ok(bad == 0, "H4 write() takes 48 and 56 bytes and no other length");
	/* The 8 bytes past the struct were 0xff: flags nobody looks at. */
	ok(write(fd, buf, 56) == 56, "H7 what earlier programs send as flags is not looked at");
}

static void bad_pointers(int fd)
{
	uint8_t buf[120] = {};
	size_t rx_size = 4;
	int ret, err;

	err = dev_write(fd, MRQ_PING, (void *)8, 4, buf, &rx_size, &ret);
	ok(err == -EFAULT, "H4 write(): request at a wild address is EFAULT");
	rx_size = 4;
	err = dev_write(fd, MRQ_PING, buf, 4, (void *)8, &rx_size, &ret);
	ok(err == -EFAULT, "H4 write(): answer to a wild address is EFAULT");
	/* A kernel address must not become a hand into the kernel. */
	rx_size = 4;
	err = dev_write(fd, MRQ_PING, buf, 4, (void *)0xffff800080000000,
			&rx_size, &ret);
	ok(err == -EFAULT, "H4 write(): answer to the kernel is EFAULT");
	ok(ioctl(fd, BPMP_HOST_TRANSFER, 8) && errno == EFAULT,
	   "H4 ioctl: a wild address is EFAULT");
}

static void empty_requests(int fd)
{
	uint8_t rx[120];
	size_t rx_size;
	uint32_t mrq;
	int bad = 0, ret, err;

	for (mrq = 0; mrq < 256; mrq++) {
		/* The only request without a payload is answered here. */
		int want = mrq == MRQ_QUERY_FW_TAG ? 0 : 1;

		err = dev_transfer(fd, mrq, NULL, 0, NULL);
		bad += want ? err != -EINVAL && err != -EACCES : err != 0;
		rx_size = sizeof(rx);
		err = dev_write(fd, mrq, NULL, 0, rx, &rx_size, &ret);
		bad += err || (want ? ret != -EINVAL && ret != -EACCES :
				      ret != 0);
	}
	ok(bad == 0, "H3 empty requests of every MRQ are refused (%d not)",
	   bad);
}

static void reserved(int fd)
{
	struct bpmp_host_transfer msg = { .tx_size = 4, .flags = 1 };

	ok(ioctl(fd, BPMP_HOST_TRANSFER, &msg) && errno == EINVAL,
	   "H7 flags that are not 0 are EINVAL");
	msg.flags = 0;
	msg.reserved = 1;
	ok(ioctl(fd, BPMP_HOST_TRANSFER, &msg) && errno == EINVAL,
	   "H7 reserved that is not 0 is EINVAL");
	ok(ioctl(fd, _IO(BPMP_HOST_IOC_MAGIC, 99)) && errno == ENOTTY,
	   "an unknown ioctl is ENOTTY");
	ok(ioctl(fd, _IOR(BPMP_HOST_IOC_MAGIC, 2, int[12]), &msg) &&
	   errno == ENOTTY, "INFO of version 1 is ENOTTY");
	ok(ioctl(fd, _IOWR(BPMP_HOST_IOC_MAGIC, 1, int), &msg) &&
	   errno == ENOTTY, "a known one with another size is ENOTTY");
}

/* bpmp.c asks for flags where the host sleeps: one of them wakes the BPMP. */
static void suspended(int fd)
{
	uint32_t req = GET_RATE << 24 | 155;
	uint8_t rx[8];
	struct {
		struct bpmp_host_compat msg;
		uint64_t flags;
	} call = {
		.msg = {
			.mrq = MRQ_CLK,
			.tx_data = (uintptr_t)&req, .tx_size = sizeof(req),
			.rx_data = (uintptr_t)rx, .rx_size = sizeof(rx),
		},
		.flags = ~0ull,
	};
	char *text;

	if (fake("suspend 1") == -EOPNOTSUPP) {
		skip("H7 a host that sleeps: bpmp.c of 6.1 does not know it");
		return;
	}
	fake("clear");
	ok(clk(fd, GET_RATE, 155) == -EAGAIN && clk(fd, ENABLE, 155) == -EAGAIN,
	   "H7 a host that sleeps: ioctl is EAGAIN");
	ok(write(fd, &call, sizeof(call)) == sizeof(call) &&
	   call.msg.ret == -EAGAIN,
	   "H7 a host that sleeps: EAGAIN over write(), whatever its flags");
	text = fake_transcript();
	ok(!strncmp(text, "count 0\n", 8), "H7 and nothing of it was sent");
	free(text);
	fake("suspend 0");
	ok(clk(fd, GET_RATE, 155) == 0, "H7 awake again it answers");
}

static void refusal_over_write(int fd)
{
	uint32_t req = DISABLE << 24 | FOREIGN;
	size_t rx_size = 4;
	uint8_t rx[4];
	int ret = 0, err;

	err = dev_write(fd, MRQ_CLK, &req, sizeof(req), rx, &rx_size, &ret);
	ok(err == 0 && ret == -EACCES && rx_size == 0,
	   "H6 write(): a refusal shows where earlier programs look");
}

static void info(int fd)
{
	struct bpmp_host_info info = { .argsz = sizeof(info) };
	uint32_t part[4] = { 12, 7, 7, 7 };

	ok(!ioctl(fd, BPMP_HOST_INFO, &info) && info.version == 2 &&
	   info.argsz == sizeof(info) && !info.flags &&
	   info.own_clocks == 7 && info.shared_clocks == 2 &&
	   info.ancestor_clocks == 3 && info.own_resets == 2 &&
	   info.own_domains == 2 && info.quarantined == 0 &&
	   info.demoted == 1 && info.channels == 3 && !info.channels_lost,
	   "INFO: %u own %u shared %u ancestors %u resets %u domains",
	   info.own_clocks, info.shared_clocks, info.ancestor_clocks,
	   info.own_resets, info.own_domains);
	ok(info.transfers && info.refusals && info.refusals < info.transfers,
	   "INFO counts requests and refusals");
	/* As an older program and as a newer one would ask. */
	ok(!ioctl(fd, BPMP_HOST_INFO, part) && part[0] == sizeof(info) &&
	   part[2] == 2 && part[3] == 7, "INFO fills in what there is room for");
	part[0] = 11;
	ok(ioctl(fd, BPMP_HOST_INFO, part) && errno == EINVAL,
	   "INFO without room for its version is EINVAL");
}

/* Somebody else who got hold of the file, and a device without write(). */
static void who_writes(int fd)
{
	struct bpmp_host_compat msg = { .mrq = MRQ_PING };
	int status, other = dev_open(NODE_B);
	pid_t pid = fork();

	if (pid == 0) {
		if (setgid(1000) || setuid(1000))
			_exit(99);
		_exit(write(fd, &msg, sizeof(msg)) < 0 ? errno : 0);
	}
	waitpid(pid, &status, 0);
	ok(WIFEXITED(status) && WEXITSTATUS(status) == EACCES,
	   "H30 write() by another than who opened the file is EACCES");
	ok(write(other, &msg, sizeof(msg)) < 0 && errno == EINVAL,
	   "H30 write() is not there where the node does not ask for it");
	close(other);
}

void test_shapes(void)
{
	int fd = dev_open(NODE_A);

	ioctl_sizes(fd);
	write_sizes(fd);
	write_lengths(fd);
	bad_pointers(fd);
	empty_requests(fd);
	reserved(fd);
	suspended(fd);
	refusal_over_write(fd);
	who_writes(fd);
	info(fd);
	close(fd);
}
