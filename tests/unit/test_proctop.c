/*
 * proctop: the same as sorting everything, whatever comes in.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "src/collect/proctop.c"

#include "base/clock.h"

#define N 500

static int
descending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x < y) - (x > y);
}

static void
test_equals_sorting(void **state)
{
	unsigned seed = (unsigned)clock_seed();

	(void)state;
	print_message("seed %u\n", seed);
	srand(seed);
	for (int round = 0; round < 200; round++) {
		struct proctop top = {.max = (size_t)rand() % (PROCTOP_MAX + 1)};
		size_t n = (size_t)rand() % N;
		double all[N], sorted[N];

		for (size_t i = 0; i < n; i++) {
			all[i] = sorted[i] = rand() % 100;
			proctop_offer(&top, all[i], (uint32_t)i);
			proctop_offer(&top, NAN, (uint32_t)i);
		}
		qsort(sorted, n, sizeof(sorted[0]), descending);
		assert_int_equal(top.len, n < top.max ? n : top.max);
		for (size_t i = 0; i < top.len; i++) {
			assert_true(top.scores[i] == sorted[i]);
			assert_true(all[top.slots[i]] == top.scores[i]);
			if (i > 0 && top.scores[i] == top.scores[i - 1])
				assert_true(top.slots[i] > top.slots[i - 1]);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_equals_sorting),
	};

	return cmocka_run_group_tests_name("proctop", tests, NULL, NULL);
}
