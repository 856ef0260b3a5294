/*
 * host: what is read is what is there now, whatever was there before; and our own /proc is known.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/collect/host.c"

#include "fake_host.h"
#include "tests/unit/log_help.h"
#include "tests/unit/recorded.h"

static void
test_read_follows_the_file(void **state)
{
	struct host_file file = {.path = "stat", .fd = -1};
	struct fake f;

	(void)state;
	fake_init(&f);
	assert_int_equal(host_read(&f.host, &file), -1);
	fake_write(&f, "proc/stat", "one\n");
	assert_int_equal(host_read(&f.host, &file), 4);
	assert_string_equal(f.host.text, "one\n");
	fake_remove(&f, "proc/stat");
	assert_int_equal(host_read(&f.host, &file), -1);
	fake_write(&f, "proc/stat", "three\n");
	assert_int_equal(host_read(&f.host, &file), 6);
	assert_int_equal(file.fd, -1);
	fake_done(&f);
}

static void
test_a_huge_file_is_cut(void **state)
{
	struct host_file file = {.path = "huge", .fd = -1};
	size_t len = HOST_TEXT_MAX + 5000;
	char *bytes = mem_zalloc(len, 1);
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_write_bytes(&f, "proc/huge", bytes, len);
	assert_int_equal(host_read(&f.host, &file), HOST_TEXT_MAX - 1);
	mem_free(bytes);
	fake_done(&f);
}

static void
test_numbers(void **state)
{
	struct host_file file = {.path = "n", .in_sys = true, .fd = -1};
	uint64_t v = 0;
	struct fake f;

	(void)state;
	fake_init(&f);
	set_log_level(LOGL_ERROR);
	assert_false(host_read_number(&f.host, &file, &v));
	assert_false(file.said_malformed);
	fake_write(&f, "sys/n", "-5\n");
	assert_false(host_read_number(&f.host, &file, &v));
	assert_true(file.said_malformed);
	fake_write(&f, "sys/n", "5\n");
	assert_true(host_read_number(&f.host, &file, &v));
	assert_int_equal(v, 5);
	/* A number as long as a file of its own is none, also when it is cut. */
	memset(f.host.text, '1', 1000);
	fake_write_bytes(&f, "sys/n", f.host.text, 1000);
	assert_false(host_read_number(&f.host, &file, &v));
	memset(f.host.text, ' ', 1000);
	memcpy(f.host.text, "12", 2);
	fake_write_bytes(&f, "sys/n", f.host.text, 1000);
	assert_true(host_read_number(&f.host, &file, &v));
	assert_int_equal(v, 12);
	set_log_level(LOGL_INFO);
	fake_done(&f);
}

static void
test_a_folder_is_no_file(void **state)
{
	struct host_file file = {.path = "sub", .fd = -1};
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_write(&f, "proc/sub/x", "");
	assert_int_equal(host_read(&f.host, &file), -1);
	assert_int_equal(file.fd, -1);
	fake_done(&f);
}

static void
test_vmstat_once_a_cycle(void **state)
{
	struct vmstat v;
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_write(&f, "proc/vmstat", "nr_free_pages 5\npswpin 1\noom_kill 3\n");
	assert_true(host_vmstat(&f.host, 10, &v));
	assert_int_equal(v.have, VMSTAT_SWAP_IN | VMSTAT_OOM_KILLS);
	fake_write(&f, "proc/vmstat", "pswpin 2\n");
	assert_true(host_vmstat(&f.host, 10, &v));
	assert_int_equal(v.swap_in_pages, 1);
	assert_true(host_vmstat(&f.host, 20, &v));
	assert_int_equal(v.swap_in_pages, 2);
	assert_int_equal(v.have, VMSTAT_SWAP_IN);
	fake_remove(&f, "proc/vmstat");
	assert_false(host_vmstat(&f.host, 30, &v));
	fake_done(&f);
}

static void
test_frame(void **state)
{
	struct host host = {0};
	struct statvfs v;
	struct fake f;
	struct now now = {0, 0};

	(void)state;
	fake_init(&f);
	fake_write(&f, "frame", "boot_ns 123\nwall_ms 456\n");
	fake_write(&f, "statvfs.txt",
	    "/ 4096 4096 100 50 40 30 20 20 1\n/mnt/a\\040b 1 512 3 4 5 6 7 8 9\n/bad 1 2 x\n");
	fake_write(&f, "proc/sys/kernel/osrelease", "5.15.0-91-generic\n");
	assert_true(recorded_open(&host, f.dir));
	assert_true(recorded_time(f.dir, &now));
	assert_true(now.boot_ns == 123 && now.wall_ms == 456);
	assert_int_equal(host.release[0], 5);
	assert_int_equal(host.release[1], 15);
	assert_false(host.live || host.own_proc);
	assert_true(host_statvfs(&host, "/", &v));
	assert_int_equal(v.f_bavail, 40);
	assert_true(host_statvfs(&host, "/mnt/a b", &v));
	assert_int_equal(v.f_frsize, 512);
	assert_int_equal(v.f_flag, 9);
	assert_false(host_statvfs(&host, "/bad", &v));
	assert_false(host_statvfs(&host, "/mnt", &v));
	assert_int_equal(errno, ENOENT);
	host_close(&host);
	fake_done(&f);
}

static void
test_this_system(void **state)
{
	struct host_file file = {.path = "uptime", .fd = -1};
	struct host host;
	ssize_t first;

	(void)state;
	assert_true(host_open(&host, "/proc", "/sys"));
	assert_true(host.live && host.own_proc);
	assert_true(host.release[0] >= 3);
	first = host_read(&host, &file);
	assert_true(first > 0 && file.fd >= 0);
	assert_true(host_read(&host, &file) > 0);
	host_file_close(&file);
	host_close(&host);
	assert_false(host_open(&host, "/nonexistent", "/sys"));
	assert_int_equal(errno, ENOENT);
}

/* A kept descriptor that went bad is opened anew: here it is one of a process that is gone. */
static void
test_a_bad_descriptor_is_replaced(void **state)
{
	struct host_file file = {.path = "uptime", .fd = -1};
	struct host host;

	(void)state;
	assert_true(host_open(&host, "/proc", "/sys"));
	assert_true(host_read(&host, &file) > 0);
	assert_int_equal(dup2(host.proc_fd, file.fd), file.fd);
	assert_true(host_read(&host, &file) > 0);
	host_file_close(&file);
	host_close(&host);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_read_follows_the_file),
	    cmocka_unit_test(test_a_huge_file_is_cut),
	    cmocka_unit_test(test_numbers),
	    cmocka_unit_test(test_a_folder_is_no_file),
	    cmocka_unit_test(test_vmstat_once_a_cycle),
	    cmocka_unit_test(test_frame),
	    cmocka_unit_test(test_this_system),
	    cmocka_unit_test(test_a_bad_descriptor_is_replaced),
	};

	return cmocka_run_group_tests_name("host", tests, NULL, NULL);
}
