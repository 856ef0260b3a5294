/*
 * cgroup: which service a process is of, and who read and wrote most.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/collect/cgroup.c"

#include "fake_host.h"

#include "base/mem.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* From memory that ends where the text ends. */
static const char *
service(const char *text)
{
	static char out[CGROUP_NAME_MAX];
	size_t len = strlen(text);
	char *copy = memcpy(mem_zalloc(len > 0 ? len : 1, 1), text, len);
	bool found = cgroup_service(copy, len, out);

	mem_free(copy);
	return found ? out : NULL;
}

static void
test_services(void **state)
{
	(void)state;
	assert_string_equal(service("0::/system.slice/nginx.service\n"), "nginx.service");
	assert_string_equal(service("0::/system.slice/system-postgresql.slice/"
	                            "postgresql@15-main.service\n"),
	    "postgresql@15-main.service");
	assert_string_equal(
	    service("0::/user.slice/user-1000.slice/user@1000.service/app.slice/app-x.scope/tab\n"),
	    "app-x.scope");
	assert_string_equal(
	    service("12:cpu:/foo.service\n1:name=systemd:/system.slice/cron.service\n"),
	    "cron.service");
	assert_string_equal(
	    service("1:name=systemd:/system.slice/old.service\n0::/system.slice/new.service\n"),
	    "new.service");
	assert_string_equal(
	    service("1:name=systemd:/system.slice/cron.service\n0::/\n"), "cron.service");
}

static void
test_containers_are_cut(void **state)
{
	(void)state;
	assert_string_equal(service("0::/docker/" ID "\n"), "0123456789ab");
	assert_string_equal(service("5:memory:/docker/" ID "/sub\n"), "0123456789ab");
	assert_string_equal(
	    service("0::/system.slice/docker-" ID ".scope\n"), "docker-0123456789ab.scope");
	assert_string_equal(
	    service("0::/kubepods.slice/kubepods-pod7.slice/cri-containerd-" ID ".scope\n"),
	    "cri-containerd-0123456789ab.scope");
}

static void
test_no_service(void **state)
{
	(void)state;
	assert_null(service("0::/\n"));
	assert_null(service(""));
	assert_null(service("0::/user.slice\n"));
	assert_null(service("nonsense\n::\n:\n"));
	assert_null(service("0::/system.slice/cut.service")); /* without its newline */
	assert_null(service("0::/.service\n"));
	assert_string_equal(service("1:name=:/a.service\n"), "a.service");
	assert_null(service("1:nam=:/a.service\n2:xmemor:/a.service\n"));
	assert_null(service("0::\n"));
	assert_null(service("0:\n"));
	assert_null(service("0\n"));
	/* A hierarchy that says nothing of services. */
	assert_null(service("3:cpu,cpuacct:/a.service\n4::name=x:/b\n"));
}

/* A container's operator can call a group what it likes. */
static void
test_hostile_names(void **state)
{
	char text[600], long_name[500];

	(void)state;
	assert_string_equal(service("0::/a\x1b[31m\xff.service\n"), "a?[31m?.service");
	assert_string_equal(service("0::/\x1f~\x7f!\xc3\xa9.service\n"), "?~?!\xc3\xa9.service");
	memset(long_name, 'x', sizeof(long_name));
	long_name[sizeof(long_name) - 1] = '\0';
	snprintf(text, sizeof(text), "0::/%s.service\n", long_name);
	assert_int_equal(strlen(service(text)), CGROUP_NAME_MAX - 1);
	memset(long_name, '\x01', sizeof(long_name) - 1);
	snprintf(text, sizeof(text), "0::/%s.service\n", long_name);
	assert_int_equal(strlen(service(text)), CGROUP_NAME_MAX - 1);
	memset(long_name, 'x', sizeof(long_name) - 1);
	/* A character that would not fit whole is left out. */
	for (int ascii = CGROUP_NAME_MAX - 4; ascii <= CGROUP_NAME_MAX - 1; ascii++) {
		int whole = (CGROUP_NAME_MAX - 1 - ascii) / 2;

		snprintf(
		    text, sizeof(text), "0::/%.*s\xc3\xa9\xc3\xa9.service\n", ascii, long_name);
		assert_string_equal(service(text) + ascii, whole == 1 ? "\xc3\xa9" : "");
	}
}

