// SPDX-License-Identifier: Apache-2.0
#include "attack.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

int dev_open(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int dev_transfer(int fd, uint32_t mrq, const void *tx, size_t tx_size,
		 struct bpmp_host_transfer *out)
{
	struct bpmp_host_transfer msg = {
		.mrq = mrq, .tx_size = tx_size, .rx_size = sizeof(msg.rx),
	};

	if (tx_size && tx_size <= sizeof(msg.tx))
		memcpy(msg.tx, tx, tx_size);
	if (ioctl(fd, BPMP_HOST_TRANSFER, &msg))
		return -errno;
	if (out)
		*out = msg;

	return 0;
}

int dev_write(int fd, uint32_t mrq, const void *tx, size_t tx_size,
	      void *rx, size_t *rx_size, int *ret)
{
	struct bpmp_host_compat msg = {
		.mrq = mrq,
		.tx_data = (uintptr_t)tx,
		.tx_size = tx_size,
		.rx_data = (uintptr_t)rx,
		.rx_size = *rx_size,
	};
	ssize_t n = write(fd, &msg, sizeof(msg));

	if (n < 0)
		return -errno;
	*rx_size = msg.rx_size;
	*ret = msg.ret;

	return n == sizeof(msg) ? 0 : -EIO;
}

static int ask(int fd, uint32_t mrq, const void *tx, size_t size,
	       struct bpmp_host_transfer *msg)
{
	int err = dev_transfer(fd, mrq, tx, size, msg);

	return err ? err : msg->ret;
}

int clk(int fd, uint32_t cmd, uint32_t id)
{
	struct bpmp_host_transfer msg = {};
	uint32_t req = cmd << 24 | id;

	return ask(fd, MRQ_CLK, &req, sizeof(req), &msg);
}

int clk_value(int fd, uint32_t cmd, uint32_t id, int64_t value)
{
	struct {
		uint32_t cmd_and_id;
		int32_t unused;
		int64_t rate;
	} __attribute__((packed)) rate = { cmd << 24 | id, 0, value };
	uint32_t parent[2] = { cmd << 24 | id, value };
	struct bpmp_host_transfer msg = {};

	if (cmd == SET_PARENT)
		return ask(fd, MRQ_CLK, parent, sizeof(parent), &msg);

	return ask(fd, MRQ_CLK, &rate, sizeof(rate), &msg);
}

int64_t clk_read(int fd, uint32_t cmd, uint32_t id)
{
	struct bpmp_host_transfer msg = {};
	uint32_t req = cmd << 24 | id;
	int64_t value = 0;
	int err;

	err = ask(fd, MRQ_CLK, &req, sizeof(req), &msg);
	if (err)
		return err;
	if (msg.rx_size > sizeof(value))
		return -EMSGSIZE;
	memcpy(&value, msg.rx, msg.rx_size);

	return value;
}

int reset(int fd, uint32_t cmd, uint32_t id)
{
	struct bpmp_host_transfer msg = {};
	uint32_t req[2] = { cmd, id };

	return ask(fd, MRQ_RESET, req, sizeof(req), &msg);
}

int pg_set(int fd, uint32_t id, uint32_t state)
{
	struct bpmp_host_transfer msg = {};
	uint32_t req[3] = { PG_SET, id, state };

	return ask(fd, MRQ_PG, req, sizeof(req), &msg);
}

int64_t pg_get(int fd, uint32_t id)
{
	struct bpmp_host_transfer msg = {};
	uint32_t req[3] = { PG_GET, id };
	uint32_t state;
	int err;

	err = ask(fd, MRQ_PG, req, sizeof(req), &msg);
	if (err)
		return err;
	memcpy(&state, msg.rx, sizeof(state));

	return state;
}
