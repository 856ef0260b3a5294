/*
 * However long a table of the kernel is, what stands last in it is watched as what stands first.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_host.h"

#include "base/mem.h"
#include "collect/cgroup.h"
#include "tests/unit/log_help.h"
#include "tests/unit/recorded.h"

#define TEXT_MAX (4 << 20)

extern const struct collector collector_cpu, collector_diskio, collector_mounts, collector_network,
    collector_process;

static char text[TEXT_MAX];
static size_t text_len;

static void add(const char *fmt, ...) PRINTF_LIKE(1, 2);

static void
add(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	text_len += (size_t)vsnprintf(text + text_len, TEXT_MAX - text_len, fmt, ap);
	va_end(ap);
	assert_true(text_len < TEXT_MAX);
}

/* Writes what was added. */
static void
put(const struct fake *f, const char *path)
{
	fake_write_bytes(f, path, text, text_len);
	text_len = 0;
}

static void
exclude(struct strings *list, const char *glob)
{
	static char copy[16];
	static char *items[] = {copy};

	snprintf(copy, sizeof(copy), "%s", glob);
	*list = (struct strings){.items = items, .len = 1};
}

/* 4,062 mounts, most of them of containers. */
static void
the_disk_that_was_mounted_last_is_watched(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f);
	host_close(&f.host);
	assert_true(recorded_open(&f.host, f.dir));
	exclude(&f.conf.disk_exclude_fstypes, "overlay");
	fake_open(&f, &collector_mounts);
	add("1 0 8:1 / / rw - ext4 /dev/sda1 rw\n");
	for (int i = 0; i < 4060; i++)
		add("%d 1 0:%d / /var/lib/containers/%060d/merged rw,relatime shared:%d - overlay "
		    "overlay rw,lowerdir=/var/lib/containers/l/%026d,upperdir=/x/%060d\n",
		    i + 2, i + 50, i, i, i, i);
	add("9000 1 8:17 / /backup rw - xfs /dev/sdb1 rw\n");
	assert_true(text_len > 1000000);
	put(&f, "proc/1/mountinfo");
	fake_collect(&f, 10);
	assert_true(fake_has(&f, METRIC_DISK_READ_ONLY, "/"));
	assert_true(fake_has(&f, METRIC_DISK_READ_ONLY, "/backup"));
	fake_done(&f);
}

static void
the_interface_behind_thousands_of_veths_is_watched(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f);
	exclude(&f.conf.network_exclude_interfaces, "veth*");
	fake_open(&f, &collector_network);
	for (int round = 1; round <= 2; round++) {
		add("Inter-|   Receive |  Transmit\n face |bytes packets|bytes\n");
		for (int i = 0; i < 6000; i++)
			add("veth%07x: %10d %8d    0    0    0     0          0         0 %10d "
			    "%8d    0    0    0     0       0          0\n",
			    i, i, i, i, i);
		add("  eth0: %d 1 0 0 0 0 0 0 7 1 0 0 0 0 0 0\n", round * 1000);
		assert_true(text_len > 600000);
		put(&f, "proc/net/dev");
		fake_collect(&f, round * 10);
	}
	assert_near(fake_value(&f, METRIC_NET_RX_BYTES, "eth0"), 100);
	fake_done(&f);
}

static void
the_disk_behind_thousands_of_block_devices_is_watched(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f);
	exclude(&f.conf.disk_exclude_devices, "loop*");
	fake_open(&f, &collector_diskio);
	for (int round = 1; round <= 3; round++) {
		for (int i = 0; i < 9000; i++)
			add(" 7 %d loop%d 1000000 0 1000000 1000 0 0 0 0 0 1000 1000 0 0 0\n", i,
			    i);
		add(" 8 0 sda %d 0 8 1 1 0 1 1 0 1 0\n", round * 100);
		put(&f, "proc/diskstats");
		fake_collect(&f, round * 10);
	}
	assert_near(fake_value(&f, METRIC_DISK_READ_OPS, "sda"), 10);
	fake_done(&f);
}

/* All places are taken by what is made of disks: a disk takes one, and how many have none is known.
 */
