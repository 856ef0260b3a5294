/*
 * diskio: rates of whole devices only, and none where a counter or a device began anew.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/collect/diskio.c"

#include "fake_host.h"
#include "tests/unit/log_help.h"

static void
exclude_loops(struct fake *f)
{
	static char pattern[] = "loop*";
	static char *patterns[] = {pattern};

	f->conf.disk_exclude_devices = (struct strings){.items = patterns, .len = 1};
}

static void
test_rates(void **state)
{
	const struct sample *bytes;
	struct fake f;

	(void)state;
	fake_init(&f);
	exclude_loops(&f);
	fake_open(&f, &collector_diskio);
	fake_write(&f, "sys/block/sda/size", "");
	fake_write(&f, "sys/block/loop0/size", "");
	fake_write(&f, "sys/block/sdb/size", "");
	fake_write(&f, "proc/diskstats",
	    "8 0 sda 100 0 1000 500 200 0 2000 900 0 1000 0\n"
	    "8 1 sda1 100 0 1000 500 200 0 2000 900 0 1000 0\n"
	    "8 16 sdb 0 0 0 0 0 0 0 0 0 0 0\n"
	    "7 0 loop0 100 0 1000 500 200 0 2000 900 0 1000 0\n");
	fake_collect(&f, 10);
	assert_int_equal(f.batch.len, 0);
	fake_write(&f, "proc/diskstats",
	    "8 0 sda 120 0 1100 540 230 0 2300 1000 0 6000 0\n"
	    "8 1 sda1 120 0 1100 540 230 0 2300 1000 0 6000 0\n"
	    "8 16 sdb 0 0 0 0 0 0 0 0 0 0 0\n"
	    "7 0 loop0 120 0 1100 540 230 0 2300 1000 0 6000 0\n");
	fake_collect(&f, 20);
	assert_int_equal(f.batch.len, 6);
	bytes = fake_sample(&f, METRIC_DISK_READ_BYTES, "sda");
	assert_non_null(bytes);
	assert_near(bytes->value, 100 * 512 / 10.0);
	assert_near(bytes->raw, 1100 * 512);
	assert_near(fake_value(&f, METRIC_DISK_WRITE_BYTES, "sda"), 300 * 512 / 10.0);
	assert_near(fake_value(&f, METRIC_DISK_READ_OPS, "sda"), 2);
	assert_near(fake_value(&f, METRIC_DISK_WRITE_OPS, "sda"), 3);
	assert_near(fake_value(&f, METRIC_DISK_IO_TIME, "sda"), 50);
	assert_near(fake_sample(&f, METRIC_DISK_IO_TIME, "sda")->raw, 6);
	assert_near(fake_value(&f, METRIC_DISK_AWAIT, "sda"), (40 + 100) / 50.0);
	/* Busy all the time, and not quite; a single request. */
	fake_write(&f, "proc/diskstats", "8 0 sda 121 0 1100 540 230 0 2300 1000 0 16000 0\n");
	fake_collect(&f, 30);
	assert_near(fake_value(&f, METRIC_DISK_IO_TIME, "sda"), 100);
	assert_near(fake_value(&f, METRIC_DISK_AWAIT, "sda"), 0);
	fake_write(&f, "proc/diskstats", "8 0 sda 121 0 1100 540 231 0 2300 1007 0 25990 0\n");
	fake_collect(&f, 40);
	assert_near(fake_value(&f, METRIC_DISK_IO_TIME, "sda"), 99.9);
	assert_near(fake_value(&f, METRIC_DISK_AWAIT, "sda"), 7);
	/* No request: no mean. More busy time than time passed: 100. */
	fake_write(&f, "proc/diskstats", "8 0 sda 121 0 1100 540 231 0 2300 1007 0 99999 0\n");
	fake_collect(&f, 50);
	assert_false(fake_has(&f, METRIC_DISK_AWAIT, "sda"));
	assert_near(fake_value(&f, METRIC_DISK_IO_TIME, "sda"), 100);
	assert_near(fake_value(&f, METRIC_DISK_READ_OPS, "sda"), 0);
	fake_done(&f);
}

