/*
 * covers: what lies over files of proc and sys and is not the kernel's own, by the mount table.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/collect/covers.c"

#include "tests/unit/fake_host.h"

#define ROOT "20 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
#define PROC "21 20 0:20 / /proc rw - proc proc rw\n"
#define SYS "22 20 0:21 / /sys rw - sysfs sysfs rw\n"
#define HOST ROOT PROC SYS
#define MEMINFO "30 21 0:61 /proc/meminfo /proc/meminfo rw - fuse.lxcfs lxcfs rw\n"
#define CPUS "31 22 0:61 /sys/devices/system/cpu /sys/devices/system/cpu rw - fuse.lxcfs lxcfs rw\n"

static struct covers
made_of(const char *text)
{
	struct covers c;
	char *copy = mem_strdup(text);

	covers_init(&c, "/proc", "/sys");
	covers_take(&c, copy, strlen(copy));
	mem_free(copy);
	return c;
}

static void
assert_covers(const char *text, bool in_sys, const char *path, bool covered)
{
	struct covers c = made_of(text);

	assert_int_equal(covers_has(&c, in_sys, path), covered);
	covers_done(&c);
}

static void
a_file_of_the_kernel_is_not_covered(void **state)
{
	(void)state;
	assert_covers(HOST, false, "meminfo", false);
	assert_covers(HOST, true, "class/net/eth0/operstate", false);
	/* Kernel's own mounts below the roots, and what lies beside. */
	assert_covers(HOST "40 22 0:30 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n", true,
	    "fs/cgroup/io.stat", false);
	assert_covers(HOST "40 21 0:30 / /proc/acpi rw - tmpfs tmpfs rw\n", false, "acpi/x", false);
	assert_covers(HOST "40 20 0:30 / /procx/meminfo rw - fuse x rw\n", false, "meminfo", false);
	/* The root may be anybody's: proc lies over it. */
	assert_covers("20 1 0:9 / / rw - nfs4 server:/root rw\n" PROC SYS, false, "stat", false);
}

static void
a_foreign_mount_covers_itself_and_below(void **state)
{
	static const char *const types[] = {"fuse", "fuse.lxcfs", "nfs4", "9p", "ext4", "overlay"};

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		char text[512];

		snprintf(
		    text, sizeof(text), HOST "30 21 0:61 / /proc/spl rw - %s x rw\n", types[i]);
		assert_covers(text, false, "spl", true);
		assert_covers(text, false, "spl/kstat/zfs/arcstats", true);
		assert_covers(text, false, "splat", false);
		assert_covers(text, true, "spl", false);
	}
	assert_covers(HOST MEMINFO, false, "meminfo", true);
	/* A container's table begins where its parents are not to be seen. */
	assert_covers("1100 1 0:50 / / rw - zfs pool/subvol-1 rw\n"
	              "1206 1149 0:61 /proc/meminfo /proc/meminfo rw - fuse.lxcfs lxcfs rw\n",
	    false, "meminfo", true);
}

static void
what_is_covered_itself_covers_nothing(void **state)
{
	(void)state;
	/* A new proc over the old one, which lxcfs lay over (unshare --mount-proc). */
	assert_covers(
	    HOST MEMINFO "50 21 0:70 / /proc rw - proc proc rw\n", false, "meminfo", false);
	/* The kernel's own file mounted back over it. */
	assert_covers(HOST MEMINFO "50 30 0:20 /meminfo /proc/meminfo rw - proc proc rw\n", false,
	    "meminfo", false);
	/* But what is mounted below a foreign one is reached through it. */
	assert_covers(HOST "40 22 0:61 / /sys/fs rw - fuse x rw\n"
	                   "41 40 0:30 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
	    true, "fs/cgroup/io.stat", true);
}

static void
links_of_sys_may_lead_into_a_covered_folder(void **state)
{
	const char *net = HOST "31 22 0:61 / /sys/devices/virtual rw - fuse x rw\n";

	(void)state;
	assert_covers(HOST CPUS, true, "class/net/eth0/operstate", false);
	assert_covers(HOST CPUS, true, "block/sda", false);
	assert_covers(HOST CPUS, true, "devices/system/cpu/online", true);
	assert_covers(HOST CPUS, true, "devices/system/edac/mc", false);
	assert_covers(net, true, "class/net/eth0/operstate", true);
	assert_covers(net, true, "block/dm-0", true);
	assert_covers(net, true, "fs/ext4/sda1/errors_count", false);
}

