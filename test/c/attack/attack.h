/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The attack program: the /init of a host under test. Each file tries a family
 * of the defects H1 to H30 of docs/security.md; results are TAP lines.
 */
#ifndef ATTACK_H
#define ATTACK_H

#include <linux/bpmp-host.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of the firmware's ABI, what the tests use. */
enum {
	MRQ_PING = 0, MRQ_QUERY_TAG = 1, MRQ_THREADED_PING = 9,
	MRQ_DEBUGFS = 19, MRQ_RESET = 20, MRQ_CLK = 22, MRQ_QUERY_ABI = 23,
	MRQ_PG = 66, MRQ_QUERY_FW_TAG = 71, MRQ_DEBUG = 75,
};

enum {
	GET_RATE = 1, SET_RATE, ROUND_RATE, GET_PARENT, SET_PARENT, IS_ENABLED,
	ENABLE, DISABLE, RESET_REFCOUNTS = 13, GET_ALL_INFO, GET_MAX_ID,
	GET_FMAX,
};

enum { ASSERT = 1, DEASSERT, MODULE };
enum { PG_SET = 1, PG_GET = 2, PG_NAME = 3, PG_MAX = 4 };

/* As the device tree (../host/host.dts) gives them. */
#define NODE_A		"/dev/bpmp-host-a"
#define NODE_B		"/dev/bpmp-host-b"
#define NODE_C		"/dev/bpmp-host"
#define NODE_MANY	"/dev/bpmp-host-many"
#define NODE_NONE	"/dev/bpmp-host-none"
#define RESET_USER	"/sys/bus/platform/drivers/fake-bpmp-reset-user/"
#define FOREIGN		123	/* a clock of nobody */
#define ANCESTOR	93	/* feeds 102 */
#define SHARED		104	/* shared by a and b */

/* init.c: the proxy is loaded by us; the kernel has never seen our patches */
extern bool as_module, unpatched;

/* tap.c */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void ok(bool good, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void skip(const char *format, ...) __attribute__((format(printf, 1, 2)));
int finish(void);

/* device.c: 0 and an answer, or a negative errno */
int dev_open(const char *path);
int dev_transfer(int fd, uint32_t mrq, const void *tx, size_t tx_size,
		 struct bpmp_host_transfer *out);
int dev_write(int fd, uint32_t mrq, const void *tx, size_t tx_size,
	      void *rx, size_t *rx_size, int *ret);
/* The same, or the firmware's own code where there is one. */
int clk(int fd, uint32_t cmd, uint32_t id);
int clk_value(int fd, uint32_t cmd, uint32_t id, int64_t value);
int64_t clk_read(int fd, uint32_t cmd, uint32_t id);
int reset(int fd, uint32_t cmd, uint32_t id);
int pg_set(int fd, uint32_t id, uint32_t state);
int64_t pg_get(int fd, uint32_t id);

/* fake.c: the BPMP behind the host, and files */
int fake(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *fake_state(void);
bool state_has(const char *line);
char *fake_transcript(void);
/* Place of the first such request in the transcript, or -1. */
int asked(uint32_t mrq, uint32_t cmd, uint32_t id);
/* Number of requests with any of these that change state. */
int asked_changes(uint32_t mrq, uint32_t id);
char *slurp(const char *path);
int spill(const char *path, const char *text);
bool wait_for(const char *path, bool there);
int log_lines(const char *needle);
bool wait_for_log(const char *needle);
int rebind(const char *node, bool bind);
/* Give the device of reset 101 its driver, or take it away. */
void host_driver(bool bind);

/* The families. */
void test_bring_up(void);
void test_passthrough(void);
void test_shapes(void);
void test_policy(void);
void test_sharing(void);
void test_undo(void);
void test_matrix(void);
void test_between(void);
void test_limits(void);
void test_storm(void);
void test_lost_answers(void);
void test_kmemleak(void);

#endif
