/*
 * mounts: space as df tells it, on a recorded frame; and a file system that hangs, on a live one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/collect/mounts.c"

#include "fake_host.h"
#include "tests/unit/log_help.h"
#include "tests/unit/recorded.h"

#define ROOT "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"

/* Made-up roots, seen as a recorded frame. */
static void
open_frame(struct fake *f)
{
	fake_init(f);
	host_close(&f->host);
	assert_true(recorded_open(&f->host, f->dir));
	fake_open(f, &collector_mounts);
}

static void
test_as_df(void **state)
{
	struct fake f;

	(void)state;
	open_frame(&f);
	fake_collect(&f, 5);
	assert_int_equal(f.batch.len, 0);
	fake_write(&f, "proc/1/mountinfo",
	    ROOT "2 1 8:2 / /with\\040blank ro - xfs /dev/sda2 rw\n"
	         "3 1 8:3 / /dos rw - vfat /dev/sda3 rw\n"
	         "4 1 8:4 / /odd rw - ext4 /dev/sda4 rw\n"
	         "5 1 0:5 / /sys rw - sysfs sysfs rw\n"
	         "6 1 0:6 / /nfs rw - nfs4 srv:/x rw\n"
	         "7 1 8:7 / /silent rw - ext4 /dev/sda7 rw\n");
	/* mountpoint bsize frsize blocks bfree bavail files ffree favail flag */
	fake_write(&f, "statvfs.txt",
	    "/ 4096 4096 1000 300 200 500 400 400 0\n"
	    "/with\\040blank 4096 1024 100 100 100 10 10 10 0\n"
	    "/dos 4096 4096 100 50 50 0 0 0 0\n"
	    "/odd 4096 4096 100 101 101 0 0 0 0\n"
	    "/sys 4096 4096 0 0 0 0 0 0 0\n"
	    "/nfs 4096 4096 100 10 18446744073709551600 0 0 0 0\n");
	fake_collect(&f, 10);
	assert_near(fake_value(&f, METRIC_DISK_USAGE, "/"), 100.0 * 700 / 900);
	assert_near(fake_value(&f, METRIC_DISK_AVAILABLE, "/"), 200 * 4096);
	assert_near(fake_value(&f, METRIC_DISK_INODE_USAGE, "/"), 20);
	assert_near(fake_value(&f, METRIC_DISK_READ_ONLY, "/"), 0);
	assert_false(fake_has(&f, METRIC_DISK_STALE, "/"));
	assert_near(fake_value(&f, METRIC_DISK_USAGE, "/with blank"), 0);
	assert_near(fake_value(&f, METRIC_DISK_AVAILABLE, "/with blank"), 100 * 1024);
	assert_near(fake_value(&f, METRIC_DISK_READ_ONLY, "/with blank"), 1);
	assert_near(fake_value(&f, METRIC_DISK_USAGE, "/dos"), 50);
	assert_false(fake_has(&f, METRIC_DISK_INODE_USAGE, "/dos"));
	assert_false(fake_has(&f, METRIC_DISK_USAGE, "/odd"));
	assert_false(fake_has(&f, METRIC_DISK_USAGE, "/sys"));
	assert_near(fake_value(&f, METRIC_DISK_USAGE, "/nfs"), 100);
	assert_false(fake_has(&f, METRIC_DISK_USAGE, "/silent"));
	assert_true(fake_has(&f, METRIC_DISK_READ_ONLY, "/silent"));
	/* All free, none free, one block, one inode; without a fragment size the block's counts. */
	fake_write(&f, "statvfs.txt",
	    "/ 4096 0 1 1 1 1 1 1 0\n/with\\040blank 4096 4096 1 0 0 1 0 0 0\n"
	    "/dos 4096 4096 100 0 100 10 11 0 0\n/odd 4096 4096 10 10 0 0 0 0 0\n"
	    "/nfs 4096 4096 100 10 101 0 0 0 0\n");
	fake_collect(&f, 20);
	assert_near(fake_value(&f, METRIC_DISK_USAGE, "/"), 0);
	assert_near(fake_value(&f, METRIC_DISK_AVAILABLE, "/"), 4096);
	assert_near(fake_value(&f, METRIC_DISK_INODE_USAGE, "/"), 0);
	assert_near(fake_value(&f, METRIC_DISK_USAGE, "/with blank"), 100);
	assert_near(fake_value(&f, METRIC_DISK_AVAILABLE, "/with blank"), 0);
	assert_near(fake_value(&f, METRIC_DISK_INODE_USAGE, "/with blank"), 100);
	assert_near(fake_value(&f, METRIC_DISK_USAGE, "/dos"), 50);
	assert_near(fake_value(&f, METRIC_DISK_AVAILABLE, "/dos"), 100 * 4096);
	assert_false(fake_has(&f, METRIC_DISK_INODE_USAGE, "/dos"));
	assert_false(fake_has(&f, METRIC_DISK_USAGE, "/odd"));
	assert_near(fake_value(&f, METRIC_DISK_AVAILABLE, "/odd"), 0);
	assert_near(fake_value(&f, METRIC_DISK_AVAILABLE, "/nfs"), 0);
	fake_done(&f);
}