static void
test_backwards(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_open(&f, &collector_diskio);
	fake_write(&f, "proc/diskstats", "8 0 sda 100 0 1000 4294967000 200 0 2000 900 0 9000 0\n");
	fake_collect(&f, 10);
	/* One counter wrapped at 32 bits: the others go on. */
	fake_write(&f, "proc/diskstats", "8 0 sda 120 0 1100 5 230 0 2300 1000 0 9100 0\n");
	fake_collect(&f, 20);
	assert_near(fake_value(&f, METRIC_DISK_READ_OPS, "sda"), 2);
	assert_false(fake_has(&f, METRIC_DISK_AWAIT, "sda"));
	fake_write(&f, "proc/diskstats", "8 0 sda 130 0 7 5 230 0 2300 1000 0 9100 0\n");
	fake_collect(&f, 25);
	assert_false(fake_has(&f, METRIC_DISK_READ_BYTES, "sda"));
	assert_near(fake_value(&f, METRIC_DISK_READ_OPS, "sda"), 2);
	/* Gone for a while: another disk of that name, even with larger counters. */
	fake_write(&f, "proc/diskstats", "8 16 sdb 1 0 1 1 1 0 1 1 0 1 0\n");
	fake_collect(&f, 30);
	assert_int_equal(f.batch.len, 0);
	fake_write(&f, "proc/diskstats", "8 0 sda 999 0 9999 999 999 0 9999 9999 0 9999 0\n");
	fake_collect(&f, 40);
	assert_int_equal(f.batch.len, 0);
	fake_write(&f, "proc/diskstats", "8 0 sda 1009 0 9999 999 999 0 9999 9999 0 9999 0\n");
	fake_collect(&f, 50);
	assert_near(fake_value(&f, METRIC_DISK_READ_OPS, "sda"), 1);
	/* Plugged in between two readings: another number. */
	fake_write(&f, "proc/diskstats", "8 32 sda 2009 0 9999 999 999 0 9999 9999 0 9999 0\n");
	fake_collect(&f, 60);
	assert_int_equal(f.batch.len, 0);
	fake_done(&f);
}

/* Without sys/block, partitions are told by name. */
static void
test_no_sys(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_open(&f, &collector_diskio);
	for (int i = 1; i <= 2; i++) {
		char text[512];

		snprintf(text, sizeof(text),
		    "259 0 nvme0n1 %d0 0 8 1 1 0 1 1 0 1 0\n259 1 nvme0n1p1 %d0 0 8 1 1 0 1 1 0 1 "
		    "0\n253 0 dm-1 %d0 0 8 1 1 0 1 1 0 1 0\n253 9 dm-10 %d0 0 8 1 1 0 1 1 0 1 0\n",
		    i, i, i, i);
		fake_write(&f, "proc/diskstats", text);
		fake_collect(&f, 10 * i);
	}
	assert_near(fake_value(&f, METRIC_DISK_READ_OPS, "nvme0n1"), 1);
	assert_near(fake_value(&f, METRIC_DISK_READ_OPS, "dm-1"), 1);
	assert_near(fake_value(&f, METRIC_DISK_READ_OPS, "dm-10"), 1);
	assert_false(fake_has(&f, METRIC_DISK_READ_OPS, "nvme0n1p1"));
	fake_done(&f);
}

static void
test_many(void **state)
{
	char *text = mem_zalloc(1 << 18, 1);
	struct fake f;
	int samples = 0;
	FILE *log;

	(void)state;
	log = catch_log(LOGL_WARN);
	fake_init(&f);
	fake_open(&f, &collector_diskio);
	for (int cycle = 1; cycle <= 4; cycle++) {
		size_t n = 0;

		/* They also move about in the file. */
		for (int i = 0; i < 3000; i++)
			n += (size_t)snprintf(text + n, (1 << 18) - n,
			    "8 %d d%dx %d 0 8 1 1 0 1 1 0 1 0\n", (i + cycle) % 3000,
			    (i + cycle) % 3000, 100 * cycle);
		fake_write(&f, "proc/diskstats", text);
		fake_collect(&f, 10 * cycle);
		samples += fake_count(&f, METRIC_DISK_READ_OPS);
	}
	assert_true(samples > 0 && samples <= 4 * DEVICES_MAX);
	assert_int_equal(count_logged(log, "block devices: further ones"), 1);
	release_log(log);
	mem_free(text);
	fake_done(&f);
}

