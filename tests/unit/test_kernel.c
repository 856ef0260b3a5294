/*
 * kernel: each count from its own file, absent where there is none, and reboots as told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/collect/kernel.c"

#include "fake_host.h"
#include "tests/unit/log_help.h"

static void
test_all(void **state)
{
	struct collect_self self = {.reboots = 4};
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_open(&f, &collector_kernel);
	fake_collect(&f, 10);
	assert_int_equal(f.batch.len, 0);
	fake_write(&f, "proc/sys/kernel/random/entropy_avail", "256\n");
	fake_write(&f, "proc/uptime", "12345.67 54321.00\n");
	fake_write(&f, "proc/vmstat", "nr_free_pages 1\noom_kill 2\n");
	fake_write(&f, "proc/sys/kernel/hung_task_detect_count", "3\n");
	fake_write(&f, "sys/devices/system/edac/mc/mc0/ce_count", "5\n");
	fake_write(&f, "sys/devices/system/edac/mc/mc0/ue_count", "1\n");
	fake_write(&f, "sys/devices/system/edac/mc/mc1/ce_count", "0\n");
	fake_write(&f, "sys/fs/ext4/features/lazy_itable_init", "supported\n");
	fake_write(&f, "sys/fs/ext4/sda1/errors_count", "7\n");
	fake_write(&f, "sys/fs/ext4/dm-0/errors_count", "8\n");
	collector_kernel.inform(f.state, &self);
	fake_collect(&f, 20);
	assert_int_equal(f.batch.len, 7);
	assert_near(fake_value(&f, METRIC_KERNEL_ENTROPY, NULL), 256);
	assert_near(fake_value(&f, METRIC_KERNEL_UPTIME, NULL), 12345.67);
	assert_near(fake_value(&f, METRIC_KERNEL_OOM_KILLS, NULL), 2);
	assert_near(fake_value(&f, METRIC_KERNEL_HUNG_TASKS, NULL), 3);
	assert_near(fake_value(&f, METRIC_KERNEL_HARDWARE_ERRORS, NULL), 6);
	assert_near(fake_value(&f, METRIC_KERNEL_FS_ERRORS, NULL), 15);
	assert_near(fake_value(&f, METRIC_KERNEL_REBOOTS, NULL), 4);
	self.reboots = 0;
	collector_kernel.inform(f.state, &self);
	fake_collect(&f, 25);
	assert_near(fake_value(&f, METRIC_KERNEL_REBOOTS, NULL), 0);
	self.reboots = -1;
	collector_kernel.inform(f.state, &self);
	fake_collect(&f, 30);
	assert_false(fake_has(&f, METRIC_KERNEL_REBOOTS, NULL));
	fake_done(&f);
}

static void
test_nonsense(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_open(&f, &collector_kernel);
	set_log_level(LOGL_ERROR);
	fake_write(&f, "proc/uptime", "soon\n");
	fake_write(&f, "proc/sys/kernel/random/entropy_avail", "-1\n");
	fake_write(&f, "sys/fs/ext4/sda1/errors_count", "\n");
	fake_collect(&f, 10);
	assert_int_equal(f.batch.len, 0);
	set_log_level(LOGL_INFO);
	fake_done(&f);
}

static void
test_uptime(void **state)
{
	double secs;

	(void)state;
	assert_true(kernel_parse_uptime("5.25 1.00\n", 10, &secs));
	assert_near(secs, 5.25);
	assert_true(kernel_parse_uptime("5\n", 2, &secs));
	assert_false(kernel_parse_uptime("5.25", 4, &secs));
	assert_false(kernel_parse_uptime("5.25x 1\n", 8, &secs));
	assert_false(kernel_parse_uptime("", 0, &secs));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_all),
	    cmocka_unit_test(test_nonsense),
	    cmocka_unit_test(test_uptime),
	};

	return cmocka_run_group_tests_name("kernel", tests, NULL, NULL);
}