static void
test_the_table_changes(void **state)
{
	struct mounts *s;
	struct mount *root;
	struct fake f;

	(void)state;
	open_frame(&f);
	s = f.state;
	fake_write(&f, "proc/1/mountinfo", ROOT "2 1 8:2 / /usb rw - ext4 /dev/sdb1 rw\n");
	fake_collect(&f, 10);
	assert_near(fake_value(&f, METRIC_DISK_READ_ONLY, "/usb"), 0);
	root = s->items[0];
	/* After an error the options change, the mount does not. */
	fake_write(
	    &f, "proc/1/mountinfo", ROOT "2 1 8:2 / /usb rw - ext4 /dev/sdb1 rw,emergency_ro\n");
	fake_collect(&f, 20);
	assert_near(fake_value(&f, METRIC_DISK_READ_ONLY, "/usb"), 1);
	fake_write(&f, "proc/1/mountinfo", "9 1 7:0 / /first rw - ext4 /dev/x rw\n" ROOT);
	fake_collect(&f, 30);
	assert_false(fake_has(&f, METRIC_DISK_READ_ONLY, "/usb"));
	assert_ptr_equal(s->items[1], root);
	/* Our own view of the mounts, which a sandbox may have made read-only, is not believed. */
	fake_remove(&f, "proc/1/mountinfo");
	fake_write(&f, "proc/self/mountinfo",
	    "1 0 8:1 / / ro - ext4 /dev/sda1 rw\n2 1 8:2 / /usb ro - ext4 /dev/sdb1 ro\n");
	fake_collect(&f, 35);
	assert_near(fake_value(&f, METRIC_DISK_READ_ONLY, "/"), 0);
	assert_near(fake_value(&f, METRIC_DISK_READ_ONLY, "/usb"), 1);
	/* The file itself goes, and an older form of it comes. */
	fake_remove(&f, "proc/self/mountinfo");
	fake_collect(&f, 40);
	assert_int_equal(f.batch.len, 0);
	fake_write(&f, "proc/1/mounts", "/dev/sda1 / ext4 ro 0 0\nx\n");
	set_log_level(LOGL_ERROR);
	fake_collect(&f, 50);
	set_log_level(LOGL_INFO);
	assert_near(fake_value(&f, METRIC_DISK_READ_ONLY, "/"), 1);
	fake_done(&f);
}

static void
test_bound(void **state)
{
	struct mounts *s;
	char *text = mem_zalloc(1 << 18, 1);
	struct fake f;
	size_t n = 0;
	FILE *log;

	(void)state;
	open_frame(&f);
	s = f.state;
	for (int i = 0; i < 2000; i++)
		n += (size_t)snprintf(text + n, (1 << 18) - n,
		    "%d 0 8:%d / /m%d rw - ext4 /dev/x%d rw\n", i + 1, i, i, i);
	log = catch_log(LOGL_WARN);
	fake_write(&f, "proc/1/mountinfo", text);
	fake_collect(&f, 10);
	fake_collect(&f, 20);
	assert_int_equal(count_logged(log, "2000 file systems are mounted"), 1);
	release_log(log);
	assert_int_equal(s->len, MOUNTS_MAX);
	assert_true(fake_has(&f, METRIC_DISK_READ_ONLY, "/m0"));
	mem_free(text);
	fake_done(&f);
}

