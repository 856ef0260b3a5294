/*
 * diskstats: the lines of old and new kernels, and which names are partitions.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "src/collect/diskstats.c"

#include "base/mem.h"

static bool
parse(const char *line, struct diskstats *out)
{
	size_t len = strlen(line);
	char *copy = memcpy(mem_zalloc(len > 0 ? len : 1, 1), line, len);
	bool ok = diskstats_parse_line(copy, copy + len, out);

	mem_free(copy);
	return ok;
}

static void
test_lines(void **state)
{
	static const char *const lines[] = {
	    "   8       0 sda 10 1 2000 30 40 5 6000 70 0 80 90",
	    "   8       0 sda 10 1 2000 30 40 5 6000 70 0 80 90 1 2 3 4",
	    "   8       0 sda 10 1 2000 30 40 5 6000 70 0 80 90 1 2 3 4 5 6",
	};
	struct diskstats d;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		assert_true(parse(lines[i], &d));
		assert_int_equal(d.have, DISKSTATS_ALL);
		assert_int_equal(d.major, 8);
		assert_string_equal(d.name, "sda");
		assert_int_equal(d.values[DISKSTATS_READS], 10);
		assert_int_equal(d.values[DISKSTATS_READ_SECTORS], 2000);
		assert_int_equal(d.values[DISKSTATS_READ_MS], 30);
		assert_int_equal(d.values[DISKSTATS_WRITES], 40);
		assert_int_equal(d.values[DISKSTATS_WRITE_SECTORS], 6000);
		assert_int_equal(d.values[DISKSTATS_WRITE_MS], 70);
		assert_int_equal(d.values[DISKSTATS_IO_MS], 80);
	}
}

static void
test_damaged(void **state)
{
	static const char *const bad[] = {"", "8 0", "8 0 sda", "8 1 sda1 1 2 3 4",
	    "8 0 sda 10 1 2000 30 40 5 6000 70 0 80", "8 x sda 10 1 2000 30 40 5 6000 70 0 80 90",
	    "8 0 sda 10 1 2000 30 40 5 6000 70 0 80 ", "8 0 sda a b c d e f g h i j k",
	    "8 0 a_name_that_is_longer_than_any_of_linux 10 1 2 30 40 5 6000 70 0 80 90"};
	struct diskstats d;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(parse(bad[i], &d));
}

/* Of a column that no counter is of, anything; a counter that is no number costs itself. */
static void
test_one_bad_column(void **state)
{
	static const struct {
		const char *line;
		unsigned lacks;
	} cases[] = {
	    {"8 0 sda 10 -1 2000 30 40 5 6000 70 0 80 90", 0},
	    {"8 0 sda 10 1 2000 30 40 18446744073709551616 6000 70 0 80 90", 0},
	    {"8 0 sda 10 1 2000 30 40 5 6000 70 -1 80 90", 0},
	    {"8 0 sda 10 1 2000 30 40 5 6000 70 0 80 x", 0},
	    {"8 0 sda -10 1 2000 30 40 5 6000 70 0 80 90", 1u << DISKSTATS_READS},
	    {"8 0 sda 10 1 x 30 40 5 6000 70 0 80 90", 1u << DISKSTATS_READ_SECTORS},
	    {"8 0 sda 10 1 2000 30 40 5 6000 70 0 18446744073709551616 90", 1u << DISKSTATS_IO_MS},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct diskstats d;

		assert_true(parse(cases[i].line, &d));
		assert_int_equal(d.have, DISKSTATS_ALL & ~cases[i].lacks);
		assert_int_equal(d.values[DISKSTATS_WRITE_MS], 70);
	}
}

static void
test_partitions(void **state)
{
	(void)state;
	assert_true(diskstats_is_partition("sda1", "sda"));
	assert_true(diskstats_is_partition("nvme0n1p2", "nvme0n1"));
	assert_true(diskstats_is_partition("mmcblk0p1", "mmcblk0"));
	assert_true(diskstats_is_partition("cciss/c0d0p1", "cciss/c0d0"));
	assert_false(diskstats_is_partition("sda", "sda"));
	assert_false(diskstats_is_partition("sdaa", "sda"));
	assert_false(diskstats_is_partition("dm-10", "dm-1"));
	assert_false(diskstats_is_partition("mmcblk0boot0", "mmcblk0"));
	assert_false(diskstats_is_partition("nvme0n1p", "nvme0n1"));
	assert_false(diskstats_is_partition("sdb1", "sda"));
	assert_false(diskstats_is_partition("sda1", ""));
	assert_true(diskstats_is_partition("sda0", "sda"));
	assert_true(diskstats_is_partition("sda19", "sda"));
	assert_true(diskstats_is_partition("md0p1", "md0"));
	assert_true(diskstats_is_partition("md9p1", "md9"));
	assert_false(diskstats_is_partition("md9p", "md9"));
	assert_false(diskstats_is_partition("md91", "md9"));
	assert_false(diskstats_is_partition("sda1a", "sda"));
	assert_false(diskstats_is_partition("sdap1", "sda"));
	assert_false(diskstats_is_partition("sda/", "sda"));
	assert_false(diskstats_is_partition("sda:", "sda"));
	assert_false(diskstats_is_partition("sd", "sda"));
}

static void
test_the_longest_name(void **state)
{
	char line[128];
	struct diskstats d;

	(void)state;
	snprintf(line, sizeof(line), "8 0 %031d 1 2 3 4 5 6 7 8 9 10 11", 7);
	assert_true(parse(line, &d));
	assert_int_equal(strlen(d.name), DISKSTATS_NAME_MAX - 1);
	snprintf(line, sizeof(line), "8 0 %032d 1 2 3 4 5 6 7 8 9 10 11", 7);
	assert_false(parse(line, &d));
	assert_true(parse("8 5 a 1 2 3 4 5 6 7 8 9 10 11", &d));
	assert_int_equal(d.minor, 5);
	assert_int_equal(d.values[DISKSTATS_IO_MS], 10);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lines),
	    cmocka_unit_test(test_damaged),
	    cmocka_unit_test(test_one_bad_column),
	    cmocka_unit_test(test_partitions),
	    cmocka_unit_test(test_the_longest_name),
	};

	return cmocka_run_group_tests_name("diskstats", tests, NULL, NULL);
}
