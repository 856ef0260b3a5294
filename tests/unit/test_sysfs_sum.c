/*
 * sysfs_sum: many devices, devices that go, a bound.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/collect/sysfs_sum.c"

#include "fake_host.h"

static void
test_devices_come_and_go(void **state)
{
	struct sysfs_sum sum = {.dir = "fs/ext4", .leaves = {"errors_count"}};
	uint64_t v = 99;
	struct fake f;

	(void)state;
	fake_init(&f);
	assert_false(sysfs_sum_read(&sum, &f.host, &v));
	fake_write(&f, "sys/fs/ext4/sda1/errors_count", "2\n");
	fake_write(&f, "sys/fs/ext4/sda2/errors_count", "3\n");
	assert_true(sysfs_sum_read(&sum, &f.host, &v));
	assert_int_equal(v, 5);
	fake_remove(&f, "sys/fs/ext4/sda1/errors_count");
	assert_true(sysfs_sum_read(&sum, &f.host, &v));
	assert_int_equal(v, 3);
	/* As on a live host: the list is kept, a file that fails is left out and looked for anew.
	 */
	f.host.live = true;
	assert_true(sysfs_sum_read(&sum, &f.host, &v));
	host_file_close(&sum.files[0]);
	fake_remove(&f, "sys/fs/ext4/sda2/errors_count");
	assert_false(sysfs_sum_read(&sum, &f.host, &v));
	assert_int_equal(sum.cycles_to_list, 0);
	fake_write(&f, "sys/fs/ext4/sdb1/errors_count", "9\n");
	assert_true(sysfs_sum_read(&sum, &f.host, &v));
	assert_int_equal(v, 9);
	sysfs_sum_close(&sum);
	fake_done(&f);
}

static void
test_bounds(void **state)
{
	struct sysfs_sum sum = {.dir = "fs/ext4", .leaves = {"errors_count"}};
	char path[300];
	uint64_t v = 0;
	struct fake f;

	(void)state;
	fake_init(&f);
	for (int i = 0; i < SYSFS_SUM_FILES_MAX + 20; i++) {
		snprintf(path, sizeof(path), "sys/fs/ext4/dev%d/errors_count", i);
		fake_write(&f, path, "1\n");
	}
	snprintf(path, sizeof(path), "sys/fs/ext4/%0200d/errors_count", 7);
	fake_write(&f, path, "1000\n");
	assert_true(sysfs_sum_read(&sum, &f.host, &v));
	assert_int_equal(v, SYSFS_SUM_FILES_MAX);
	fake_write(&f, "sys/fs/ext4/dev1/errors_count", "18446744073709551615\n");
	sysfs_sum_read(&sum, &f.host, &v);
	sysfs_sum_close(&sum);
	fake_done(&f);
}

/* More than a counter can hold is the most that it can; a device has one file or both. */
static void
test_sums(void **state)
{
	struct sysfs_sum sum = {.dir = "mc", .leaves = {"ce", "ue"}};
	uint64_t v = 0;
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_write(&f, "sys/mc/0/ce", "1\n");
	fake_write(&f, "sys/mc/0/ue", "20\n");
	fake_write(&f, "sys/mc/1/ue", "300\n");
	fake_write(&f, "sys/mc/.2/ue", "4000\n");
	fake_write(&f, "sys/mc/3/other", "50000\n");
	assert_true(sysfs_sum_read(&sum, &f.host, &v));
	assert_int_equal(v, 321);
	fake_write(&f, "sys/mc/0/ce", "18446744073709551295\n");
	assert_true(sysfs_sum_read(&sum, &f.host, &v));
	assert_true(v == UINT64_MAX);
	fake_write(&f, "sys/mc/0/ce", "18446744073709551294\n");
	assert_true(sysfs_sum_read(&sum, &f.host, &v));
	assert_true(v == UINT64_MAX - 1);
	fake_write(&f, "sys/mc/0/ce", "18446744073709551615\n");
	assert_true(sysfs_sum_read(&sum, &f.host, &v));
	assert_true(v == UINT64_MAX);
	sysfs_sum_close(&sum);
	assert_int_equal(sum.len, 0);
	fake_done(&f);
}

/* On a live host a device that comes is found after a while, and meanwhile the others are read. */
static void
test_a_new_device_is_found(void **state)
{
	struct sysfs_sum sum = {.dir = "mc", .leaves = {"ce"}};
	uint64_t v = 0;
	struct fake f;

	(void)state;
	fake_init(&f);
	f.host.live = true;
	fake_write(&f, "sys/mc/0/ce", "1\n");
	assert_true(sysfs_sum_read(&sum, &f.host, &v));
	fake_write(&f, "sys/mc/1/ce", "10\n");
	for (int i = 1; i < LIST_EVERY; i++) {
		assert_true(sysfs_sum_read(&sum, &f.host, &v));
		assert_int_equal(v, 1);
	}
	assert_true(sysfs_sum_read(&sum, &f.host, &v));
	assert_int_equal(v, 11);
	sysfs_sum_close(&sum);
	fake_done(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_devices_come_and_go),
	    cmocka_unit_test(test_bounds),
	    cmocka_unit_test(test_sums),
	    cmocka_unit_test(test_a_new_device_is_found),
	};

	return cmocka_run_group_tests_name("sysfs_sum", tests, NULL, NULL);
}