static void
test_pressure(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_open(&f, &collector_diskio);
	fake_write(
	    &f, "proc/pressure/io", "some avg10=9.00 avg60=9.00 avg300=9.00 total=1000000\n");
	fake_collect(&f, 10);
	fake_write(
	    &f, "proc/pressure/io", "some avg10=9.00 avg60=9.00 avg300=9.00 total=3000000\n");
	fake_collect(&f, 20);
	assert_near(fake_value(&f, METRIC_DISK_PRESSURE_SOME, NULL), 20);
	assert_near(fake_sample(&f, METRIC_DISK_PRESSURE_SOME, NULL)->raw, 3);
	fake_done(&f);
}

/* Each counter goes backwards on its own: what does not need it is still there. */
static void
test_each_counter_backwards(void **state)
{
	static const struct {
		const char *line;
		enum metric_id absent;
		bool has_await;
	} cases[] = {
	    {"8 0 sda 99 0 2000 600 300 0 3000 950 0 1100 0\n", METRIC_DISK_READ_OPS, false},
	    {"8 0 sda 200 0 999 600 300 0 3000 950 0 1100 0\n", METRIC_DISK_READ_BYTES, true},
	    {"8 0 sda 200 0 2000 499 300 0 3000 950 0 1100 0\n", METRIC_DISK_AWAIT, false},
	    {"8 0 sda 200 0 2000 600 199 0 3000 950 0 1100 0\n", METRIC_DISK_WRITE_OPS, false},
	    {"8 0 sda 200 0 2000 600 300 0 1999 950 0 1100 0\n", METRIC_DISK_WRITE_BYTES, true},
	    {"8 0 sda 200 0 2000 600 300 0 3000 899 0 1100 0\n", METRIC_DISK_AWAIT, false},
	    {"8 0 sda 200 0 2000 600 300 0 3000 950 0 999 0\n", METRIC_DISK_IO_TIME, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fake f;

		fake_init(&f);
		fake_open(&f, &collector_diskio);
		fake_write(
		    &f, "proc/diskstats", "8 0 sda 100 0 1000 500 200 0 2000 900 0 1000 0\n");
		fake_collect(&f, 10);
		fake_write(&f, "proc/diskstats", cases[i].line);
		fake_collect(&f, 20);
		for (int row = 0; row < ROWS; row++)
			assert_int_equal(fake_has(&f, rows[row], "sda"),
			    rows[row] != cases[i].absent &&
			        (rows[row] != METRIC_DISK_AWAIT || cases[i].has_await));
		fake_done(&f);
	}
}

/* What leaps, or is no number for once, costs the metrics that need it, and starts anew. */
static void
test_each_counter_leaps(void **state)
{
	static const struct {
		const char *line;
		enum metric_id absent;
		bool has_await;
	} cases[] = {
	    {"8 0 sda 18446744073709551615 0 2000 600 300 0 3000 950 0 1100 0\n",
	        METRIC_DISK_READ_OPS, false},
	    {"8 0 sda 200 0 18446744073709551615 600 300 0 3000 950 0 1100 0\n",
	        METRIC_DISK_READ_BYTES, true},
	    {"8 0 sda 200 0 2000 18446744073709551615 300 0 3000 950 0 1100 0\n", METRIC_DISK_AWAIT,
	        false},
	    {"8 0 sda 200 0 2000 600 -1 0 3000 950 0 1100 0\n", METRIC_DISK_WRITE_OPS, false},
	    {"8 0 sda 200 0 2000 600 300 0 x 950 0 1100 0\n", METRIC_DISK_WRITE_BYTES, true},
	    {"8 0 sda 200 0 2000 600 300 0 3000 950 0 4294967295 0\n", METRIC_DISK_IO_TIME, true},
	    {"8 0 sda 200 -1 2000 600 300 x 3000 950 -1 1100 -7\n", METRIC_COUNT, true},
	};

	(void)state;
	set_log_level(LOGL_ERROR);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fake f;

		fake_init(&f);
		fake_open(&f, &collector_diskio);
		fake_write(
		    &f, "proc/diskstats", "8 0 sda 100 0 1000 500 200 0 2000 900 0 1000 0\n");
		fake_collect(&f, 10);
		fake_write(&f, "proc/diskstats", cases[i].line);
		fake_collect(&f, 20);
		for (int row = 0; row < ROWS; row++)
			assert_int_equal(fake_has(&f, rows[row], "sda"),
			    rows[row] != cases[i].absent &&
			        (rows[row] != METRIC_DISK_AWAIT || cases[i].has_await));
		fake_write(
		    &f, "proc/diskstats", "8 0 sda 300 0 3000 700 400 0 4000 999 0 1200 0\n");
		fake_collect(&f, 30);
		assert_int_equal(fake_has(&f, METRIC_DISK_AWAIT, "sda"), cases[i].has_await);
		fake_write(
		    &f, "proc/diskstats", "8 0 sda 400 0 4000 800 500 0 5000 1199 0 1300 0\n");
		fake_collect(&f, 40);
		assert_int_equal(f.batch.len, ROWS);
		assert_near(fake_value(&f, METRIC_DISK_AWAIT, "sda"), 1.5);
		assert_near(fake_value(&f, METRIC_DISK_IO_TIME, "sda"), 1);
		fake_done(&f);
	}
	set_log_level(LOGL_INFO);
}

