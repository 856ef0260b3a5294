/*
 * Random numbers for tests that play many runs: the seed is printed, so that a run can be repeated.
 */
#ifndef TESTS_RANDOM_H
#define TESTS_RANDOM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/clock.h"

static uint64_t random_state;

static inline void
random_start(void)
{
	random_state = getenv("SEED") ? strtoull(getenv("SEED"), NULL, 10) : clock_seed();
	print_message("seed %llu\n", (unsigned long long)random_state);
}

static inline uint64_t
draw(uint64_t below)
{
	random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (random_state >> 33) % below;
}

#endif
