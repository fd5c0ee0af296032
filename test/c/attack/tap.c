// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "attack.h"
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int count, failed;

/*
 * Through the kernel's log, line by line: what a program writes to the console
 * itself, the kernel's own lines cut in two.
 */
static void print(const char *format, va_list args)
{
	static int log = -1;
	char *text, *line, *rest;
	char record[512];

	if (log < 0)
		log = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	if (vasprintf(&text, format, args) < 0)
		abort();
	rest = text;
	while ((line = strsep(&rest, "\n"))) {
		snprintf(record, sizeof(record), "<6>%s", line);
		if (*line && write(log, record, strlen(record)) < 0)
			abort();
	}
	free(text);
}

void say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print(format, args);
	va_end(args);
}

static void line(const char *verdict, const char *format, va_list args,
		 const char *end)
{
	char text[256];

	vsnprintf(text, sizeof(text), format, args);
	say("%s %d - %s%s", verdict, ++count, text, end);
}

void ok(bool good, const char *format, ...)
{
	va_list args;

	failed += !good;
	va_start(args, format);
	line(good ? "ok" : "not ok", format, args, "");
	va_end(args);
}

void skip(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	line("ok", format, args, " # SKIP");
	va_end(args);
}

int finish(void)
{
	say("1..%d\n# %d failed", count, failed);

	return failed;
}