/* A device that only reads, or only writes, is used; names with a slash are looked up as sys has
 * them; another minor number is another device; no time between two readings makes no rate. */
static void
test_devices(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_open(&f, &collector_diskio);
	fake_write(&f, "sys/block/cciss!c0d0/size", "");
	fake_write(&f, "sys/block/sr0/size", "");
	fake_write(&f, "sys/block/sdw/size", "");
	for (int i = 1; i <= 2; i++) {
		char text[512];

		snprintf(text, sizeof(text),
		    "104 0 cciss/c0d0 %d 0 8 1 0 0 0 0 0 1 0\n104 1 cciss/c0d0p1 %d 0 8 1 0 0 0 0 "
		    "0 1 0\n"
		    "11 0 sr0 0 0 0 0 0 0 0 0 0 0 0\n8 0 sdw 0 0 0 0 %d 0 8 1 0 1 0\n",
		    10 * i, 10 * i, 10 * i);
		fake_write(&f, "proc/diskstats", text);
		fake_collect(&f, 10 * i);
	}
	assert_near(fake_value(&f, METRIC_DISK_READ_OPS, "cciss/c0d0"), 1);
	assert_near(fake_value(&f, METRIC_DISK_WRITE_OPS, "sdw"), 1);
	assert_false(fake_has(&f, METRIC_DISK_READ_OPS, "cciss/c0d0p1"));
	assert_false(fake_has(&f, METRIC_DISK_READ_OPS, "sr0"));
	fake_collect(&f, 20);
	assert_int_equal(f.batch.len, 0);
	fake_write(&f, "proc/diskstats", "8 1 sdw 0 0 0 0 90 0 8 1 0 1 0\n");
	fake_collect(&f, 30);
	assert_int_equal(f.batch.len, 0);
	fake_write(&f, "proc/diskstats", "9 1 sdw 0 0 0 0 91 0 8 1 0 1 0\n");
	fake_collect(&f, 40);
	assert_int_equal(f.batch.len, 0);
	fake_write(&f, "proc/diskstats", "9 1 sdw 0 0 0 0 92 0 8 1 0 1 0\n");
	fake_collect(&f, 50);
	assert_near(fake_value(&f, METRIC_DISK_WRITE_OPS, "sdw"), 0.1);
	fake_done(&f);
}

