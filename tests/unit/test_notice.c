/*
 * Notices as values: lists of them, which alert stands for all, how many they are about.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/model/notice.c"

static void
a_list_of_notices_grows(void **state)
{
	struct notices list = {.items = NULL};

	(void)state;
	for (int i = 0; i < 100; i++)
		notices_add(&list, notice_new(NOTICE_FIRE, i, (size_t)i % 3));
	assert_int_equal(list.len, 100);
	assert_int_equal(list.items[99]->channel, 99);
	notices_done(&list);
	assert_int_equal(list.len, 0);
	notice_free(NULL);
}

static void
the_worst_fires_before_it_is_severe(void **state)
{
	struct notice *n = notice_new(NOTICE_DIGEST, 0, 4);

	(void)state;
	n->facts[0].severity = SEV_EMERGENCY;
	n->facts[0].resolved.wall_ms = 1;
	n->facts[1].severity = SEV_WARN;
	n->facts[2].severity = SEV_CRITICAL;
	n->facts[3].severity = SEV_CRITICAL;
	assert_ptr_equal(notice_worst(n), &n->facts[2]);
	n->fact_count = 1;
	assert_ptr_equal(notice_worst(n), &n->facts[0]);
	n->fact_count = 0;
	assert_null(notice_worst(n));
	notice_free(n);
}

/* Those that a digest had no room for count; a total that is too small is not believed. */
static void
the_total_is_no_less_than_the_facts(void **state)
{
	struct notice *n = notice_new(NOTICE_DIGEST, 0, 3);

	(void)state;
	assert_int_equal(notice_total(n), 3);
	n->total = 40;
	assert_int_equal(notice_total(n), 40);
	n->total = 1;
	assert_int_equal(notice_total(n), 3);
	notice_free(n);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_list_of_notices_grows),
	    cmocka_unit_test(the_worst_fires_before_it_is_severe),
	    cmocka_unit_test(the_total_is_no_less_than_the_facts),
	};

	return cmocka_run_group_tests_name("notice", tests, NULL, NULL);
}
