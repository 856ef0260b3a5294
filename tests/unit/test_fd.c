/*
 * fd: used, limit, and no percentage where the limit means nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/collect/fd.c"

#include "fake_host.h"

static void
test_limit(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_open(&f, &collector_fd);
	fake_write(&f, "proc/sys/fs/file-nr", "2600\t100\t10000\n");
	fake_collect(&f, 10);
	assert_near(fake_value(&f, METRIC_FD_USED, NULL), 2500);
	assert_near(fake_value(&f, METRIC_FD_MAX, NULL), 10000);
	assert_near(fake_value(&f, METRIC_FD_USAGE, NULL), 25);
	fake_done(&f);
}

static void
test_no_limit(void **state)
{
	static const char *const maxima[] = {"9223372036854775807", "2147483647", "0"};
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_open(&f, &collector_fd);
	for (size_t i = 0; i < 3; i++) {
		char text[64];

		snprintf(text, sizeof(text), "1536\t0\t%s\n", maxima[i]);
		fake_write(&f, "proc/sys/fs/file-nr", text);
		fake_collect(&f, 10);
		assert_near(fake_value(&f, METRIC_FD_USED, NULL), 1536);
		assert_true(fake_has(&f, METRIC_FD_MAX, NULL));
		assert_false(fake_has(&f, METRIC_FD_USAGE, NULL));
	}
	fake_done(&f);
}

static void
test_nonsense(void **state)
{
	static const char *const bad[] = {"", "1\n", "1 2\n", "1 2 3", "-1 0 5\n", "1 2 3\n",
	    "a b c\n", "5 0 18446744073709551616\n"};
	struct fd_count count;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(fd_parse_file_nr(bad[i], strlen(bad[i]), &count));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_limit),
	    cmocka_unit_test(test_no_limit),
	    cmocka_unit_test(test_nonsense),
	};

	return cmocka_run_group_tests_name("fd", tests, NULL, NULL);
}
