// SPDX-License-Identifier: Apache-2.0
#include "attack.h"
#include <stdarg.h>
#include <stdio.h>

static int count, failed;

static void line(const char *verdict, const char *format, va_list args,
		 const char *end)
{
	char text[256];

	vsnprintf(text, sizeof(text), format, args);
	/* One write a line, so that the kernel's lines do not cut it. */
	printf("%s %d - %s%s\n", verdict, ++count, text, end);
	fflush(stdout);
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
	printf("1..%d\n# %d failed\n", count, failed);
	fflush(stdout);

	return failed;
}