/* Thousands of mounts: the disks are watched whatever their place, and nothing is watched by half.
 * The churn of the rest must not take the places of the important. */
static void
test_important_first(void **state)
{
	char *text = mem_zalloc(1 << 18, 1), *answers = mem_zalloc(1 << 18, 1);
	struct fake f;

	(void)state;
	open_frame(&f);
	set_log_level(LOGL_ERROR);
	for (int round = 1; round < 12; round++) {
		size_t n = 0, k = 0, whole;

		for (int i = 0; i < 1500; i++) {
			n += (size_t)snprintf(text + n, (1 << 18) - n,
			    "%d 1 0:%d / /m%d-%d rw - tmpfs none rw\n", i + 10, i + 50, i,
			    round / 4);
			if (i < 400)
				k += (size_t)snprintf(answers + k, (1 << 18) - k,
				    "/m%d-%d 1 1 10 5 5 10 5 5 0\n", i, round / 4);
		}
		n += (size_t)snprintf(
		    text + n, (1 << 18) - n, "2 1 8:2 / /data rw - xfs /dev/sda2 rw\n" ROOT);
		snprintf(answers + k, (1 << 18) - k,
		    "/data 1 1 10 5 5 10 5 5 0\n/ 1 1 10 5 5 10 5 5 0\n");
		fake_write(&f, "proc/1/mountinfo", text);
		fake_write(&f, "statvfs.txt", answers);
		fake_collect(&f, 10 * round);
		assert_true(fake_has(&f, METRIC_DISK_USAGE, "/"));
		assert_true(fake_has(&f, METRIC_DISK_USAGE, "/data"));
		whole = fake_count(&f, METRIC_DISK_READ_ONLY);
		assert_int_equal(fake_count(&f, METRIC_DISK_USAGE), whole);
		assert_int_equal(fake_count(&f, METRIC_DISK_AVAILABLE), whole);
		assert_int_equal(fake_count(&f, METRIC_DISK_INODE_USAGE), whole);
	}
	assert_true(fake_count(&f, METRIC_DISK_USAGE) <= MOUNTS_MAX);
	assert_true(fake_count(&f, METRIC_DISK_USAGE) > MOUNTS_MAX / 2);
	set_log_level(LOGL_INFO);
	mem_free(text);
	mem_free(answers);
	fake_done(&f);
}

/* In the child: what is called stuck is. */
static bool
stuck_statvfs(const void *arg, const char *path, struct statvfs *out)
{
	(void)arg;
	while (strstr(path, "stuck") != NULL)
		pause();
	*out = (struct statvfs){.f_frsize = 1,
	    .f_blocks = 100,
	    .f_bfree = 75,
	    .f_bavail = 75,
	    .f_files = 4,
	    .f_ffree = 3};
	return true;
}

static void
test_stale(void **state)
{
	struct fsprobe_conf conf = {
	    .what = "file system", .fn = stuck_statvfs, .deadline_ms = 5000, .wait_ms = 100};
	struct mounts *s;
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_open(&f, &collector_mounts);
	s = f.state;
	fsprobe_free(s->probe);
	s->probe = fsprobe_new(&conf);
	fake_write(&f, "proc/1/mountinfo",
	    "2 1 0:30 / /stuck rw - nfs4 srv:/a rw\n3 1 0:31 / /fine ro - nfs4 srv:/b rw\n");
	fake_collect(&f, 10);
	assert_false(fake_has(&f, METRIC_DISK_STALE, "/stuck"));
	assert_near(fake_value(&f, METRIC_DISK_STALE, "/fine"), 0);
	assert_near(fake_value(&f, METRIC_DISK_USAGE, "/fine"), 25);
	assert_near(fake_value(&f, METRIC_DISK_INODE_USAGE, "/fine"), 25);
	set_log_level(LOGL_ERROR);
	for (int i = 2; i < 6; i++) {
		fake_collect(&f, i * 10);
		assert_near(fake_value(&f, METRIC_DISK_STALE, "/stuck"), 1);
		assert_near(fake_value(&f, METRIC_DISK_READ_ONLY, "/stuck"), 0);
		assert_false(fake_has(&f, METRIC_DISK_USAGE, "/stuck"));
		assert_near(fake_value(&f, METRIC_DISK_USAGE, "/fine"), 25);
	}
	set_log_level(LOGL_INFO);
	/* Unmounted by force: the alert has nothing to stand on. */
	fake_write(&f, "proc/1/mountinfo", "3 1 0:31 / /fine ro - nfs4 srv:/b rw\n");
	fake_collect(&f, 70);
	assert_false(fake_has(&f, METRIC_DISK_STALE, "/stuck"));
	assert_true(fake_has(&f, METRIC_DISK_STALE, "/fine"));
	fake_done(&f);
}

