// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Plays the host proxy's file for probe.sh's Perl, in LD_PRELOAD: a mux of two
 * parents, 5 and 6, whose id is 155. Numbers and layout are the header's own.
 *
 * PROBE_SHIM_LOG:  file to which each request that differs from the last is appended: MRQ COMMAND ID [WORD]
 * PROBE_SHIM_MODE: firmware: SET_PARENT ends with -22; denied: every ioctl fails
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/bpmp-host.h>

static uint32_t parent = 5;

static int mode_is(const char *name)
{
	const char *mode = getenv("PROBE_SHIM_MODE");

	return mode && !strcmp(mode, name);
}

static void note(const struct bpmp_host_transfer *t, const uint32_t *words)
{
	static uint32_t last;
	FILE *log;

	/* 5000 times the same is one line. */
	if (words[0] == last)
		return;
	last = words[0];
	log = fopen(getenv("PROBE_SHIM_LOG"), "ae");
	if (!log)
		abort();
	fprintf(log, "%u %u %u", t->mrq, words[0] >> 24, words[0] & 0xffffff);
	if (t->tx_size > 4)
		fprintf(log, " %u", words[1]);
	fputc('\n', log);
	fclose(log);
}

static void answer(struct bpmp_host_transfer *t)
{
	uint32_t words[30] = { 0 };
	uint32_t all[30] = { 0, parent, 5, 6 };

	memcpy(words, t->tx, sizeof(t->tx));
	note(t, words);
	t->ret = 0;
	t->rx_size = 0;
	switch (words[0] >> 24) {
	case 1: /* GET_RATE: s64 */
		t->rx_size = 8;
		break;
	case 5: /* SET_PARENT */
		if (mode_is("firmware")) {
			t->ret = -22;
			return;
		}
		parent = words[1];
		/* fall through */
	case 4: /* GET_PARENT */
		t->rx_size = 4;
		memcpy(t->rx, &parent, sizeof(parent));
		break;
	case 14: /* GET_ALL_INFO: flags, parent, parents[16], their number, name */
		t->rx_size = 113;
		memcpy(t->rx, all, sizeof(t->rx));
		t->rx[72] = 2;
		break;
	}
}

int ioctl(int fd, unsigned long request, ...)
{
	static int (*next)(int, unsigned long, ...);
	struct bpmp_host_info info = { .argsz = sizeof(info), .version = BPMP_HOST_VERSION, .own_clocks = 1,
				       .shared_clocks = 2, .ancestor_clocks = 3 };
	va_list ap;
	void *arg;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	if (_IOC_TYPE(request) != BPMP_HOST_IOC_MAGIC) {
		if (!next)
			*(void **)&next = dlsym(RTLD_NEXT, "ioctl");
		return next(fd, request, arg);
	}
	if (mode_is("denied")) {
		errno = EACCES;
		return -1;
	}
	if (request == BPMP_HOST_TRANSFER) {
		answer(arg);
		return 0;
	}
	if (request == BPMP_HOST_INFO) {
		memcpy(arg, &info, sizeof(info));
		return 0;
	}
	errno = ENOTTY;
	return -1;
}
