/*
 * Tokens: never more than the limit in any window, never fewer than there could be.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/outbox/bucket.c"

#include "base/clock.h"

#define WINDOW 60000

static uint64_t rng;

static uint64_t
draw(uint64_t below)
{
	rng = rng * 6364136223846793005ULL + 1442695040888963407ULL;
	return (rng >> 33) % below;
}

static void
no_window_holds_more_than_the_limit(void **state)
{
	(void)state;
	rng = clock_seed();
	print_message("seed %llu\n", (unsigned long long)rng);
	for (int run = 0; run < 50; run++) {
		int64_t taken[3000], now = 0;
		size_t limit = 1 + draw(20), n = 0;
		struct bucket b = {.limit = 0};

		bucket_configure(&b, (int64_t)limit, WINDOW);
		for (int i = 0; i < 3000; i++) {
			size_t in_window = 0;

			now += (int64_t)draw(8000);
			if (i == 1000 || i == 2000) {
				limit = i == 1000 ? 1 + draw(limit) : limit + draw(5);
				bucket_configure(&b, (int64_t)limit, WINDOW);
			}
			for (size_t k = n; k > 0 && taken[k - 1] > now - WINDOW; k--)
				in_window++;
			assert_int_equal(bucket_free_at(&b) <= now, in_window < limit);
			if (in_window >= limit)
				continue;
			bucket_take(&b, now);
			taken[n++] = now;
			if (draw(3) == 0) {
				bucket_give_back(&b);
				n--;
			}
		}
		bucket_done(&b);
	}
}

static void
a_limit_of_nothing_is_no_limit(void **state)
{
	struct bucket b = {.limit = 0};

	(void)state;
	bucket_configure(&b, 0, WINDOW);
	for (int i = 0; i < 1000; i++) {
		assert_true(bucket_free_at(&b) <= 0);
		bucket_take(&b, 0);
	}
	bucket_give_back(&b);
	bucket_done(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(no_window_holds_more_than_the_limit),
	    cmocka_unit_test(a_limit_of_nothing_is_no_limit),
	};

	return cmocka_run_group_tests_name("bucket", tests, NULL, NULL);
}
