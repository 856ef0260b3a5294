/*
 * fsask: only the file system that the table's row is of is asked, by the mounts of this machine.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "src/collect/fsask.c"

#include "base/io.h"
#include "base/mem.h"
#include "collect/mountinfo.h"

#define TABLE_BYTES (1 << 20)

struct world {
	char *text;
	struct mountinfo *table;
	size_t n;
};

static void
init(struct world *w)
{
	bool malformed;
	ssize_t len;

	w->text = mem_zalloc(TABLE_BYTES, 1);
	w->table = mem_zalloc(4096, sizeof(*w->table));
	len = io_read_at(AT_FDCWD, "/proc/self/mountinfo", w->text, TABLE_BYTES);
	assert_true(len > 0);
	w->n = mountinfo_parse(w->text, (size_t)len, w->table, 4096, &malformed);
}

static void
done(struct world *w)
{
	mem_free(w->table);
	mem_free(w->text);
}

/* The last one there, which is on top. */
static struct fsask_row
row_of(const struct world *w, const char *mountpoint)
{
	struct fsask_row row = {.sure = true};

	for (size_t i = 0; i < w->n; i++) {
		const struct mountinfo *m = &w->table[i];

		if (strcmp(m->mountpoint, mountpoint) != 0)
			continue;
		row.id = m->id;
		row.major = m->major;
		row.minor = m->minor;
	}
	assert_int_not_equal(row.id, 0);
	return row;
}

static void
test_the_row_itself(void **state)
{
	struct world w;
	struct statvfs value = {0}, plain;
	struct fsask_row root, proc;

	(void)state;
	init(&w);
	root = row_of(&w, "/");
	proc = row_of(&w, "/proc");
	assert_int_equal(fsask(-1, "/", &root, &value), 0);
	assert_int_equal(statvfs("/", &plain), 0);
	assert_int_equal(value.f_blocks, plain.f_blocks);
	assert_int_equal(value.f_fsid, plain.f_fsid);
	assert_int_equal(fsask(-1, "/proc", &proc, &value), 0);
	done(&w);
}

/* A path that leads to another file system than its row is of has no answer, whoever is there. */
static void
test_another_file_system(void **state)
{
	struct statvfs value = {.f_blocks = 12345};
	struct fsask_row root, proc;
	struct world w;

	(void)state;
	init(&w);
	root = row_of(&w, "/");
	proc = row_of(&w, "/proc");
	for (int sure = 0; sure < 2; sure++) {
		root.sure = proc.sure = sure != 0;
		assert_int_equal(fsask(-1, "/proc", &root, &value), ENOENT);
		assert_int_equal(fsask(-1, "/", &proc, &value), ENOENT);
	}
	/* The number of a mount that is gone is given to the next one. */
	proc.minor += 1000;
	proc.major = 8;
	assert_int_equal(fsask(-1, "/proc", &proc, &value), ENOENT);
	assert_int_equal(value.f_blocks, 12345);
	done(&w);
}

/* As subvolumes of btrfs have it: the device is another one, the mount is the same. */
static void
test_a_device_of_its_own(void **state)
{
	struct statvfs value;
	struct fsask_row row;
	struct world w;

	(void)state;
	init(&w);
	row = row_of(&w, "/proc");
	assert_int_equal(row.major, 0);
	row.minor += 1000;
	assert_int_equal(fsask(-1, "/proc", &row, &value), 0);
	row.id += 100000;
	assert_int_equal(fsask(-1, "/proc", &row, &value), ENOENT);
	done(&w);
}

static void
test_below_another_root(void **state)
{
	int root = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct statvfs value;
	struct fsask_row row;
	struct world w;

	(void)state;
	init(&w);
	row = row_of(&w, "/proc");
	row.elsewhere = true;
	assert_int_equal(fsask(root, "/task", &row, &value), 0);
	assert_int_equal(fsask(root, "/", &row, &value), 0);
	assert_int_equal(fsask(root, "/proc", &row, &value), ENOENT);
	row.elsewhere = false;
	assert_int_equal(fsask(root, "/proc", &row, &value), 0);
	close(root);
	done(&w);
}

/* What is in the way counts where the path is the table's, and says nothing where it may not be. */
static void
test_what_cannot_be_opened(void **state)
{
	struct fsask_row row = {.id = 1, .major = 8, .minor = 1, .sure = true};
	struct statvfs value;

	(void)state;
	assert_int_equal(fsask(-1, "/proc/self/stat/x", &row, &value), ENOTDIR);
	assert_int_equal(fsask(-1, "/no/such/folder", &row, &value), ENOENT);
	row.sure = false;
	assert_int_equal(fsask(-1, "/proc/self/stat/x", &row, &value), ENOENT);
}

/* The older form of the table has no numbers. */
static void
test_no_numbers(void **state)
{
	struct fsask_row row = {.sure = true};
	struct statvfs value;

	(void)state;
	assert_int_equal(fsask(-1, "/proc", &row, &value), 0);
	row.sure = false;
	assert_int_equal(fsask(-1, "/proc", &row, &value), ENOENT);
}

/* What older kernels tell is the same. */
static void
test_older_ways(void **state)
{
	struct fsask_row row, by_stat = {0};
	struct world w;
	int fd;

	(void)state;
	init(&w);
	row = row_of(&w, "/");
	fd = open("/", O_PATH | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_true(id_by_handle(fd) == row.id || id_by_handle(fd) == 0);
	assert_int_equal(identify_by_stat(fd, &by_stat), 0);
	/* The root may be of btrfs. */
	assert_true((by_stat.major == row.major && by_stat.minor == row.minor) || row.major == 0);
	close(fd);
	assert_int_equal(identify_by_stat(fd, &by_stat), EBADF);
	assert_int_equal(id_by_handle(fd), 0);
	done(&w);
}

static void
test_meaning(void **state)
{
	static const int broken[] = {
	    EIO, ESTALE, ENOTCONN, ETIMEDOUT, EHOSTDOWN, EUCLEAN, ESHUTDOWN, ENODEV, ECONNABORTED};
	static const int hidden[] = {EACCES, EPERM, ENOENT, ENOTDIR, ENOSYS, ENAMETOOLONG, ENOKEY};
	static const int unsure[] = {EMFILE, ENFILE, ENOMEM, EINTR};

	(void)state;
	assert_int_equal(fsask_meaning(0), FSASK_WELL);
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++)
		assert_int_equal(fsask_meaning(broken[i]), FSASK_BROKEN);
	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
		assert_int_equal(fsask_meaning(hidden[i]), FSASK_HIDDEN);
	for (size_t i = 0; i < sizeof(unsure) / sizeof(unsure[0]); i++)
		assert_int_equal(fsask_meaning(unsure[i]), FSASK_UNSURE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_the_row_itself),
	    cmocka_unit_test(test_another_file_system),
	    cmocka_unit_test(test_a_device_of_its_own),
	    cmocka_unit_test(test_below_another_root),
	    cmocka_unit_test(test_what_cannot_be_opened),
	    cmocka_unit_test(test_no_numbers),
	    cmocka_unit_test(test_older_ways),
	    cmocka_unit_test(test_meaning),
	};

	return cmocka_run_group_tests_name("fsask", tests, NULL, NULL);
}