static enum series_life
life_of(const struct fake *f, enum metric_id metric, const char *mountpoint, const char *source)
{
	const char *const labels[] = {mountpoint, source, "nfs4"};
	uint32_t id = series_find(f->series, metric, labels);

	assert_int_not_equal(id, SERIES_NONE);
	return series_life(series_at(f->series, id));
}

/* Rounds that are closer than the deadline: until it is known to be dead, nothing of it ends. */
static void
test_held_before_the_deadline(void **state)
{
	static const enum metric_id space[] = {
	    METRIC_DISK_USAGE, METRIC_DISK_AVAILABLE, METRIC_DISK_INODE_USAGE};
	struct fsprobe_conf conf = {
	    .what = "file system", .fn = stuck_statvfs, .deadline_ms = 50000, .wait_ms = 100};
	struct mounts *s;
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_open(&f, &collector_mounts);
	s = f.state;
	fsprobe_free(s->probe);
	s->probe = fsprobe_new(&conf);
	fake_write(&f, "proc/1/mountinfo", "2 1 0:30 / /stuck rw - nfs4 srv:/a rw\n");
	set_log_level(LOGL_ERROR);
	for (int i = 1; i <= 9; i++) {
		bool sure = i > 5;

		fake_collect(&f, i * 10);
		series_table_age(f.series, f.batch.now.boot_ns);
		assert_int_equal(fake_has(&f, METRIC_DISK_STALE, "/stuck"), sure);
		assert_int_equal(life_of(&f, METRIC_DISK_STALE, "/stuck", "srv:/a"),
		    sure ? SERIES_ALIVE : SERIES_HELD);
		for (size_t k = 0; k < sizeof(space) / sizeof(space[0]); k++)
			assert_int_equal(life_of(&f, space[k], "/stuck", "srv:/a"), SERIES_HELD);
	}
	set_log_level(LOGL_INFO);
	fake_done(&f);
}

/* For those who want to know, and once. */
static void
test_a_mount_without_an_answer_is_named_once(void **state)
{
	struct fake f;
	FILE *log;

	(void)state;
	open_frame(&f);
	fake_write(&f, "proc/1/mountinfo", "7 1 8:7 / /silent rw - ext4 /dev/sda7 rw\n");
	log = catch_log(LOGL_DEBUG);
	for (int i = 1; i <= 3; i++)
		fake_collect(&f, i * 10);
	assert_int_equal(count_logged(log, "/silent cannot be asked"), 1);
	release_log(log);
	fake_done(&f);
}

static void
test_a_malformed_table_is_named_once(void **state)
{
	struct fake f;
	FILE *log;

	(void)state;
	fake_init(&f);
	fake_open(&f, &collector_mounts);
	log = catch_log(LOGL_WARN);
	for (int i = 1; i <= 3; i++) {
		fake_write(&f, "proc/1/mountinfo", i == 3 ? "words words\n" : "words\n");
		fake_collect(&f, i * 10);
		assert_int_equal(f.batch.len, 0);
	}
	assert_int_equal(count_logged(log, "mountinfo is not of the form"), 1);
	release_log(log);
	fake_done(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_as_df),
	    cmocka_unit_test(test_the_table_changes),
	    cmocka_unit_test(test_bound),
	    cmocka_unit_test(test_important_first),
	    cmocka_unit_test(test_stale),
	    cmocka_unit_test(test_held_before_the_deadline),
	    cmocka_unit_test(test_a_mount_without_an_answer_is_named_once),
	    cmocka_unit_test(test_a_malformed_table_is_named_once),
	};

	return cmocka_run_group_tests_name("mounts", tests, NULL, NULL);
}