static bool
of_lines(bool (*parse)(const char *line, const char *end, struct cgroup_io_bytes *bytes),
    const char *text, struct cgroup_io_bytes *bytes)
{
	const char *p = text, *end = text + strlen(text), *line, *line_end;
	bool ok = true;

	*bytes = (struct cgroup_io_bytes){0, 0};
	while (scan_line(&p, end, &line, &line_end))
		ok = ok && parse(line, line_end, bytes);
	return ok;
}

static void
test_io_files(void **state)
{
	const char v2[] = "8:0 rbytes=4096 wbytes=8192 rios=1 wios=2 dbytes=0 dios=0\n"
	                  "259:0 rbytes=1 wbytes=2 rios=0 wios=0 dbytes=9 dios=9\n";
	const char v1[] = "8:0 Read 4096\n8:0 Write 10\n8:0 Total 4106\nTotal 4106\n";
	struct cgroup_io_bytes bytes = {7, 7};

	(void)state;
	assert_true(of_lines(cgroup_io_v2, v2, &bytes));
	assert_int_equal(bytes.all, 4096 + 8192 + 3);
	assert_int_equal(bytes.written, 8192 + 2);
	assert_true(of_lines(cgroup_io_v2, "", &bytes) && bytes.all == 0);
	assert_false(of_lines(cgroup_io_v2, "8:0 rbytes=x\n", &bytes));
	assert_false(of_lines(cgroup_io_v2, "8:0 wbytes=\n", &bytes));
	assert_true(of_lines(cgroup_io_v2, "rbytes=8\n", &bytes) && bytes.all == 8);
	assert_false(of_lines(cgroup_io_v2, "rbytes=\n", &bytes));
	assert_true(
	    of_lines(cgroup_io_v2, "xrbytes=8 wbyte=7 wbytes=1\n", &bytes) && bytes.all == 1);
	assert_true(of_lines(cgroup_io_v1, v1, &bytes));
	assert_int_equal(bytes.all, 4106);
	assert_int_equal(bytes.written, 10);
	assert_false(of_lines(cgroup_io_v1, "Total x\n", &bytes));
}

static void
write_io(const struct fake *f, const char *group, unsigned long long written)
{
	char path[256], text[128];

	snprintf(path, sizeof(path), "sys/fs/cgroup/%s/io.stat", group);
	snprintf(text, sizeof(text), "8:0 rbytes=0 wbytes=%llu rios=0 wios=1\n", written);
	fake_write(f, path, text);
}

static void
test_who_wrote(void **state)
{
	struct cgroup_io *before = mem_zalloc(1, sizeof(*before));
	struct cgroup_io *after = mem_zalloc(1, sizeof(*after));
	struct cgroup_io_growth top[3];
	struct fake f;

	(void)state;
	fake_init(&f);
	assert_false(cgroup_io_read(before, &f.host, NS_PER_SEC));
	write_io(&f, "system.slice", 100000);
	write_io(&f, "system.slice/leaps.service", 5);
	write_io(&f, "system.slice/idle.service", 50000);
	write_io(&f, "system.slice/db.service", 1000);
	write_io(&f, "system.slice/db.service/inner.scope", 1000);
	write_io(&f, "user.slice/user-1.slice/session-2.scope", 10);
	assert_true(cgroup_io_read(before, &f.host, NS_PER_SEC));
	assert_int_equal(before->len, 4);
	write_io(&f, "system.slice/leaps.service", UINT64_MAX); /* nobody can */
	write_io(&f, "system.slice/db.service", 9000);
	write_io(&f, "user.slice/user-1.slice/session-2.scope", 500);
	write_io(&f, "system.slice/new.service", 700);
	write_io(&f, "docker/" ID, 600);
	assert_true(cgroup_io_read(after, &f.host, 11 * NS_PER_SEC));
	assert_int_equal(cgroup_io_rank(before, after, false, top, 3), 3);
	assert_string_equal(top[0].name, "db.service");
	assert_int_equal(top[0].bytes, 8000);
	assert_string_equal(top[1].name, "new.service");
	assert_string_equal(top[2].name, "0123456789ab");
	fake_done(&f);
	mem_free(before);
	mem_free(after);
}

