// SPDX-License-Identifier: Apache-2.0
#include "attack.h"
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <time.h>
#include <unistd.h>

#define FOLDER	"/sys/kernel/debug/fake-bpmp/"
#define DRIVER	"/sys/bus/platform/drivers/bpmp-host-proxy/"

/* A whole file; the caller frees it. Never NULL. */
char *slurp(const char *path)
{
	size_t size = 1 << 20, len = 0;
	char *text = calloc(1, size + 1);
	int fd = open(path, O_RDONLY);
	ssize_t n;

	if (!text)
		abort();
	while (fd >= 0 && len < size &&
	       (n = read(fd, text + len, size - len)) > 0)
		len += n;
	if (fd >= 0)
		close(fd);

	return text;
}

int spill(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		err = -errno;
	close(fd);

	return err;
}

int fake(const char *format, ...)
{
	char text[64];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);

	return spill(FOLDER "control", text);
}

static const char * const clocks[] = {
	"osc", "pllp", "pllp_out0", "pllc", "uarta", "uartb", "uartc", "uartd",
	"qspi0", "left_on", "under_left_on", "divider", "divided_a",
	"divided_b", "sdmmc4", "last",
};

/* A line of one of the frameworks' files in debugfs. */
static void add_line(char *text, const char *format, const char *name)
{
	char path[128], *value;

	snprintf(path, sizeof(path), format, name);
	value = slurp(path);
	if (*value)
		sprintf(text + strlen(text), "%s %s", path + 18, value);
	free(value);
}

/*
 * All of it: the firmware's state, what the clk framework counts, what the power
 * domains are as far as genpd knows.
 */
char *fake_state(void)
{
	char *text = slurp(FOLDER "state"), name[8];
	unsigned int i;

	for (i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++) {
		add_line(text, "/sys/kernel/debug/clk/%s/clk_prepare_count",
			 clocks[i]);
		add_line(text, "/sys/kernel/debug/clk/%s/clk_enable_count",
			 clocks[i]);
	}
	for (i = 1; i <= 5; i++) {
		snprintf(name, sizeof(name), "pd%u", i);
		add_line(text, "/sys/kernel/debug/pm_genpd/%s/current_state",
			 name);
	}

	return text;
}

bool state_has(const char *line)
{
	char *state = fake_state();
	bool has = strstr(state, line);

	free(state);

	return has;
}

char *fake_transcript(void)
{
	return slurp(FOLDER "transcript");
}

int asked(uint32_t mrq, uint32_t cmd, uint32_t id)
{
	char *text = fake_transcript();
	char line[64], *found;
	int place = -1;

	snprintf(line, sizeof(line), "\n%u %u %u stale=", mrq, cmd, id);
	found = strstr(text, line);
	if (found)
		place = found - text;
	free(text);

	return place;
}

static bool changes(uint32_t mrq, uint32_t cmd)
{
	switch (mrq) {
	case MRQ_CLK:
		return cmd == SET_RATE || cmd == SET_PARENT || cmd == ENABLE ||
		       cmd == DISABLE ||
		       (cmd > GET_PARENT && cmd < GET_ALL_INFO &&
			cmd != IS_ENABLED) || cmd > GET_FMAX;
	case MRQ_RESET:
		return cmd != 4;
	case MRQ_PG:
		return cmd == PG_SET || cmd > PG_MAX;
	default:
		return true;
	}
}

int asked_changes(uint32_t mrq, uint32_t id)
{
	char *text = fake_transcript(), *line = text;
	uint32_t m, c, i;
	int count = 0;

	while ((line = strchr(line, '\n'))) {
		line++;
		if (sscanf(line, "%u %u %u", &m, &c, &i) == 3 && m == mrq &&
		    i == id && changes(m, c))
			count++;
	}
	free(text);

	return count;
}

bool wait_for(const char *path, bool there)
{
	const struct timespec tenth = { 0, 100000000 };
	int i;

	for (i = 0; i < 3000; i++) {
		if ((access(path, F_OK) == 0) == there)
			return true;
		nanosleep(&tenth, NULL);
	}

	return false;
}

/* Lines of the kernel's log with a text in them. */
int log_lines(const char *needle)
{
	int size = klogctl(10, NULL, 0), count = 0;
	char *text = calloc(1, size + 1), *found = text;

	if (!text || klogctl(3, text, size) < 0)
		abort();
	while ((found = strstr(found, needle))) {
		found = strchr(found, '\n');
		count++;
		if (!found)
			break;
	}
	free(text);

	return count;
}

bool wait_for_log(const char *needle)
{
	const struct timespec tenth = { 0, 100000000 };
	int i;

	for (i = 0; i < 3000 && !log_lines(needle); i++)
		nanosleep(&tenth, NULL);

	return i < 3000;
}

void host_driver(bool bind)
{
	spill(bind ? RESET_USER "bind" : RESET_USER "unbind",
	      "fake-reset-user");
	if (!wait_for(RESET_USER "fake-reset-user", bind))
		abort();
}

int rebind(const char *node, bool bind)
{
	return spill(bind ? DRIVER "bind" : DRIVER "unbind", node);
}
