// SPDX-License-Identifier: GPL-2.0-only
/*
 * Questions to the firmware that no framework asks, and the few changes behind
 * the frameworks' back that an undo may need.
 */
#include <linux/bitfield.h>
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/string.h>
#include <soc/tegra/bpmp.h>
#include <soc/tegra/bpmp-abi.h>

#include "host.h"

#define CLK_CMD		GENMASK(31, 24)
#define CLK_ID		GENMASK(23, 0)

/**
 * bpmp_fw_transfer() - one request to the firmware
 * @host: on whose behalf
 * @mrq: number of the request
 * @tx: request
 * @tx_size: its bytes, at most BPMP_PAYLOAD_MAX
 * @rx: where the answer goes; zeroed first
 * @rx_size: its bytes, at most BPMP_PAYLOAD_MAX
 * @ret: the firmware's code, where the answer arrived
 *
 * The firmware always gets a whole frame: what a shorter request leaves of an
 * earlier one in the channel's memory would be somebody else's.
 *
 * Return: 0 when an answer arrived, or a negative errno, -ETIMEDOUT also where
 * the request was not sent since the host would have no channel left.
 */
int bpmp_fw_transfer(struct bpmp_host *host, u32 mrq, const void *tx,
		     size_t tx_size, void *rx, size_t rx_size, int *ret)
{
	u8 frame[BPMP_PAYLOAD_MAX] = {};
	struct tegra_bpmp_message msg = {
		.mrq = mrq,
		.tx = { .data = frame, .size = sizeof(frame) },
		.rx = { .data = rx, .size = rx_size },
	};
	int err;

	if (tx_size > sizeof(frame) || rx_size > BPMP_PAYLOAD_MAX)
		return -EINVAL;

	if (tx_size)
		memcpy(frame, tx, tx_size);
	if (rx_size)
		memset(rx, 0, rx_size);

	if (!bpmp_channel_spare(host->share))
		return -ETIMEDOUT;

	err = tegra_bpmp_transfer(host->bpmp, &msg);
	/* What the semaphore of the channels says. */
	if (err == -ETIME)
		return -ETIMEDOUT;
	if (err < 0)
		return err;

	*ret = msg.rx.ret;

	return 0;
}

/* The same where any code of the firmware is an error. */
static int ask(struct bpmp_host *host, u32 mrq, const void *tx, size_t tx_size,
	       void *rx, size_t rx_size)
{
	int ret = 0;
	int err;

	err = bpmp_fw_transfer(host, mrq, tx, tx_size, rx, rx_size, &ret);
	if (err)
		return err;

	return ret ? -EINVAL : 0;
}

static int ask_clk(struct bpmp_host *host, u32 cmd, u32 id,
		   struct mrq_clk_request *req, void *rx, size_t rx_size)
{
	req->cmd_and_id = FIELD_PREP(CLK_CMD, cmd) | FIELD_PREP(CLK_ID, id);

	return ask(host, MRQ_CLK, req, sizeof(*req), rx, rx_size);
}

/**
 * bpmp_fw_clk_info() - CMD_CLK_GET_ALL_INFO
 * @host: on whose behalf
 * @id: the clock
 * @info: zero where the firmware knows no such clock
 *
 * Return: 0, or a negative errno where no answer arrived.
 */
int bpmp_fw_clk_info(struct bpmp_host *host, u32 id,
		     struct cmd_clk_get_all_info_response *info)
{
	struct mrq_clk_request req = {};
	int err;

	err = ask_clk(host, CMD_CLK_GET_ALL_INFO, id, &req, info,
		      sizeof(*info));
	if (err == -EINVAL) {
		memset(info, 0, sizeof(*info));
		err = 0;
	}

	return err;
}

/* CMD_CLK_IS_ENABLED: whether this CPU's side, all of it, has asked for it. */
int bpmp_fw_clk_state(struct bpmp_host *host, u32 id, bool *on)
{
	struct cmd_clk_is_enabled_response rsp;
	struct mrq_clk_request req = {};
	int err;

	err = ask_clk(host, CMD_CLK_IS_ENABLED, id, &req, &rsp, sizeof(rsp));
	if (!err)
		*on = rsp.state;

	return err;
}

