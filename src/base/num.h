/*
 * The smaller and the larger of two numbers.
 */
#ifndef BASE_NUM_H
#define BASE_NUM_H

#include <stddef.h>
#include <stdint.h>

static inline int64_t
num_min(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static inline int64_t
num_max(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* The nearest to value that is at least `least` and at most `most`. */
static inline int64_t
num_clamp(int64_t value, int64_t least, int64_t most)
{
	return num_max(least, num_min(value, most));
}

static inline size_t
num_min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

#endif
