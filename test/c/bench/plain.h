/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a program without a C library needs: so small, it fits into a script
 * as text. run() gets what the kernel leaves on the stack: the number of
 * words, then their addresses. It must not return.
 */
#ifndef BENCH_PLAIN_H
#define BENCH_PLAIN_H

#include <asm/unistd.h>
#include <linux/fcntl.h>
#include <linux/time.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE 4096

__attribute__((used, noreturn)) void run(const long *stack);

__asm__(".globl _start\n_start:\n\tmov x0, sp\n\tbl run\n");

static long call(long number, long a, long b, long c, long d, long e, long f)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return x0;
}

static size_t length(const char *text)
{
	size_t n = 0;

	while (text[n])
		n++;
	return n;
}

static void say(const char *text)
{
	call(__NR_write, 1, (long)text, (long)length(text), 0, 0, 0);
}

static void say_number(uint64_t value)
{
	char digits[24];
	size_t at = sizeof(digits) - 1;

	digits[at] = '\0';
	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	say(digits + at);
}

__attribute__((noreturn)) static void end(int status)
{
	for (;;)
		call(__NR_exit, status, 0, 0, 0, 0, 0);
}

__attribute__((noreturn)) static void leave(const char *why)
{
	say(why);
	say("\n");
	end(1);
}

/* Of decimal digits. */
static uint64_t number(const char *digits)
{
	uint64_t value = 0;

	for (; *digits; digits++)
		value = value * 10 + (uint64_t)(*digits - '0');
	return value;
}

static uint64_t now(void)
{
	struct timespec at;

	call(__NR_clock_gettime, CLOCK_MONOTONIC, (long)&at, 0, 0, 0, 0);
	return (uint64_t)at.tv_sec * 1000000000 + (uint64_t)at.tv_nsec;
}

#endif
