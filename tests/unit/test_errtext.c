/*
 * errtext: the text and the name of an error, whatever the number.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/base/errtext.c"

static void
test_names(void **state)
{
	char text[ERRTEXT_MAX];

	(void)state;
	assert_string_equal(errtext(EIO, text), "Input/output error (EIO)");
	assert_string_equal(errtext(ESTALE, text), "Stale file handle (ESTALE)");
	assert_string_equal(
	    errtext(ENOTCONN, text), "Transport endpoint is not connected (ENOTCONN)");
	assert_string_equal(errtext(4000, text), "(error 4000)");
	assert_string_equal(errtext(-2147483647 - 1, text), "(error -2147483648)");
}

/* Each fits: the name is whole, with its bracket. */
static void
test_all_fit(void **state)
{
	(void)state;
	for (int err = 1; err < 200; err++) {
		char text[ERRTEXT_MAX];
		size_t len = strlen(errtext(err, text));

		assert_true(len > 0 && len < ERRTEXT_MAX);
		assert_int_equal(text[len - 1], ')');
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_all_fit),
	};

	return cmocka_run_group_tests_name("errtext", tests, NULL, NULL);
}
