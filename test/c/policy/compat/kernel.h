/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The few words of the kernel that the policy uses, in user space. The headers
 * beside it (linux/...) stand in for the kernel's and include this one.
 */
#ifndef COMPAT_KERNEL_H
#define COMPAT_KERNEL_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t s32;
typedef int64_t s64;

#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define GENMASK(h, l)		((~0U << (l)) & (~0U >> (31 - (h))))
#define FIELD_GET(mask, v)	(((v) & (mask)) >> __builtin_ctz(mask))
#define FIELD_PREP(mask, v)	(((u32)(v) << __builtin_ctz(mask)) & (mask))

#define min_t(type, a, b)	((type)(a) < (type)(b) ? (type)(a) : (type)(b))
#define min(a, b)		((a) < (b) ? (a) : (b))
#define max(a, b)		((a) > (b) ? (a) : (b))

#define min3(a, b, c)		min(min(a, b), c)

/* No speculation to keep out here. */
#define array_index_nospec(index, size)	(index)

#define U32_MAX			UINT32_MAX
#define S64_MIN			INT64_MIN

#define hweight64(v)		((unsigned int)__builtin_popcountll(v))
#define fls64(v)		((v) ? 64 - __builtin_clzll(v) : 0)
#define __ffs64(v)		((unsigned int)__builtin_ctzll(v))

#endif