/* Started anew it has a group of its own: all that it wrote it wrote since. */
static void
test_a_service_started_anew(void **state)
{
	struct cgroup_io *before = mem_zalloc(1, sizeof(*before));
	struct cgroup_io *after = mem_zalloc(1, sizeof(*after));
	struct cgroup_io_growth top[1];
	char old[128], gone[128];
	struct fake f;

	(void)state;
	fake_init(&f);
	write_io(&f, "system.slice/db.service", 7000);
	assert_true(cgroup_io_read(before, &f.host, NS_PER_SEC));
	snprintf(old, sizeof(old), "%s/sys/fs/cgroup/system.slice/db.service", f.dir);
	snprintf(gone, sizeof(gone), "%s/gone", f.dir);
	assert_int_equal(rename(old, gone), 0);
	write_io(&f, "system.slice/db.service", 9000);
	assert_true(cgroup_io_read(after, &f.host, 2 * NS_PER_SEC));
	assert_int_equal(cgroup_io_rank(before, after, false, top, 1), 1);
	assert_int_equal(top[0].bytes, 9000);
	fake_done(&f);
	mem_free(before);
	mem_free(after);
}

/* However many groups there are, so many are looked at. */
static void
test_a_forest_is_bounded(void **state)
{
	struct cgroup_io *io = mem_zalloc(1, sizeof(*io));
	struct fake f;
	char group[64];

	(void)state;
	fake_init(&f);
	for (int i = 0; i < 600; i++) {
		snprintf(group, sizeof(group), "system.slice/s%d.service", i);
		write_io(&f, group, 1);
	}
	assert_true(cgroup_io_read(io, &f.host, 1));
	assert_int_equal(io->len, CGROUP_IO_MAX);
	fake_done(&f);
	mem_free(io);
}

/* A container's id is 64 hex digits, wherever they are; fewer are none, and more are cut as well.
 */
static void
test_ids(void **state)
{
	char text[300];

	(void)state;
	snprintf(text, sizeof(text), "0::/%.63s\n", ID);
	assert_null(service(text));
	snprintf(text, sizeof(text), "0::/%.63sg\n", ID);
	assert_null(service(text));
	snprintf(text, sizeof(text), "0::/%.63s/\n", ID);
	assert_null(service(text));
	snprintf(text, sizeof(text), "0::/abc-%s\n", ID);
	assert_string_equal(service(text), "abc-0123456789ab");
	snprintf(text, sizeof(text), "0::/09af:%s`\n", ID);
	assert_string_equal(service(text), "09af:0123456789ab`");
}

