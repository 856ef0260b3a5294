/*
 * pidlist: every pid once, ascending, whatever else is in the folder; a bound on how many are kept.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/collect/pidlist.c"

#include "fake_host.h"

static void
assert_ascending(const struct pidlist *list)
{
	for (size_t i = 1; i < list->len; i++)
		assert_true(list->items[i - 1].pid < list->items[i].pid);
}

static void
test_own_proc(void **state)
{
	int fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct pidlist list = {0};
	char scratch[1024]; /* many calls */
	bool found = false;

	(void)state;
	assert_true(pidlist_read(&list, fd, scratch, sizeof(scratch), 100000));
	assert_ascending(&list);
	assert_int_equal(list.len, list.total);
	for (size_t i = 0; i < list.len; i++)
		found |= list.items[i].pid == getpid();
	assert_true(found);
	close(fd);
	pidlist_done(&list);
}

static void
test_odd_folder(void **state)
{
	static const char *const odd[] = {
	    "0", "007x", "-1", "+3", "3 ", "99999999999", "self", "2147483648", "sys"};
	struct pidlist list = {0};
	struct fake f;
	int fd;

	(void)state;
	fake_init(&f);
	for (int i = 0; i < 600; i++) {
		char path[32];

		snprintf(path, sizeof(path), "proc/%d", (i * 7919) % 600 + 1);
		fake_write(&f, path, "");
	}
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		char path[32];

		snprintf(path, sizeof(path), "proc/%s", odd[i]);
		fake_write(&f, path, "");
	}
	fd = dup(f.host.proc_fd);
	assert_true(pidlist_read(&list, fd, f.host.text, 4096, 10000));
	assert_int_equal(list.len, 600);
	for (int i = 0; i < 600; i++)
		assert_int_equal(list.items[i].pid, i + 1);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_true(pidlist_read(&list, fd, f.host.text, 4096, 300));
	assert_int_equal(list.total, 600);
	assert_true(list.len <= 600);
	close(fd);
	assert_false(pidlist_read(&list, -1, f.host.text, 4096, 300));
	pidlist_done(&list);
	fake_done(&f);
}

static void
test_bound(void **state)
{
	struct pidlist list = {0};
	struct fake f;
	int fd;

	(void)state;
	fake_init(&f);
	for (int i = 1; i <= 400; i++) {
		char path[32];

		snprintf(path, sizeof(path), "proc/%d", i);
		fake_write(&f, path, "");
	}
	fd = dup(f.host.proc_fd);
	assert_true(pidlist_read(&list, fd, f.host.text, 4096, 300));
	assert_int_equal(list.len, 300);
	assert_int_equal(list.total, 400);
	close(fd);
	pidlist_done(&list);
	fake_done(&f);
}

static void
test_what_is_a_pid(void **state)
{
	(void)state;
	assert_int_equal(pid_of("1"), 1);
	assert_int_equal(pid_of("9"), 9);
	assert_int_equal(pid_of("10"), 10);
	assert_int_equal(pid_of("2147483647"), 2147483647);
	assert_int_equal(pid_of("2147483648"), 0);
	assert_int_equal(pid_of("4294967297"), 0);
	assert_int_equal(pid_of("18446744073709551617"), 0);
	assert_int_equal(pid_of(""), 0);
	assert_int_equal(pid_of("1/"), 0);
	assert_int_equal(pid_of("1:"), 0);
	assert_int_equal(pid_of("a"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_own_proc),
	    cmocka_unit_test(test_odd_folder),
	    cmocka_unit_test(test_bound),
	    cmocka_unit_test(test_what_is_a_pid),
	};

	return cmocka_run_group_tests_name("pidlist", tests, NULL, NULL);
}
