/*
 * mount: what an answer of a file system makes of its samples; and which one is an image, of which
 * it is no news that it is full.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

#include "src/collect/mount.c"

#include "fake_host.h"
#include "tests/unit/log_help.h"

static const struct statvfs closed = {
    .f_bsize = 4096, .f_frsize = 4096, .f_blocks = 100, .f_files = 3};

static struct mount *
new_mount(const char *fstype, uint64_t major, bool read_only)
{
	struct mountinfo info = {.mountpoint = "/m", .source = "/dev/x", .fstype = fstype};
	struct mount *m = mount_new(&info);

	m->row = (struct fsask_row){.id = 40, .major = major, .minor = 3, .sure = true};
	m->super_read_only = read_only;
	return m;
}

static enum series_life
life_of(struct fake *f, const struct mount *m, enum metric_id metric)
{
	const char *const labels[] = {m->mountpoint, m->source, m->fstype};
	uint32_t id = series_find(f->series, metric, labels);

	assert_int_not_equal(id, SERIES_NONE);
	return series_life(series_at(f->series, id));
}

static void
cycle(struct fake *f, int secs)
{
	struct now now = {.boot_ns = secs * NS_PER_SEC, .wall_ms = 1700000000000};

	batch_reset(&f->batch, &now);
	f->batch.interval_ms = 10000;
}

static void
test_an_error_is_no_health(void **state)
{
	static const struct statvfs full = {
	    .f_bsize = 1, .f_frsize = 1, .f_blocks = 100, .f_bfree = 4, .f_bavail = 4};
	static const int errors[] = {EIO, ENOTCONN, ESTALE};
	struct mount *m = new_mount("ext4", 8, false);
	struct fake f;
	FILE *log;

	(void)state;
	fake_init(&f);
	cycle(&f, 10);
	mount_add_answer(m, &f.batch, &f.host, 0, &full);
	assert_near(fake_value(&f, METRIC_DISK_USAGE, "/m"), 96);
	assert_near(fake_value(&f, METRIC_DISK_STALE, "/m"), 0);
	log = catch_log(LOGL_INFO);
	for (int i = 2; i < 14; i++) {
		int err = errors[i / 5];

		cycle(&f, i * 10);
		mount_add_answer(m, &f.batch, &f.host, err, NULL);
		series_table_age(f.series, f.batch.now.boot_ns);
		assert_near(fake_value(&f, METRIC_DISK_STALE, "/m"), err);
		assert_false(fake_has(&f, METRIC_DISK_USAGE, "/m"));
		assert_int_equal(life_of(&f, m, METRIC_DISK_USAGE), SERIES_HELD);
		assert_int_equal(life_of(&f, m, METRIC_DISK_AVAILABLE), SERIES_HELD);
		assert_int_equal(life_of(&f, m, METRIC_DISK_INODE_USAGE), SERIES_HELD);
	}
	cycle(&f, 200);
	mount_add_silence(m, &f.batch, true);
	assert_near(fake_value(&f, METRIC_DISK_STALE, "/m"), FAULT_NO_ANSWER);
	cycle(&f, 210);
	mount_add_answer(m, &f.batch, &f.host, 0, &full);
	assert_near(fake_value(&f, METRIC_DISK_STALE, "/m"), 0);
	assert_near(fake_value(&f, METRIC_DISK_USAGE, "/m"), 96);
	/* Each is said once. */
	assert_int_equal(count_logged(log, "/m is broken: Input/output error (EIO)"), 1);
	assert_int_equal(count_logged(log, "/m is broken: Stale file handle (ESTALE)"), 1);
	assert_int_equal(count_logged(log, "/m is not answering"), 1);
	assert_int_equal(count_logged(log, "/m answers again"), 1);
	release_log(log);
	mount_free(m);
	fake_done(&f);
}

