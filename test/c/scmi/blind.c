/*
 * In libFuzzer's place where there is only gcc: random inputs, the same in
 * every run
 *
 * Usage: PROGRAM RUNS LENGTH
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t state = 88172645463325252ull;

/* xorshift64 of Marsaglia */
static uint64_t next(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

int main(int argc, char **argv)
{
    static uint8_t data[1 << 16];
    long runs = argc > 1 ? atol(argv[1]) : 0;
    long length = argc > 2 ? atol(argv[2]) : 1;

    for (long i = 0; i < runs; i++) {
        size_t size = next() % length;

        for (size_t k = 0; k < size; k++) {
            data[k] = next() >> 32;
        }
        LLVMFuzzerTestOneInput(data, size);
    }
    fprintf(stderr, "number_of_executed_units: %ld\n", runs);
    return 0;
}
