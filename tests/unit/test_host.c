/*
 * host: what is read is what is there now, whatever was there before; and our own /proc is known.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/collect/host.c"

#include "collect/host_net.h"
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
	/* Nothing is no number. */
	file.said_malformed = false;
	fake_write(&f, "sys/n", "");
	assert_false(host_read_number(&f.host, &file, &v));
	assert_true(file.said_malformed);
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
	struct now now = {.boot_ns = 0};

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
	assert_true(host.answer_statvfs(host.answer_arg, "/", &v));
	assert_int_equal(v.f_bavail, 40);
	assert_true(host.answer_statvfs(host.answer_arg, "/mnt/a b", &v));
	assert_int_equal(v.f_frsize, 512);
	assert_int_equal(v.f_flag, 9);
	assert_false(host.answer_statvfs(host.answer_arg, "/bad", &v));
	assert_false(host.answer_statvfs(host.answer_arg, "/mnt", &v));
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

static bool
statvfs_of(const char *text, const char *mountpoint, struct statvfs *out)
{
	size_t len = strlen(text);
	char *copy = memcpy(mem_zalloc(len > 0 ? len : 1, 1), text, len);
	bool ok = recorded_parse_statvfs(copy, len, mountpoint, out);

	mem_free(copy);
	return ok;
}

static void
test_recorded_file_systems(void **state)
{
	static const struct {
		const char *escaped, *path;
	} same[] = {{"/\\001", "/\001"}, {"/\\100\\107\\170\\177", "/@Gx\177"}, {"/\\377", "/\377"},
	    {"/\\200b", "/\200b"}},
	  as_it_stands[] = {{"/\\400", "/\\400"}, {"/\\/40", "/\\/40"}, {"/\\080", "/\\080"},
	      {"/\\0/0", "/\\0/0"}, {"/\\048", "/\\048"}, {"/\\04/", "/\\04/"}, {"/\\04", "/\\04"},
	      {"/x040", "/x040"}};
	struct statvfs v;
	char text[128];

	(void)state;
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		snprintf(text, sizeof(text), "%s 1 2 3 4 5 6 7 8 9\n", same[i].escaped);
		assert_true(statvfs_of(text, same[i].path, &v));
		assert_false(statvfs_of(text, same[i].escaped, &v));
	}
	for (size_t i = 0; i < sizeof(as_it_stands) / sizeof(as_it_stands[0]); i++) {
		snprintf(text, sizeof(text), "%s 1 2 3 4 5 6 7 8 9\n", as_it_stands[i].escaped);
		assert_true(statvfs_of(text, as_it_stands[i].path, &v));
	}
	assert_true(statvfs_of("/ab 0 0 0 0 0 0 0 0 0\n/a 1 2 3 4 5 6 7 8 9\n", "/a", &v));
	assert_int_equal(v.f_bsize, 1);
	assert_int_equal(v.f_frsize, 2);
	assert_int_equal(v.f_blocks, 3);
	assert_int_equal(v.f_bfree, 4);
	assert_int_equal(v.f_bavail, 5);
	assert_int_equal(v.f_files, 6);
	assert_int_equal(v.f_ffree, 7);
	assert_int_equal(v.f_favail, 8);
	assert_int_equal(v.f_flag, 9);
	assert_int_equal(v.f_namemax, 255);
	assert_true(statvfs_of("/a 1 2 3 4 5 6 7 8 9 10\n", "/a", &v));
	/* The first line of a path counts; what is short or cut says nothing. */
	assert_false(statvfs_of("/a\n/a 1 2 3 4 5 6 7 8 9\n", "/a", &v));
	assert_false(statvfs_of("/a 1 2 3 4 5 6 7 8\n", "/a", &v));
	assert_false(statvfs_of("/a 1 2 3 4 5 6 7 8 9", "/a", &v));
	assert_false(statvfs_of("/\\000 1 2 3 4 5 6 7 8 9\n", "/", &v));
	assert_false(statvfs_of("", "/", &v));
}

static void
test_recorded_time(void **state)
{
	static const char *const bad[] = {"", "boot_ns 1\n", "wall_ms 1\n", "boot_ns 1\nwall_ms 2",
	    "boot_ns 9223372036854775808\nwall_ms 2\n", "boot_ns 1\nwall_ms 9223372036854775808\n",
	    "boot_ns -1\nwall_ms 2\n"};
	const char largest[] = "boot_ns 9223372036854775807\nwall_ms 9223372036854775807\n";
	struct now now = {.boot_ns = 0};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(recorded_parse_time(bad[i], strlen(bad[i]), &now));
	assert_true(recorded_parse_time(largest, strlen(largest), &now));
	assert_true(now.boot_ns == INT64_MAX && now.wall_ms == INT64_MAX);
}

