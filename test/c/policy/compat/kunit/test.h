/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Just enough of KUnit to run policy_kunit.c as a program, in a second and on
 * any machine: the kernel's own KUnit (kunit.sh) runs the same file.
 */
#ifndef COMPAT_KUNIT_H
#define COMPAT_KUNIT_H

#include <stdio.h>
#include <stdlib.h>

#include "../kernel.h"

struct kunit {
	void *priv;
	int failed;
};

struct kunit_case {
	const char *name;
	void (*run)(struct kunit *test);
};

struct kunit_suite {
	const char *name;
	int (*init)(struct kunit *test);
	struct kunit_case *test_cases;
};

#define KUNIT_CASE(f)	{ .name = #f, .run = (f) }

#define GFP_KERNEL	0
#define kunit_kzalloc(test, size, flags)	calloc(1, size)

#define kunit_check(test, ok, what) do {				\
	if (!(ok)) {							\
		(test)->failed = 1;					\
		printf("# %s:%d: %s\n", __FILE__, __LINE__, what);	\
	}								\
} while (0)

#define KUNIT_EXPECT_EQ(test, a, b)	kunit_check(test, (a) == (b), #a " == " #b)
#define KUNIT_EXPECT_GT(test, a, b)	kunit_check(test, (a) > (b), #a " > " #b)
#define KUNIT_EXPECT_FALSE(test, a)	kunit_check(test, !(a), "!" #a)
#define KUNIT_EXPECT_STREQ(test, a, b)	kunit_check(test, !strcmp(a, b), #a " is " #b)
#define KUNIT_EXPECT_EQ_MSG(test, a, b, ...) do {			\
	if ((a) != (b)) {						\
		printf("# " __VA_ARGS__);				\
		puts("");						\
		kunit_check(test, 0, #a " == " #b);			\
	}								\
} while (0)
#define KUNIT_FAIL(test, ...) do {					\
	printf("# " __VA_ARGS__);					\
	kunit_check(test, 0, "");					\
} while (0)
#define KUNIT_ASSERT_EQ		KUNIT_EXPECT_EQ
#define KUNIT_ASSERT_TRUE(test, a)	kunit_check(test, a, #a)
#define KUNIT_ASSERT_NOT_NULL(test, a)	do { if (!(a)) abort(); } while (0)

#define kunit_test_suite(suite)						\
int main(void)								\
{									\
	struct kunit_case *c;						\
	int failed = 0;							\
									\
	for (c = (suite).test_cases; c->run; c++) {			\
		struct kunit test = { 0 };				\
									\
		if ((suite).init(&test))				\
			abort();					\
		c->run(&test);						\
		printf("%s %s\n", test.failed ? "not ok" : "ok", c->name); \
		free(test.priv);					\
		failed |= test.failed;					\
	}								\
	return failed;							\
}									\
extern int kunit_suite_ends_here

#endif
