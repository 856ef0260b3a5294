/*
 * What is wrong with a configuration, in the order of its files, and how it is printed.
 */
#include "src/conf/error_list.c"

#include "tests/unit/conf_help.h"

static struct place
at(int file, int line, int col)
{
	return (struct place){file, line, col};
}

static void
test_the_order_of_the_files(void **state)
{
	static const char *const want[] = {
	    "1 whole", "1:1:1", "1:1:2", "1:2:1", "1:2:1 later", "2:1:1"};
	struct error_list list;

	(void)state;
	error_list_init(&list);
	assert_int_equal(error_list_file(&list, "a"), 0);
	assert_int_equal(error_list_file(&list, "b"), 1);
	error_list_add(&list, at(1, 1, 1), "2:1:1");
	error_list_add(&list, at(0, 2, 1), "1:2:1");
	error_list_warn(&list, at(0, 1, 2), "1:1:2");
	error_list_add(&list, at(0, 1, 1), "1:1:1");
	error_list_add(&list, at(0, 2, 1), "1:2:1 later");
	error_list_warn(&list, at(0, 0, 0), "%d whole", 1);
	error_list_report(&list, &report);
	assert_int_equal(report.len, 6);
	assert_int_equal(report.errors, 4);
	assert_int_equal(report.warnings, 2);
	for (size_t i = 0; i < report.len; i++) {
		assert_string_equal(report.items[i].text, want[i]);
		assert_string_equal(report.items[i].file, i < 5 ? "a" : "b");
		assert_int_equal(report.items[i].warning, i == 0 || i == 2);
	}
	error_list_done(&list);
}

static void
test_places(void **state)
{
	struct error_list list;
	char out[ERROR_LIST_PLACE_MAX];

	(void)state;
	error_list_init(&list);
	error_list_file(&list, "a");
	error_list_file(&list, "b");
	assert_string_equal(
	    error_list_place(&list, at(0, 3, 1), at(0, 9, 9), out), "line 3, column 1");
	assert_string_equal(
	    error_list_place(&list, at(0, 3, 1), at(1, 9, 9), out), "a, line 3, column 1");
	assert_string_equal(
	    error_list_place(&list, at(1, 3, 1), at(0, 9, 9), out), "b, line 3, column 1");
	assert_string_equal(
	    error_list_place(&list, at(2, 3, 1), at(0, 9, 9), out), "line 3, column 1");
	error_list_done(&list);
}

/* Without a file: what came from another process has none. */
static void
test_without_files(void **state)
{
	struct error_list list;

	(void)state;
	error_list_init(&list);
	error_list_report(&list, &report);
	assert_int_equal(report.len + report.errors + report.warnings, 0);
	error_list_add(&list, at(0, 1, 1), "x");
	error_list_report(&list, &report);
	assert_int_equal(report.len, 1);
	assert_string_equal(report.items[0].file, "");
	error_list_done(&list);
}

/* Past a bound they are only counted. */
static void
test_many(void **state)
{
	struct error_list list;

	(void)state;
	error_list_init(&list);
	for (int i = 0; i < ERROR_LIST_KEPT_MAX + 3; i++)
		error_list_add(&list, at(0, ERROR_LIST_KEPT_MAX + 3 - i, 1), "x");
	assert_int_equal(list.len, ERROR_LIST_KEPT_MAX);
	error_list_report(&list, &report);
	assert_int_equal(report.len, CONF_ERRORS_MAX);
	assert_int_equal(report.errors, ERROR_LIST_KEPT_MAX + 3);
	for (int i = 0; i < CONF_ERRORS_MAX; i++)
		assert_int_equal(report.items[i].line, i + 4);
	error_list_done(&list);
}

static const char *
printed(void)
{
	static char text[65536];
	int fd = memfd_create("report", MFD_CLOEXEC);
	ssize_t len;

	assert_true(fd >= 0);
	conf_report_print(&report, fd);
	len = pread(fd, text, sizeof(text) - 1, 0);
	assert_true(len >= 0);
	text[len] = '\0';
	close(fd);
	return text;
}

static void
test_print(void **state)
{
	struct error_list list;

	(void)state;
	error_list_init(&list);
	error_list_report(&list, &report);
	assert_string_equal(printed(), "");
	error_list_file(&list, "");
	error_list_file(&list, "\033");
	error_list_warn(&list, at(0, 0, 0), "w");
	error_list_add(&list, at(1, 1, 7), "e\n");
	error_list_report(&list, &report);
	assert_string_equal(printed(), "\"\": warning: w\n\\x1b:1:7: error: e\\x0a\n");
	for (int i = 2; i <= CONF_ERRORS_MAX; i++)
		error_list_add(&list, at(1, i, 1), "x");
	error_list_report(&list, &report);
	assert_non_null(strstr(printed(), "error: x\n... and 1 more\n"));
	error_list_done(&list);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_the_order_of_the_files),
	    cmocka_unit_test(test_places),
	    cmocka_unit_test(test_without_files),
	    cmocka_unit_test(test_many),
	    cmocka_unit_test(test_print),
	};

	return cmocka_run_group_tests_name("error_list", tests, NULL, NULL);
}
