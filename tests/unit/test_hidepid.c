/*
 * hidepid: the options of a proc mount, and whom they keep processes from.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/collect/hidepid.c"

static void
options_are_read_in_both_forms(void **state)
{
	static const struct {
		const char *options;
		struct hidepid right;
	} cases[] = {
	    {"rw", {HIDEPID_OFF, 0}},
	    {"", {HIDEPID_OFF, 0}},
	    {"rw,hidepid=0", {HIDEPID_OFF, 0}},
	    {"rw,hidepid=off", {HIDEPID_OFF, 0}},
	    {"rw,hidepid=1", {HIDEPID_NO_ACCESS, 0}},
	    {"rw,gid=27,hidepid=2", {HIDEPID_INVISIBLE, 27}},
	    {"rw,gid=4294967295,hidepid=invisible", {HIDEPID_INVISIBLE, 4294967295}},
	    {"hidepid=ptraceable,rw", {HIDEPID_PTRACEABLE, 0}},
	    {"rw,hidepid=4", {HIDEPID_PTRACEABLE, 0}},
	    {"rw,hidepid=noaccess", {HIDEPID_NO_ACCESS, 0}},
	    /* What is not known, or runs on, says nothing. */
	    {"rw,hidepid=22", {HIDEPID_OFF, 0}},
	    {"rw,hidepid=", {HIDEPID_OFF, 0}},
	    {"rw,xhidepid=2", {HIDEPID_OFF, 0}},
	    {"rw,gid=4294967296,gid=,gid=1x,,,hidepid=2,", {HIDEPID_INVISIBLE, 0}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hidepid h = hidepid_parse(cases[i].options);

		assert_int_equal(h.level, cases[i].right.level);
		assert_int_equal(h.gid, cases[i].right.gid);
	}
}

/* As the kernel has it in has_pid_permissions(). */
static void
a_right_or_a_group_lets_off(void **state)
{
	static const struct {
		enum hidepid_level level;
		bool may_trace, in_group, hides;
	} cases[] = {
	    {HIDEPID_OFF, false, false, false},
	    {HIDEPID_NO_ACCESS, false, false, false},
	    {HIDEPID_INVISIBLE, false, false, true},
	    {HIDEPID_INVISIBLE, true, false, false},
	    {HIDEPID_INVISIBLE, false, true, false},
	    {HIDEPID_PTRACEABLE, false, false, true},
	    {HIDEPID_PTRACEABLE, false, true, true},
	    {HIDEPID_PTRACEABLE, true, false, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hidepid h = {.level = cases[i].level};

		assert_int_equal(
		    hidepid_hides(&h, cases[i].may_trace, cases[i].in_group), cases[i].hides);
	}
}

static void
our_own_groups_are_known(void **state)
{
	struct hidepid own = {.gid = getegid()}, no_ones = {.gid = UINT32_MAX};

	(void)state;
	assert_true(hidepid_in_group(&own));
	assert_false(hidepid_in_group(&no_ones));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(options_are_read_in_both_forms),
	    cmocka_unit_test(a_right_or_a_group_lets_off),
	    cmocka_unit_test(our_own_groups_are_known),
	};

	return cmocka_run_group_tests_name("hidepid", tests, NULL, NULL);
}