/* Nothing is said of what we may not see; what we lack ourselves is nobody's fault. */
static void
test_hidden_and_unsure(void **state)
{
	struct mount *m = new_mount("fuse.sshfs", 0, false);
	struct fake f;
	FILE *log;

	(void)state;
	fake_init(&f);
	log = catch_log(LOGL_DEBUG);
	for (int i = 1; i < 4; i++) {
		cycle(&f, i * 10);
		mount_add_answer(m, &f.batch, &f.host, EACCES, NULL);
		assert_int_equal(f.batch.len, 0);
	}
	assert_int_equal(count_logged(log, "Permission denied (EACCES)"), 1);
	assert_int_equal(count_logged(log, "/m"), 1);
	cycle(&f, 50);
	mount_add_answer(m, &f.batch, &f.host, EMFILE, NULL);
	assert_int_equal(f.batch.len, 0);
	assert_int_equal(life_of(&f, m, METRIC_DISK_STALE), SERIES_HELD);
	assert_int_equal(life_of(&f, m, METRIC_DISK_USAGE), SERIES_HELD);
	assert_int_equal(count_logged(log, "/m"), 1);
	release_log(log);
	mount_free(m);
	fake_done(&f);
}

static bool
has_usage(struct fake *f, struct mount *m, const struct statvfs *v)
{
	cycle(f, 10);
	mount_add_answer(m, &f->batch, &f->host, 0, v);
	assert_near(fake_value(f, METRIC_DISK_STALE, "/m"), 0);
	return fake_has(f, METRIC_DISK_USAGE, "/m");
}

static void
test_images(void **state)
{
	static const struct statvfs endless = {.f_bsize = 4096,
	    .f_blocks = 100,
	    .f_files = (fsfilcnt_t)-1,
	    .f_ffree = (fsfilcnt_t)-4}; /* as erofs says it */
	static const struct {
		const char *fstype, *device_ro; /* NULL: there is no such file */
		uint64_t major;
		bool read_only, image;
	} cases[] = {
	    {"squashfs", "0\n", 7, true, true},
	    {"erofs", NULL, 0, true, true},
	    {"fuse.squashfuse_ll", NULL, 0, false, true},
	    {"fuse.nvim.appimage", NULL, 0, true, true},
	    {"fuse.dwarfs", NULL, 0, true, true},
	    {"fuse.sshfs", NULL, 0, false, false},
	    {"nfs4", NULL, 0, true, false},
	    {"ext4", "1\n", 7, true, true},
	    {"ext4", "0\n", 8, true, false},
	    {"ext4", "1\n", 7, false, false},
	    {"btrfs", NULL, 0, true, false},
	    {"udf", "1\n", 11, true, true},
	    {"ext4", NULL, 8, true, false},
	    {"ext4", "x\n", 8, true, false},
	};
	struct mount *m;
	struct fake f;

	(void)state;
	fake_init(&f);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char path[64];

		snprintf(path, sizeof(path), "sys/dev/block/%u:3/ro", (unsigned)cases[i].major);
		if (cases[i].device_ro != NULL)
			fake_write(&f, path, cases[i].device_ro);
		m = new_mount(cases[i].fstype, cases[i].major, cases[i].read_only);
		if (has_usage(&f, m, &closed) == cases[i].image)
			fail_msg("case %zu, %s", i, cases[i].fstype);
		mount_free(m);
		if (cases[i].device_ro != NULL)
			fake_remove(&f, path);
	}
	m = new_mount("erofs", 7, true);
	assert_false(has_usage(&f, m, &endless));
	mount_free(m);
	fake_done(&f);
}

/* It was written to, or had room: what makes it full and read-only now is news. */
static void
test_a_disk_that_was_alive_is_no_image(void **state)
{
	struct statvfs room = closed;
	struct fake f;

	(void)state;
	room.f_bfree = room.f_bavail = 5;
	fake_init(&f);
	fake_write(&f, "sys/dev/block/8:3/ro", "1\n");
	for (int i = 0; i < 2; i++) {
		struct mount *m = new_mount("btrfs", 8, i == 0);

		assert_true(has_usage(&f, m, i == 0 ? &room : &closed));
		m->super_read_only = true;
		assert_true(has_usage(&f, m, &closed));
		assert_near(fake_value(&f, METRIC_DISK_USAGE, "/m"), 100);
		mount_free(m);
	}
	fake_done(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_an_error_is_no_health),
	    cmocka_unit_test(test_hidden_and_unsure),
	    cmocka_unit_test(test_images),
	    cmocka_unit_test(test_a_disk_that_was_alive_is_no_image),
	};

	return cmocka_run_group_tests_name("mount", tests, NULL, NULL);
}