/* What wrote most comes first, whatever the order of the groups; who did nothing is no culprit. */
static void
test_rank(void **state)
{
	enum { SERVICES = 5 };
	static const uint64_t grown[SERVICES] = {10, 30, 20, 0, 40};
	struct cgroup_io *before = mem_zalloc(1, sizeof(*before));
	struct cgroup_io *after = mem_zalloc(1, sizeof(*after));
	struct cgroup_io_growth *top = mem_zalloc(3, sizeof(*top));

	(void)state;
	for (size_t i = 0; i < SERVICES; i++) {
		before->items[i].id = after->items[i].id = i + 7;
		before->items[i].bytes.all = 1000;
		after->items[i].bytes.all = 1000 + grown[i];
		snprintf(after->items[i].name, CGROUP_NAME_MAX, "s%zu", i);
	}
	before->len = after->len = SERVICES;
	after->taken_ns = NS_PER_SEC;
	assert_int_equal(cgroup_io_rank(before, after, false, top, 3), 3);
	assert_string_equal(top[0].name, "s4");
	assert_string_equal(top[1].name, "s1");
	assert_string_equal(top[2].name, "s2");
	assert_int_equal(top[0].bytes, 40);
	assert_int_equal(top[1].bytes, 30);
	assert_int_equal(top[2].bytes, 20);
	/* A count that went backwards: the group was made anew under its name. */
	before->items[4].bytes.all = 5000;
	assert_int_equal(cgroup_io_rank(before, after, false, top, 3), 3);
	assert_string_equal(top[0].name, "s1");
	assert_string_equal(top[2].name, "s0");
	assert_int_equal(cgroup_io_rank(before, before, false, top, 3), 0);
	mem_free(before);
	mem_free(after);
	mem_free(top);
}

/* Down to a depth; a service that has written nothing yet is one, one that cannot be read is none.
 */
static void
test_depth(void **state)
{
	struct cgroup_io *io = mem_zalloc(1, sizeof(*io));
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_write(
	    &f, "sys/fs/cgroup/blkio/old.service/blkio.throttle.io_service_bytes", "Total 9\n");
	assert_true(cgroup_io_read(io, &f.host, 5));
	assert_int_equal(io->items[0].bytes.all, 9);
	assert_int_equal(io->taken_ns, 5);
	fake_write(&f, "sys/fs/cgroup/bad.service/io.stat", "8:0 rbytes=x\n");
	fake_write(&f, "sys/fs/cgroup/none.service/other", "");
	fake_write(&f, "sys/fs/cgroup/.hidden.service/io.stat", "8:0 rbytes=1\n");
	fake_write(&f, "sys/fs/cgroup/1/2/3/4/5/6/7/too-deep.service/io.stat", "8:0 rbytes=1\n");
	assert_true(cgroup_io_read(io, &f.host, 6));
	assert_string_equal(io->items[0].name, "old.service");
	write_io(&f, "1/2/3/4/5/6/deep.service", 3);
	assert_true(cgroup_io_read(io, &f.host, 7));
	assert_int_equal(io->len, 1);
	assert_string_equal(io->items[0].name, "deep.service");
	fake_write(&f, "sys/fs/cgroup/1/2/3/4/5/6/deep.service/io.stat", "");
	assert_true(cgroup_io_read(io, &f.host, 8));
	assert_int_equal(io->len, 1);
	assert_int_equal(io->items[0].bytes.all, 0);
	fake_done(&f);
	mem_free(io);
}

static void
test_of_a_process(void **state)
{
	char out[CGROUP_NAME_MAX];
	struct fake f;

	(void)state;
	fake_init(&f);
	assert_false(cgroup_of_process(&f.host, 5, out));
	fake_write(&f, "proc/5/cgroup", "");
	assert_false(cgroup_of_process(&f.host, 5, out));
	fake_write(&f, "proc/5/cgroup", "0::/a.service\n");
	assert_true(cgroup_of_process(&f.host, 5, out));
	assert_string_equal(out, "a.service");
	fake_done(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_services),
	    cmocka_unit_test(test_containers_are_cut),
	    cmocka_unit_test(test_no_service),
	    cmocka_unit_test(test_hostile_names),
	    cmocka_unit_test(test_io_files),
	    cmocka_unit_test(test_who_wrote),
	    cmocka_unit_test(test_a_service_started_anew),
	    cmocka_unit_test(test_a_forest_is_bounded),
	    cmocka_unit_test(test_ids),
	    cmocka_unit_test(test_rank),
	    cmocka_unit_test(test_depth),
	    cmocka_unit_test(test_of_a_process),
	};

	return cmocka_run_group_tests_name("cgroup", tests, NULL, NULL);
}
