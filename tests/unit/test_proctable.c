/*
 * proctable: places are each one's own until dropped, and nothing is lost or handed out twice.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdlib.h>

#include "src/collect/proctable.c"

#include "base/clock.h"

static void
test_random_use(void **state)
{
	static bool taken[PROCTABLE_MAX];
	unsigned seed = (unsigned)clock_seed();
	struct proctable t;
	size_t count = 0;

	(void)state;
	print_message("seed %u\n", seed);
	srand(seed);
	proctable_init(&t, 0);
	for (int step = 0; step < 100000; step++) {
		uint32_t slot = (uint32_t)rand() % PROCTABLE_MAX;

		if (taken[slot] && rand() % 2 == 0) {
			assert_int_equal(proctable_at(&t, slot)->pid, (int)slot + 1);
			proctable_drop(&t, slot);
			taken[slot] = false;
			count--;
			continue;
		}
		slot = proctable_add(&t);
		if (slot == PROCTABLE_NONE) {
			assert_int_equal(count, PROCTABLE_MAX);
			continue;
		}
		assert_false(taken[slot]);
		assert_int_equal(proctable_at(&t, slot)->pid, 0);
		assert_int_equal(proctable_at(&t, slot)->fd, -1);
		taken[slot] = true;
		proctable_at(&t, slot)->pid = (int)slot + 1;
		count++;
	}
	proctable_done(&t);
}

static void
test_descriptors_are_bounded(void **state)
{
	struct proctable t;
	uint32_t a, b, c;

	(void)state;
	proctable_init(&t, 2);
	a = proctable_add(&t);
	b = proctable_add(&t);
	c = proctable_add(&t);
	proctable_keep_fd(&t, proctable_at(&t, a), open("/dev/null", O_RDONLY));
	proctable_keep_fd(&t, proctable_at(&t, b), open("/dev/null", O_RDONLY));
	proctable_keep_fd(&t, proctable_at(&t, c), open("/dev/null", O_RDONLY));
	assert_true(proctable_at(&t, a)->fd >= 0 && proctable_at(&t, b)->fd >= 0);
	assert_int_equal(proctable_at(&t, c)->fd, -1);
	assert_int_equal(t.fds, 2);
	proctable_drop(&t, a);
	proctable_keep_fd(&t, proctable_at(&t, c), open("/dev/null", O_RDONLY));
	assert_true(proctable_at(&t, c)->fd >= 0);
	proctable_drop(&t, b);
	proctable_drop(&t, c);
	assert_int_equal(t.fds, 0);
	proctable_done(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_random_use),
	    cmocka_unit_test(test_descriptors_are_bounded),
	};

	return cmocka_run_group_tests_name("proctable", tests, NULL, NULL);
}