/* The places are as many as there are; that of a device that is gone is another's. */
static void
test_places(void **state)
{
	static char text[16384];
	struct fake f;
	size_t n = 0;

	(void)state;
	set_log_level(LOGL_ERROR);
	fake_init(&f);
	fake_open(&f, &collector_diskio);
	for (int cycle = 1; cycle <= 4; cycle++) {
		n = 0;
		for (int i = 0; i <= DEVICES_MAX; i++)
			if (cycle < 3 || i != 40)
				n += (size_t)snprintf(text + n, sizeof(text) - n,
				    "8 %d d%dx %d 0 8 1 1 0 1 1 0 1 0\n", i, i, 100 * cycle);
		fake_write(&f, "proc/diskstats", text);
		fake_collect(&f, 10 * cycle);
		if (cycle == 2) {
			assert_true(fake_has(&f, METRIC_DISK_READ_OPS, "d95x"));
			assert_false(fake_has(&f, METRIC_DISK_READ_OPS, "d96x"));
		}
	}
	fake_collect(&f, 60);
	assert_false(fake_has(&f, METRIC_DISK_READ_OPS, "d40x"));
	assert_true(fake_has(&f, METRIC_DISK_READ_OPS, "d39x"));
	set_log_level(LOGL_INFO);
	fake_done(&f);
}

/* A line is of whatever device stands there now, also where that one is left out. */
static void
test_lines_move(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f);
	exclude_loops(&f);
	fake_open(&f, &collector_diskio);
	fake_write(&f, "proc/diskstats", "8 0 sda 100 0 8 1 1 0 1 1 0 1 0\n");
	fake_collect(&f, 10);
	fake_write(&f, "proc/diskstats", "7 0 loop0 900 0 8 1 1 0 1 1 0 1 0\n");
	fake_collect(&f, 20);
	assert_int_equal(f.batch.len, 0);
	fake_write(&f, "proc/diskstats",
	    "7 0 loop0 900 0 8 1 1 0 1 1 0 1 0\n8 0 sda 110 0 8 1 1 0 1 1 0 1 0\n");
	fake_collect(&f, 30);
	assert_int_equal(f.batch.len, 0); /* back, with whatever counters */
	fake_done(&f);
}

/* One that comes in before all others in the file takes the place of none that is there. */
static void
test_a_newcomer_waits(void **state)
{
	static char text[16384];
	struct fake f;

	(void)state;
	set_log_level(LOGL_ERROR);
	fake_init(&f);
	fake_open(&f, &collector_diskio);
	for (int cycle = 1; cycle <= 4; cycle++) {
		size_t n = 0;

		for (int i = cycle < 3 ? 1 : 0; i <= DEVICES_MAX; i++)
			n += (size_t)snprintf(text + n, sizeof(text) - n,
			    "8 %d d%dx %d 0 8 1 1 0 1 1 0 1 0\n", i, i, 100 * cycle);
		fake_write(&f, "proc/diskstats", text);
		fake_collect(&f, 10 * cycle);
		assert_int_equal(fake_count(&f, METRIC_DISK_READ_OPS), cycle > 1 ? DEVICES_MAX : 0);
		assert_false(fake_has(&f, METRIC_DISK_READ_OPS, "d0x"));
	}
	set_log_level(LOGL_INFO);
	fake_done(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rates),
	    cmocka_unit_test(test_backwards),
	    cmocka_unit_test(test_no_sys),
	    cmocka_unit_test(test_many),
	    cmocka_unit_test(test_pressure),
	    cmocka_unit_test(test_each_counter_backwards),
	    cmocka_unit_test(test_each_counter_leaps),
	    cmocka_unit_test(test_devices),
	    cmocka_unit_test(test_places),
	    cmocka_unit_test(test_a_newcomer_waits),
	    cmocka_unit_test(test_lines_move),
	};

	return cmocka_run_group_tests_name("diskio", tests, NULL, NULL);
}