/* Releases as they are, and what is none. */
static void
test_release(void **state)
{
	static const struct {
		const char *text;
		int major, minor;
	} cases[] = {{"6.2\n", 6, 2}, {"5.15.0-91-generic\n", 5, 15}, {"1000.10000\n", 1000, 10000},
	    {"3.10", 3, 10}, {"1001.1\n", 0, 0}, {"1.10001\n", 0, 0}, {"", 0, 0}, {"6", 0, 0},
	    {"6.\n", 0, 0}, {"6-2\n", 0, 0}, {"x.2\n", 0, 0}};
	struct fake f;

	(void)state;
	fake_init(&f);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fake_write(&f, "proc/sys/kernel/osrelease", cases[i].text);
		f.host.release[0] = f.host.release[1] = 99;
		read_release(&f.host);
		assert_int_equal(f.host.release[0], cases[i].major);
		assert_int_equal(f.host.release[1], cases[i].minor);
	}
	f.host.release[0] = 5;
	f.host.release[1] = 11;
	assert_true(host_is_since(&f.host, 5, 11) && host_is_since(&f.host, 5, 10));
	assert_true(host_is_since(&f.host, 4, 20));
	assert_false(host_is_since(&f.host, 5, 12) || host_is_since(&f.host, 6, 0));
	fake_done(&f);
}

/* The network of process 1; proc/net only where there is no process 1. */
static void
test_whose_network(void **state)
{
	struct host_net_file file = HOST_NET("dev", NULL);
	struct fake f;

	(void)state;
	fake_init(&f);
	assert_int_equal(host_read(&f.host, host_net_file(&f.host, &file)), -1);
	fake_write(&f, "proc/net/dev", "plain\n");
	assert_true(host_read(&f.host, host_net_file(&f.host, &file)) > 0);
	assert_string_equal(f.host.text, "plain\n");
	fake_write(&f, "proc/1/net/dev", "");
	assert_int_equal(host_read(&f.host, host_net_file(&f.host, &file)), 0);
	fake_write(&f, "proc/1/net/dev", "init\n");
	assert_true(host_read(&f.host, host_net_file(&f.host, &file)) > 0);
	assert_string_equal(f.host.text, "init\n");
	/* There, but not to be read. */
	fake_remove(&f, "proc/1/net/dev");
	fake_write(&f, "proc/1/net/dev/x", "");
	assert_int_equal(host_read(&f.host, host_net_file(&f.host, &file)), -1);
	host_net_close(&file);
	fake_done(&f);
}

/* A file that cannot be read is named once, and to those who want to know only. */
static void
test_what_is_missing_is_named_once(void **state)
{
	struct host_file file = {.path = "absent", .in_sys = true, .fd = -1},
	                 there = {.path = "here", .fd = -1};
	struct fake f;
	FILE *log;

	(void)state;
	fake_init(&f);
	log = catch_log(LOGL_DEBUG);
	assert_int_equal(host_read(&f.host, &file), -1);
	assert_int_equal(host_read(&f.host, &file), -1);
	assert_int_equal(host_read(&f.host, &there), 0);
	assert_int_equal(count_logged(log, "sys/absent cannot be read"), 1);
	assert_int_equal(count_logged(log, "sys/absent"), 1);
	assert_int_equal(count_logged(log, "proc/here"), 0);
	release_log(log);
	fake_done(&f);
}

/* However many frames are gone through, none leaves a descriptor behind. */
static void
test_frames_leave_no_descriptor(void **state)
{
	struct host host = {0};
	struct fake f;
	int before, after;

	(void)state;
	fake_init(&f);
	before = dup(0);
	close(before);
	for (int i = 0; i < 3; i++) {
		assert_true(recorded_open(&host, f.dir));
		host_close(&host);
	}
	for (int i = 0; i < 3; i++)
		assert_false(host_open(&host, "/nonexistent", "/sys") ||
		             host_open(&host, "/proc", "/nonexistent"));
	after = dup(0);
	close(after);
	assert_int_equal(before, after);
	fake_done(&f);
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
	    cmocka_unit_test(test_recorded_file_systems),
	    cmocka_unit_test(test_recorded_time),
	    cmocka_unit_test(test_release),
	    cmocka_unit_test(test_whose_network),
	    cmocka_unit_test(test_what_is_missing_is_named_once),
	    cmocka_unit_test(test_frames_leave_no_descriptor),
	};

	return cmocka_run_group_tests_name("host", tests, NULL, NULL);
}