static void
a_disk_goes_before_what_is_made_of_disks(void **state)
{
	struct fake f;

	(void)state;
	set_log_level(LOGL_ERROR);
	fake_init(&f);
	fake_open(&f, &collector_diskio);
	fake_write(&f, "sys/block/sdb/device/model", "x");
	for (int i = 0; i < 200; i++) {
		char path[64];

		snprintf(path, sizeof(path), "sys/block/dm-%d/size", i);
		fake_write(&f, path, "1");
	}
	for (int round = 1; round <= 4; round++) {
		for (int i = 0; i < 200; i++)
			add("253 %d dm-%d %d 0 8 1 1 0 1 1 0 1 0\n", i, i, round * 100);
		if (round > 1)
			add("8 16 sdb %d 0 8 1 1 0 1 1 0 1 0\n", round * 100);
		put(&f, "proc/diskstats");
		gaps_begin(&f.host.gaps, 1);
		fake_collect(&f, round * 10);
		gaps_end(&f.host.gaps);
	}
	assert_int_equal(f.host.gaps.len, 2); /* pressure/io is missing */
	for (int i = 0; i < 2; i++) {
		const struct gap *gap = &f.host.gaps.items[i];

		if (gap->kind == GAP_BOUND)
			assert_true(gap->taken == 96 && gap->all == 201);
		else
			assert_string_equal(gap->what, "pressure/io");
	}
	assert_near(fake_value(&f, METRIC_DISK_READ_OPS, "sdb"), 10);
	assert_near(fake_value(&f, METRIC_DISK_READ_OPS, "dm-94"), 10);
	assert_false(fake_has(&f, METRIC_DISK_READ_OPS, "dm-95"));
	assert_int_equal(fake_count(&f, METRIC_DISK_READ_OPS), 96);
	set_log_level(LOGL_INFO);
	fake_done(&f);
}

/* 8,192 cores, and as many interrupts. */
static void
what_stands_behind_the_cores_is_read(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f);
	f.conf.cpu_per_core = false;
	fake_open(&f, &collector_cpu);
	add("cpu  1 2 3 4 5 6 7 8 9 10\n");
	for (int i = 0; i < 8192; i++)
		add("cpu%d 100000000 200000000 300000000 400000000 500000000 600000000 700000000 "
		    "800000000 0 0\n",
		    i);
	add("intr 77");
	for (int i = 0; i < 50000; i++)
		add(" 0");
	add("\nctxt 5\nprocs_running 31\nprocs_blocked 0\n");
	assert_true(text_len > 700000);
	put(&f, "proc/stat");
	fake_write(&f, "proc/loadavg", "1.00 8192.00 2.00 1/100 1000\n");
	fake_collect(&f, 10);
	assert_near(fake_value(&f, METRIC_CPU_PROCS_RUNNING, NULL), 31);
	assert_near(fake_value(&f, METRIC_CPU_LOAD_PER_CORE, NULL), 1);
	fake_done(&f);
}

static void
a_process_of_many_groups_has_its_context_switches(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f);
	f.conf.process_track_top_n = 5;
	fake_open(&f, &collector_process);
	for (int round = 1; round <= 2; round++) {
		add("70 (db) S 1 1 1 0 -1 4194304 0 0 0 0 %d 0 0 0 20 0 1 0 100 1000 50 1 1\n",
		    round);
		put(&f, "proc/70/stat");
		add("Name:\tdb\nGroups:\t");
		for (int i = 0; i < 65536; i++)
			add("%d ", 2000000000 + i);
		add("\nvoluntary_ctxt_switches:\t%d\nnonvoluntary_ctxt_switches:\t1\n",
		    round * 100);
		put(&f, "proc/70/status");
		fake_collect(&f, round * 10);
	}
	assert_near(fake_value(&f, METRIC_PROC_CTXT_SWITCHES, "70"), 10);
	fake_done(&f);
}

static void
a_service_on_many_disks_is_told_of_all_its_bytes(void **state)
{
	struct cgroup_io *io = mem_zalloc(1, sizeof(*io));
	struct fake f;

	(void)state;
	fake_init(&f);
	for (int i = 0; i < 2000; i++)
		add("%d:0 rbytes=1000 wbytes=1 rios=1 wios=1 dbytes=0 dios=0\n", i);
	put(&f, "sys/fs/cgroup/system.slice/db.service/io.stat");
	assert_true(cgroup_io_read(io, &f.host, 1));
	assert_int_equal(io->len, 1);
	assert_int_equal(io->items[0].bytes.all, 2000 * 1001);
	mem_free(io);
	fake_done(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_disk_that_was_mounted_last_is_watched),
	    cmocka_unit_test(the_interface_behind_thousands_of_veths_is_watched),
	    cmocka_unit_test(the_disk_behind_thousands_of_block_devices_is_watched),
	    cmocka_unit_test(a_disk_goes_before_what_is_made_of_disks),
	    cmocka_unit_test(what_stands_behind_the_cores_is_read),
	    cmocka_unit_test(a_process_of_many_groups_has_its_context_switches),
	    cmocka_unit_test(a_service_on_many_disks_is_told_of_all_its_bytes),
	};

	return cmocka_run_group_tests_name("long_tables", tests, NULL, NULL);
}
