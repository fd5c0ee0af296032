/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A BPMP without hardware, for tests of the host proxy on an unpatched kernel.
 *
 * transport.c is a mailbox and the far end of the IVC channels, so that the
 * kernel's own tegra-bpmp, clk-bpmp, reset-bpmp and powergate-bpmp run on it as
 * they are. firmware.c answers. consumer.c plays a driver of the host.
 * control.c lets a test see and disturb all of it through debugfs.
 */
#ifndef FAKE_BPMP_H
#define FAKE_BPMP_H

#include <linux/types.h>

struct device_node;
struct seq_file;

/* What a frame holds that nobody wrote: in requests, and in answers. */
#define FAKE_STALE_TX	0x5a
#define FAKE_STALE_RX	0xa5

/* firmware.c; all called with the transport's lock held */
int fake_fw_handle(u32 mrq, const u8 *tx, u8 *rx, size_t *rx_len);
void fake_fw_init(void);
void fake_fw_fail(u32 mrq, u32 cmd, u32 id, u32 count);
void fake_fw_lose(u32 mrq, u32 cmd, u32 id, u32 count);
bool fake_fw_loses(u32 mrq, const u8 *tx);
void fake_fw_state(struct seq_file *seq);
void fake_fw_transcript(struct seq_file *seq);
void fake_fw_clear(void);

/* transport.c */
void fake_lock(void);
void fake_unlock(void);
void fake_hold(u32 count);
void fake_release(void);
int fake_heal(void);
int fake_set_timeout(u32 ms);
int fake_suspend(bool suspended);
struct device_node *fake_bpmp_node(void);
int fake_transport_init(void);

/* consumer.c */
int fake_clk_on(u32 id);
int fake_clk_off(u32 id);
int fake_clk_prepare(u32 id);
int fake_clk_unprepare(u32 id);
int fake_clk_rate(u32 id, u32 rate);
int fake_clk_parent(u32 id, u32 parent);
int fake_reset_shared(void);
int fake_pd_add(u32 id);
int fake_pd_del(void);
int fake_pd_on(void);
int fake_pd_off(void);
int fake_reset_get(void);
int fake_reset_try(void);
int fake_reset_put(void);
int fake_pd_get(void);
int fake_pd_put(void);
int fake_consumer_init(void);

/* control.c */
void fake_control_init(void);

#endif