/* CMD_CLK_GET_MAX_CLK_ID */
int bpmp_fw_clk_max(struct bpmp_host *host, u32 *id)
{
	struct cmd_clk_get_max_clk_id_response rsp;
	struct mrq_clk_request req = {};
	int err;

	err = ask_clk(host, CMD_CLK_GET_MAX_CLK_ID, 0, &req, &rsp, sizeof(rsp));
	if (!err)
		*id = rsp.max_id;

	return err;
}

int bpmp_fw_clk_switch(struct bpmp_host *host, u32 id, bool on)
{
	struct mrq_clk_request req = {};

	return ask_clk(host, on ? CMD_CLK_ENABLE : CMD_CLK_DISABLE, id, &req,
		       NULL, 0);
}

int bpmp_fw_clk_rate(struct bpmp_host *host, u32 id, s64 *rate)
{
	struct cmd_clk_get_rate_response rsp;
	struct mrq_clk_request req = {};
	int err;

	err = ask_clk(host, CMD_CLK_GET_RATE, id, &req, &rsp, sizeof(rsp));
	if (!err)
		*rate = rsp.rate;

	return err;
}

/* What the firmware would make of *@rate. */
int bpmp_fw_clk_round(struct bpmp_host *host, u32 id, s64 *rate)
{
	struct cmd_clk_round_rate_response rsp;
	struct mrq_clk_request req = {};
	int err;

	req.clk_round_rate.rate = *rate;
	err = ask_clk(host, CMD_CLK_ROUND_RATE, id, &req, &rsp, sizeof(rsp));
	if (!err)
		*rate = rsp.rate;

	return err;
}

int bpmp_fw_clk_set_rate(struct bpmp_host *host, u32 id, s64 rate)
{
	struct cmd_clk_set_rate_response rsp;
	struct mrq_clk_request req = {};

	req.clk_set_rate.rate = rate;

	return ask_clk(host, CMD_CLK_SET_RATE, id, &req, &rsp, sizeof(rsp));
}

/* -EINVAL for a clock that has no parent. */
int bpmp_fw_clk_parent(struct bpmp_host *host, u32 id, u32 *parent)
{
	struct cmd_clk_get_parent_response rsp;
	struct mrq_clk_request req = {};
	int err;

	err = ask_clk(host, CMD_CLK_GET_PARENT, id, &req, &rsp, sizeof(rsp));
	if (!err)
		*parent = rsp.parent_id;

	return err;
}

int bpmp_fw_clk_set_parent(struct bpmp_host *host, u32 id, u32 parent)
{
	struct cmd_clk_set_parent_response rsp;
	struct mrq_clk_request req = {};

	req.clk_set_parent.parent_id = parent;

	return ask_clk(host, CMD_CLK_SET_PARENT, id, &req, &rsp, sizeof(rsp));
}

int bpmp_fw_reset(struct bpmp_host *host, u32 cmd, u32 id)
{
	struct mrq_reset_request req = { .cmd = cmd, .reset_id = id };

	return ask(host, MRQ_RESET, &req, sizeof(req), NULL, 0);
}

/* -EINVAL where the firmware does not tell. */
int bpmp_fw_reset_max(struct bpmp_host *host, u32 *id)
{
	struct mrq_reset_request req = { .cmd = CMD_RESET_GET_MAX_ID };
	struct cmd_reset_get_max_id_response rsp;
	int err;

	err = ask(host, MRQ_RESET, &req, sizeof(req), &rsp, sizeof(rsp));
	if (!err)
		*id = rsp.max_id;

	return err;
}

int bpmp_fw_pg_state(struct bpmp_host *host, u32 id, bool *on)
{
	struct mrq_pg_request req = { .cmd = CMD_PG_GET_STATE, .id = id };
	struct cmd_pg_get_state_response rsp;
	int err;

	err = ask(host, MRQ_PG, &req, sizeof(req), &rsp, sizeof(rsp));
	if (!err)
		*on = rsp.state != PG_STATE_OFF;

	return err;
}

int bpmp_fw_pg_max(struct bpmp_host *host, u32 *id)
{
	struct mrq_pg_request req = { .cmd = CMD_PG_GET_MAX_ID };
	struct cmd_pg_get_max_id_response rsp;
	int err;

	err = ask(host, MRQ_PG, &req, sizeof(req), &rsp, sizeof(rsp));
	if (!err)
		*id = rsp.max_id;

	return err;
}
