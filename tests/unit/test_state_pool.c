/*
 * Blocks of memory that are taken and given back: zeroed, apart from each other, where they were,
 * and never more than there may be.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/detect/state_pool.c"

#include "tests/unit/random.h"

#define MOST 200

static void
no_more_than_there_may_be(void **state)
{
	struct state_pool pool;

	(void)state;
	state_pool_init(&pool, 24, MOST);
	assert_int_equal(state_pool_bytes(&pool), 0);
	for (uint32_t i = 0; i < MOST; i++)
		assert_int_not_equal(state_pool_take(&pool), STATE_NONE);
	assert_int_equal(state_pool_take(&pool), STATE_NONE);
	state_pool_give(&pool, 17);
	assert_int_equal(state_pool_take(&pool), 17);
	assert_int_equal(state_pool_take(&pool), STATE_NONE);
	state_pool_done(&pool);
	state_pool_init(&pool, 24, 0);
	assert_int_equal(state_pool_take(&pool), STATE_NONE);
	state_pool_done(&pool);
}

/* Where the bound is a whole number of chunks, too. */
static void
memory_grows_by_chunks_and_is_used_again(void **state)
{
	struct state_pool pool;
	size_t one;

	(void)state;
	state_pool_init(&pool, 24, 2 * STATE_CHUNK);
	state_pool_take(&pool);
	one = state_pool_bytes(&pool);
	assert_true(one >= 24 * STATE_CHUNK);
	for (int i = 1; i < STATE_CHUNK; i++)
		state_pool_take(&pool);
	assert_int_equal(state_pool_bytes(&pool), one);
	for (int i = 0; i < 10 * STATE_CHUNK; i++)
		state_pool_give(&pool, state_pool_take(&pool));
	for (int i = 0; i < STATE_CHUNK; i++)
		assert_int_not_equal(state_pool_take(&pool), STATE_NONE);
	assert_int_equal(state_pool_take(&pool), STATE_NONE);
	assert_int_equal(state_pool_bytes(&pool), 2 * one);
	state_pool_done(&pool);
}

/* One that is too small for the list of those given back, and others that would not be aligned. */
static void
blocks_are_aligned_whatever_their_size(void **state)
{
	(void)state;
	for (size_t bytes = 1; bytes < 70; bytes++) {
		struct state_pool pool;

		state_pool_init(&pool, bytes, MOST);
		for (uint32_t i = 0; i < MOST; i++) {
			uint32_t block = state_pool_take(&pool);

			assert_int_equal(
			    (uintptr_t)state_pool_at(&pool, block) % alignof(max_align_t), 0);
			memset(state_pool_at(&pool, block), 0xff, bytes);
		}
		for (uint32_t i = 0; i < MOST; i++)
			state_pool_give(&pool, i);
		for (uint32_t i = 0; i < MOST; i++)
			assert_int_not_equal(state_pool_take(&pool), STATE_NONE);
		state_pool_done(&pool);
	}
}

/* What each holder wrote is there until it gives the block back, and is never seen by the next. */
static void
random_holders_never_meet(void **state)
{
	unsigned char mark[MOST] = {0}; /* of those that are taken */
	void *at[MOST] = {NULL};
	struct state_pool pool;
	uint32_t taken = 0;

	(void)state;
	random_start();
	state_pool_init(&pool, 40, MOST);
	for (int i = 0; i < 20000; i++) {
		uint32_t block = (uint32_t)draw(MOST);

		if (draw(2) == 0) {
			block = state_pool_take(&pool);
			assert_true((block == STATE_NONE) == (taken == MOST));
			if (block == STATE_NONE)
				continue;
			assert_true(block < MOST && mark[block] == 0);
			for (size_t k = 0; k < 40; k++)
				assert_int_equal(
				    ((unsigned char *)state_pool_at(&pool, block))[k], 0);
			mark[block] = (unsigned char)(1 + draw(255));
			at[block] = state_pool_at(&pool, block);
			memset(at[block], mark[block], 40);
			taken++;
		} else if (mark[block] != 0) {
			assert_ptr_equal(state_pool_at(&pool, block), at[block]);
			for (size_t k = 0; k < 40; k++)
				assert_int_equal(((unsigned char *)at[block])[k], mark[block]);
			mark[block] = 0;
			state_pool_give(&pool, block);
			taken--;
		}
	}
	state_pool_done(&pool);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(no_more_than_there_may_be),
	    cmocka_unit_test(memory_grows_by_chunks_and_is_used_again),
	    cmocka_unit_test(blocks_are_aligned_whatever_their_size),
	    cmocka_unit_test(random_holders_never_meet),
	};

	return cmocka_run_group_tests_name("state_pool", tests, NULL, NULL);
}
