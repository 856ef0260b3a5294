/*
 * A set of strings against an array of flags.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "src/agent/keyset.c"

#include "base/clock.h"

#define KEYS 50

static void
holds_what_was_added_and_not_dropped(void **state)
{
	unsigned seed = (unsigned)clock_seed();
	struct keyset set = {0};
	bool want[KEYS] = {0};
	char key[16];

	(void)state;
	print_message("seed: %u\n", seed);
	srand(seed);
	for (int step = 0; step < 5000; step++) {
		int i = rand() % KEYS;

		snprintf(key, sizeof(key), "2%d", i);
		want[i] = rand() % 2 == 0;
		if (want[i])
			keyset_add(&set, key);
		else
			keyset_drop(&set, key);
		i = rand() % KEYS;
		snprintf(key, sizeof(key), "2%d", i);
		assert_int_equal(keyset_has(&set, key), want[i]);
	}
	keyset_free(&set);
	assert_null(set.items);
	assert_false(keyset_has(&set, "20"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(holds_what_was_added_and_not_dropped),
	};

	return cmocka_run_group_tests_name("keyset", tests, NULL, NULL);
}