static void
a_tree_is_covered_by_what_lies_in_it(void **state)
{
	struct covers c =
	    made_of(HOST "40 22 0:61 / /sys/fs/cgroup/memory rw - fuse.lxcfs lxcfs rw\n");

	(void)state;
	assert_true(covers_has_below(&c, true, "fs/cgroup"));
	assert_true(covers_has_below(&c, true, "fs/cgroup/memory/x"));
	assert_false(covers_has_below(&c, true, "fs/cgroup/blkio"));
	assert_false(covers_has_below(&c, true, "fs/cgr"));
	assert_false(covers_has_below(&c, false, "fs/cgroup"));
	covers_done(&c);
}

static void
the_generation_grows_with_the_list_alone(void **state)
{
	struct covers c = made_of(HOST);
	char text[1024];
	uint32_t gen = c.gen;

	(void)state;
	assert_int_equal(gen, 1);
	covers_take(&c, text, (size_t)snprintf(text, sizeof(text), HOST HOST));
	assert_int_equal(c.gen, gen);
	covers_take(&c, text, (size_t)snprintf(text, sizeof(text), HOST MEMINFO));
	assert_int_equal(c.gen, gen + 1);
	covers_take(&c, text, (size_t)snprintf(text, sizeof(text), MEMINFO HOST));
	assert_int_equal(c.gen, gen + 1);
	covers_take(&c, text, (size_t)snprintf(text, sizeof(text), HOST MEMINFO CPUS));
	assert_int_equal(c.gen, gen + 2);
	covers_take(&c, text, (size_t)snprintf(text, sizeof(text), HOST CPUS));
	assert_int_equal(c.gen, gen + 3);
	covers_take(&c, text, 0);
	assert_int_equal(c.gen, gen + 4);
	covers_done(&c);
}

/* The last of more lines than one read gives. */
static void
a_long_table_is_read_whole(void **state)
{
	size_t cap = 2 << 20, len = 0;
	char *text = mem_zalloc(cap, 1);
	struct covers c;
	struct fake f;

	(void)state;
	len += (size_t)snprintf(text, cap, HOST);
	for (int i = 0; i < 10000; i++)
		len += (size_t)snprintf(text + len, cap - len,
		    "%d 20 0:%d / /var/lib/containers/overlay/%040d/merged rw - tmpfs x rw\n",
		    i + 100, i + 100, i);
	len += (size_t)snprintf(text + len, cap - len, MEMINFO);
	fake_init(&f);
	fake_write_bytes(&f, "proc/1/mountinfo", text, len);
	covers_init(&c, "/proc", "/sys");
	covers_look_recorded(&c, f.host.proc_fd);
	assert_true(covers_has(&c, false, "meminfo"));
	covers_done(&c);
	fake_done(&f);
	mem_free(text);
}

static void
our_own_table_is_read_again_when_it_has_changed(void **state)
{
	struct covers c;
	int proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	covers_init(&c, "/proc", "/sys");
	covers_look(&c, proc_fd);
	assert_true(c.table_fd >= 0);
	assert_true(c.hash != 0);
	/* Nobody has mounted in between, most likely; it is not read then. */
	c.hash = 1;
	if (!has_changed(c.table_fd)) {
		covers_look(&c, proc_fd);
		assert_int_equal(c.hash, 1);
	}
	covers_done(&c);
	close(proc_fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_file_of_the_kernel_is_not_covered),
	    cmocka_unit_test(a_foreign_mount_covers_itself_and_below),
	    cmocka_unit_test(what_is_covered_itself_covers_nothing),
	    cmocka_unit_test(links_of_sys_may_lead_into_a_covered_folder),
	    cmocka_unit_test(a_tree_is_covered_by_what_lies_in_it),
	    cmocka_unit_test(the_generation_grows_with_the_list_alone),
	    cmocka_unit_test(a_long_table_is_read_whole),
	    cmocka_unit_test(our_own_table_is_read_again_when_it_has_changed),
	};

	return cmocka_run_group_tests_name("covers", tests, NULL, NULL);
}
