/*
 * Recipients as numbers, and those who are chosen by them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/courier/recipient.c"

static char one[] = "b@example.org", two[] = "Boss <c@example.com>", three[] = "d@example.org";
static char *addresses[] = {one, two, three};
static const struct strings to = {addresses, 3};

static void
test_numbers(void **state)
{
	(void)state;
	assert_true(recipient_number("c@example.com") == recipient_number(two));
	assert_true(recipient_number("\"The Boss\" <c@example.com>") == recipient_number(two));
	assert_true(recipient_number(one) != recipient_number(three));
	/* it is on disk */
	assert_true(recipient_number("b@example.org") == 0x847e9be7221da7c7ULL);
}

static void
test_selection(void **state)
{
	const uint64_t owed[] = {recipient_number(three), 4711, recipient_number("c@example.com")};
	char *room[3];
	struct strings out = {room, 0};

	(void)state;
	recipient_select(&to, NULL, 0, &out);
	assert_int_equal(out.len, 3);
	out.len = 0;
	recipient_select(&to, owed, 3, &out);
	assert_int_equal(out.len, 2);
	assert_ptr_equal(out.items[0], two);
	assert_ptr_equal(out.items[1], three);
	out.len = 0;
	recipient_select(&to, owed + 1, 1, &out);
	assert_int_equal(out.len, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_numbers),
	    cmocka_unit_test(test_selection),
	};

	return cmocka_run_group_tests_name("recipient", tests, NULL, NULL);
}
