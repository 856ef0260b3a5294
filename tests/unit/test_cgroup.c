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

static const char *
service(const char *text)
{
	static char out[CGROUP_NAME_MAX];

	return cgroup_service(text, strlen(text), out) ? out : NULL;
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
}

/* A container's operator can call a group what it likes. */
static void
test_hostile_names(void **state)
{
	char text[600], long_name[500];

	(void)state;
	assert_string_equal(service("0::/a\x1b[31m\xff.service\n"), "a?[31m?.service");
	memset(long_name, 'x', sizeof(long_name));
	long_name[sizeof(long_name) - 1] = '\0';
	snprintf(text, sizeof(text), "0::/%s.service\n", long_name);
	assert_int_equal(strlen(service(text)), CGROUP_NAME_MAX - 1);
}

static void
test_io_files(void **state)
{
	const char v2[] = "8:0 rbytes=4096 wbytes=8192 rios=1 wios=2 dbytes=0 dios=0\n"
	                  "259:0 rbytes=1 wbytes=2 rios=0 wios=0 dbytes=9 dios=9\n";
	const char v1[] = "8:0 Read 4096\n8:0 Write 10\n8:0 Total 4106\nTotal 4106\n";
	uint64_t bytes = 7;

	(void)state;
	assert_true(cgroup_io_v2(v2, sizeof(v2) - 1, &bytes));
	assert_int_equal(bytes, 4096 + 8192 + 3);
	assert_true(cgroup_io_v2("", 0, &bytes) && bytes == 0);
	assert_false(cgroup_io_v2("8:0 rbytes=x\n", 13, &bytes));
	assert_true(cgroup_io_v1(v1, sizeof(v1) - 1, &bytes));
	assert_int_equal(bytes, 4106);
	assert_false(cgroup_io_v1("", 0, &bytes));
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
	assert_false(cgroup_io_read(before, &f.host, 1));
	write_io(&f, "system.slice", 100000);
	write_io(&f, "system.slice/idle.service", 50000);
	write_io(&f, "system.slice/db.service", 1000);
	write_io(&f, "system.slice/db.service/inner.scope", 1000);
	write_io(&f, "user.slice/user-1.slice/session-2.scope", 10);
	assert_true(cgroup_io_read(before, &f.host, 1));
	assert_int_equal(before->len, 3);
	write_io(&f, "system.slice/db.service", 9000);
	write_io(&f, "user.slice/user-1.slice/session-2.scope", 500);
	write_io(&f, "system.slice/new.service", 700);
	write_io(&f, "docker/" ID, 600);
	assert_true(cgroup_io_read(after, &f.host, 2));
	assert_int_equal(cgroup_io_rank(before, after, top, 3), 3);
	assert_string_equal(top[0].name, "db.service");
	assert_int_equal(top[0].bytes, 8000);
	assert_string_equal(top[1].name, "new.service");
	assert_string_equal(top[2].name, "0123456789ab");
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
	    cmocka_unit_test(test_a_forest_is_bounded),
	};

	return cmocka_run_group_tests_name("cgroup", tests, NULL, NULL);
}
