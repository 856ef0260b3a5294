/*
 * request: what a client may say, and that nothing else is taken for it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "src/agent/request.c"

static char line[REQUEST_MAX + 1];

static const char *
parse(const char *text, struct request *out)
{
	size_t len = strlen(text);

	memcpy(line, text, len);
	return request_parse(line, len, out);
}

static void
test_every_request(void **state)
{
	struct request r;

	(void)state;
	assert_null(parse("status\tjson", &r));
	assert_int_equal(r.kind, REQUEST_STATUS_JSON);
	assert_null(parse("status\tnagios", &r));
	assert_int_equal(r.kind, REQUEST_STATUS_NAGIOS);
	assert_null(parse("status\tcolour\t132", &r));
	assert_int_equal(r.kind, REQUEST_STATUS_COLOUR);
	assert_string_equal(r.args[0], "132");
	assert_null(parse("silence\tlist", &r));
	assert_int_equal(r.kind, REQUEST_SILENCE_LIST);
	assert_null(parse("silence\tremove\t12", &r));
	assert_string_equal(r.args[0], "12");
	assert_string_equal(r.args[1], "");
	assert_null(parse("silence\tforce\t60\tall\t\tdsk.*", &r));
	assert_int_equal(r.kind, REQUEST_SILENCE_FORCE);
	assert_string_equal(r.args[3], "dsk.*");
	assert_null(parse("silence\tadd\t7200\tall\tdisk of Ren\xc3\xa9\tdisk.*{device=sd a}", &r));
	assert_int_equal(r.kind, REQUEST_SILENCE_ADD);
	assert_string_equal(r.args[0], "7200");
	assert_string_equal(r.args[1], "all");
	assert_string_equal(r.args[2], "disk of Ren\xc3\xa9");
	assert_string_equal(r.args[3], "disk.*{device=sd a}");
}

static void
test_an_empty_comment_is_a_field(void **state)
{
	struct request r;

	(void)state;
	assert_null(parse("silence\tadd\t60\tminor\t\tcpu", &r));
	assert_string_equal(r.args[2], "");
	assert_string_equal(r.args[3], "cpu");
}

static void
test_everything_else_is_refused(void **state)
{
	static const char *const bad[] = {"", "status", "status json", "STATUS\tjson",
	    "status\tjson\t", "status\ttable", "status\t", "silence\tadd\t60\tall\tcpu",
	    "silence\tadd\t60\tall\ta\tb\tc", "silence\tremove", "silence\tlist\tall",
	    "silence\tremove\t\x1b[2J", "silence\tremove\t\xff\xfe", "status\tjson\r", "\t\t\t\t"};
	struct request r;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (parse(bad[i], &r) == NULL)
			fail_msg("taken: \"%s\"", bad[i]);
	}
	memcpy(line, "status\tjson", 11);
	line[4] = '\0';
	assert_non_null(request_parse(line, 11, &r));
}

static void
test_a_line_as_long_as_can_be(void **state)
{
	struct request r;
	size_t used;

	(void)state;
	used = (size_t)snprintf(line, sizeof(line), "silence\tremove\t");
	memset(line + used, '7', REQUEST_MAX - used);
	assert_non_null(request_parse(line, REQUEST_MAX, &r));
	assert_null(request_parse(line, REQUEST_MAX - 1, &r));
	assert_int_equal(strlen(r.args[0]), REQUEST_MAX - 1 - used);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_request),
	    cmocka_unit_test(test_an_empty_comment_is_a_field),
	    cmocka_unit_test(test_everything_else_is_refused),
	    cmocka_unit_test(test_a_line_as_long_as_can_be),
	};

	return cmocka_run_group_tests_name("request", tests, NULL, NULL);
}
