/*
 * collect: who is due when, together and apart, and what the collectors are told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/collect/collect.c"

#include "fake_host.h"
#include "tests/unit/log_help.h"

/* Everything that the fixtures of the two collectors here need. */
static void
write_host(const struct fake *f)
{
	fake_write(f, "proc/loadavg", "1.00 3.00 2.00 1/100 1000\n");
	fake_write(f, "proc/sys/fs/file-nr", "100\t0\t1000\n");
	fake_write(f, "proc/uptime", "5.00 5.00\n");
}

/* cpu, fd and kernel on, at intervals of their own. */
static struct collect *
start(struct fake *f, int64_t cpu_secs, int64_t fd_secs)
{
	fake_init(f);
	write_host(f);
	for (int i = 0; i < COLLECTOR_COUNT; i++)
		f->conf.each[i].enabled = i == COLLECTOR_CPU || i == COLLECTOR_FD;
	f->conf.each[COLLECTOR_CPU].interval_secs = cpu_secs;
	f->conf.each[COLLECTOR_FD].interval_secs = fd_secs;
	return collect_new(&f->conf, &f->host);
}

static void
run_at(struct fake *f, struct collect *c, double secs, const struct collect_self *self)
{
	struct now now = {.boot_ns = (int64_t)(secs * 1e9)};

	batch_reset(&f->batch, &now);
	collect_due(c, self, &f->batch);
}

static void
test_schedule(void **state)
{
	struct fake f;
	struct collect *c = start(&f, 10, 30);
	int cpu = 0, fd = 0;

	(void)state;
	run_at(&f, c, 1003, NULL);
	assert_true(fake_has(&f, METRIC_CPU_LOAD_1M, NULL) && fake_has(&f, METRIC_FD_USED, NULL));
	run_at(&f, c, 1004, NULL);
	assert_int_equal(f.batch.len, 0);
	/* A call a second for five minutes, none of them on the second. */
	for (int i = 0; i < 300; i++) {
		run_at(&f, c, 1020.0 + i + (i % 7) * 0.1, NULL);
		cpu += fake_has(&f, METRIC_CPU_LOAD_1M, NULL);
		fd += fake_has(&f, METRIC_FD_USED, NULL);
		if (fake_has(&f, METRIC_FD_USED, NULL)) {
			assert_true(fake_has(&f, METRIC_CPU_LOAD_1M, NULL));
			assert_int_equal(
			    series_at(f.series, fake_sample(&f, METRIC_FD_USED, NULL)->series)
			        ->interval_ms,
			    30000);
		}
	}
	assert_true(cpu >= 29 && cpu <= 31);
	assert_true(fd >= 9 && fd <= 11);
	collect_free(c);
	fake_done(&f);
}

/* A timer that fires a little early or late, or misses, costs no reading and adds none. */
static void
test_jitter(void **state)
{
	struct fake f;
	struct collect *c = start(&f, 10, 10);

	(void)state;
	for (int i = 0; i < 100; i++) {
		run_at(&f, c, 10.0 * (i + 1) + (i % 3 - 1) * 0.9, NULL);
		assert_true(fake_has(&f, METRIC_CPU_LOAD_1M, NULL));
	}
	run_at(&f, c, 5000, NULL);
	assert_true(fake_has(&f, METRIC_CPU_LOAD_1M, NULL));
	run_at(&f, c, 5001, NULL);
	assert_false(fake_has(&f, METRIC_CPU_LOAD_1M, NULL));
	collect_all_due(c);
	run_at(&f, c, 5002, NULL);
	assert_true(fake_has(&f, METRIC_CPU_LOAD_1M, NULL));
	collect_free(c);
	fake_done(&f);
}

static void
test_tick(void **state)
{
	struct conf_collect conf = {.disk_io_interval_secs = 4};

	(void)state;
	for (int i = 0; i < COLLECTOR_COUNT; i++) {
		conf.each[i].enabled = true;
		conf.each[i].interval_secs = 12;
	}
	conf.each[COLLECTOR_DISK].interval_secs = 60;
	assert_int_equal(collect_tick_secs(&conf), 4);
	conf.disk_io_interval_secs = 24;
	assert_int_equal(collect_tick_secs(&conf), 12);
	conf.each[COLLECTOR_FD].interval_secs = 9;
	assert_int_equal(collect_tick_secs(&conf), 3);
	conf.each[COLLECTOR_FD].interval_secs = 0;
	assert_int_equal(collect_tick_secs(&conf), 1);
}

/* What is disabled neither sets the tick nor how often the agent looks at itself. */
static void
test_tick_of_what_is_enabled(void **state)
{
	struct conf_collect conf = {.disk_io_interval_secs = 10};

	(void)state;
	for (int i = 0; i < COLLECTOR_COUNT; i++)
		conf.each[i].interval_secs = 10;
	conf.each[COLLECTOR_PROCESS].interval_secs = 30;
	conf.each[COLLECTOR_PROCESS].enabled = true;
	assert_int_equal(collect_tick_secs(&conf), 30);
	assert_int_equal(interval_of(&collector_self, &conf), 30);
	conf.each[COLLECTOR_DISK].enabled = true;
	conf.each[COLLECTOR_DISK].interval_secs = 60;
	conf.disk_io_interval_secs = 15;
	assert_int_equal(collect_tick_secs(&conf), 15);
	assert_int_equal(interval_of(&collector_self, &conf), 15);
	conf.each[COLLECTOR_PROCESS].enabled = conf.each[COLLECTOR_DISK].enabled = false;
	assert_int_equal(collect_tick_secs(&conf), ALONE_SECS);
}

static void
test_disabled_sections_are_silent(void **state)
{
	struct collect_self self = {.reboots = 2, .samples_dropped = 1};
	struct fake f;
	struct collect *c = start(&f, 10, 10);

	(void)state;
	run_at(&f, c, 10, &self);
	assert_false(fake_has(&f, METRIC_KERNEL_UPTIME, NULL));
	assert_false(fake_has(&f, METRIC_PROC_COUNT, NULL));
	/* The agent itself is always looked at. */
	assert_near(fake_value(&f, METRIC_AGENT_SAMPLES_DROPPED, NULL), 1);
	collect_free(c);
	f.conf.each[COLLECTOR_KERNEL].enabled = true;
	c = collect_new(&f.conf, &f.host);
	run_at(&f, c, 20, &self);
	assert_true(fake_has(&f, METRIC_KERNEL_UPTIME, NULL));
	assert_near(fake_value(&f, METRIC_KERNEL_REBOOTS, NULL), 2);
	collect_free(c);
	fake_done(&f);
}

/* Everything, on the system that the test runs on: twice, so that there are rates. */
static void
test_this_system(void **state)
{
	struct fake f;
	struct collect *c;

	(void)state;
	fake_init(&f);
	host_close(&f.host);
	assert_true(host_open(&f.host, "/proc", "/sys"));
	c = collect_new(&f.conf, &f.host);
	run_at(&f, c, 10, NULL);
	run_at(&f, c, 20, NULL);
	assert_true(f.batch.len > 20);
	assert_true(fake_value(&f, METRIC_MEM_USAGE, NULL) > 0);
	assert_true(fake_value(&f, METRIC_PROC_COUNT, NULL) >= 1);
	assert_true(fake_has(&f, METRIC_CPU_CONTEXT_SWITCHES, NULL));
	assert_int_equal(f.batch.dropped, 0);
	collect_free(c);
	fake_done(&f);
}

/*
 * A file that is there and has nothing in it is not what the kernel documents, and is named once;
 * nor is one of other words. Neither makes a sample.
 */
static void
test_what_is_malformed_is_named(void **state)
{
	static const char *const files[] = {"stat", "loadavg", "pressure/cpu", "meminfo", "vmstat",
	    "pressure/memory", "spl/kstat/zfs/arcstats", "net/dev", "net/snmp", "net/netstat",
	    "net/sockstat", "pressure/io", "sys/fs/file-nr", "uptime",
	    "sys/kernel/random/entropy_avail", "sys/kernel/hung_task_detect_count",
	    "sys/net/netfilter/nf_conntrack_count"};
	static const char *const texts[] = {"", "words\n"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct collect *c;
		struct fake f;
		FILE *log;

		fake_init(&f);
		for (size_t k = 0; k < sizeof(files) / sizeof(files[0]); k++) {
			char path[96];

			snprintf(path, sizeof(path), "proc/%s", files[k]);
			fake_write(&f, path, texts[i]);
		}
		c = collect_new(&f.conf, &f.host);
		log = catch_log(LOGL_WARN);
		run_at(&f, c, 10, NULL);
		run_at(&f, c, 20, NULL);
		assert_int_equal(f.batch.len, 0);
		for (size_t k = 0; k < sizeof(files) / sizeof(files[0]); k++) {
			char want[96];

			snprintf(want, sizeof(want), "proc/%s is not of the form", files[k]);
			if (count_logged(log, want) != 1)
				fail_msg("%s: not said once", files[k]);
		}
		release_log(log);
		collect_free(c);
		fake_done(&f);
	}
}

/* The names behind the last colon of each line are metrics; they are marked. */
static void
mark_metrics(FILE *log, bool named[METRIC_COUNT])
{
	char line[2048];

	rewind(log);
	while (fgets(line, sizeof(line), log) != NULL) {
		char *list = strstr(line, ": absent without it: "), *name;

		if (list == NULL)
			continue;
		for (name = strtok(strrchr(list, ':') + 1, ", \n"); name != NULL;
		     name = strtok(NULL, ", \n")) {
			if (metric_find(name) == METRIC_COUNT)
				fail_msg("no metric: %s", name);
			named[metric_find(name)] = true;
		}
	}
}

/* On a host that has no file at all, each metric of one is named, but for what need not be. */
static void
test_what_is_lost_is_named(void **state)
{
	static const enum metric_id others[] = {METRIC_CPU_PRESSURE_SOME, METRIC_MEM_PRESSURE_SOME,
	    METRIC_MEM_PRESSURE_FULL, METRIC_DISK_PRESSURE_SOME, METRIC_NET_CONNTRACK_USAGE,
	    METRIC_KERNEL_HUNG_TASKS, METRIC_KERNEL_HARDWARE_ERRORS, METRIC_KERNEL_FS_ERRORS,
	    METRIC_KERNEL_REBOOTS};
	bool named[METRIC_COUNT] = {false}, need_not[METRIC_COUNT] = {false};
	struct collect *c;
	struct fake f;
	FILE *log;

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		need_not[others[i]] = true;
	fake_init(&f);
	c = collect_new(&f.conf, &f.host);
	log = catch_log(LOGL_WARN);
	run_at(&f, c, 10, NULL);
	run_at(&f, c, 20, NULL);
	assert_int_equal(count_logged(log, "proc/stat cannot be read: No such file"), 1);
	mark_metrics(log, named);
	for (int id = 0; id < METRIC_COUNT; id++)
		if (metrics[id].group != GROUP_PROCESS && metrics[id].group != GROUP_AGENT &&
		    named[id] == need_not[id])
			fail_msg("%s", metrics[id].name);
	release_log(log);
	collect_free(c);
	fake_done(&f);
}

/* A file that need not be there, and is, and cannot be read: here, since it is a folder. */
static void
test_what_is_refused_is_named(void **state)
{
	struct collect *c;
	struct fake f;
	FILE *log;

	(void)state;
	fake_init(&f);
	fake_write(&f, "proc/pressure/memory/x", "");
	c = collect_new(&f.conf, &f.host);
	log = catch_log(LOGL_WARN);
	run_at(&f, c, 10, NULL);
	run_at(&f, c, 20, NULL);
	assert_int_equal(
	    count_logged(log, ": mem.pressure_some_percent, mem.pressure_full_percent"), 1);
	assert_int_equal(count_logged(log, "pressure/cpu"), 0);
	release_log(log);
	collect_free(c);
	fake_done(&f);
}

/* The files as kernels write them are nothing to speak of. */
static void
test_what_is_well_is_not_named(void **state)
{
	static const struct {
		const char *path, *text;
	} files[] = {{"stat", "cpu  1 2 3 4\ncpu0 1 2 3 4\nintr 5\nctxt 6\n"},
	    {"loadavg", "1.00 3.00 2.00 1/100 1000\n"},
	    {"pressure/cpu", "some avg10=0.00 avg60=0.00 avg300=0.00 total=5\n"},
	    {"meminfo", "MemTotal: 100 kB\nMemAvailable: 50 kB\n"},
	    {"vmstat", "pswpin 1\npswpout 2\npgmajfault 3\n"},
	    {"spl/kstat/zfs/arcstats", "c_min 4 10\nsize 4 20\n"},
	    {"net/dev", "head\n eth0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"},
	    {"net/snmp", "Tcp: CurrEstab RetransSegs\nTcp: 1 2\n"},
	    {"net/netstat", "TcpExt: ListenOverflows\nTcpExt: 3\n"},
	    {"net/sockstat", "TCP: inuse 5 orphan 0 tw 7 alloc 8 mem 9\n"},
	    {"diskstats", "8 0 sda 100 0 1000 500 200 0 2000 900 0 1000 0\n"},
	    {"sys/fs/file-nr", "100\t0\t1000\n"}, {"uptime", "5.00 5.00\n"},
	    {"sys/kernel/random/entropy_avail", "256\n"}, {"self/statm", "100 50 10 1 0 20 0\n"},
	    {"1/mountinfo", "1 0 8:1 / / rw - ext4 x rw\n"}};
	struct collect *c;
	struct fake f;
	FILE *log;

	(void)state;
	fake_init(&f);
	for (size_t k = 0; k < sizeof(files) / sizeof(files[0]); k++) {
		char path[96];

		snprintf(path, sizeof(path), "proc/%s", files[k].path);
		fake_write(&f, path, files[k].text);
	}
	c = collect_new(&f.conf, &f.host);
	log = catch_log(LOGL_WARN);
	run_at(&f, c, 10, NULL);
	run_at(&f, c, 20, NULL);
	assert_int_equal(count_logged(log, ""), 0);
	release_log(log);
	assert_true(f.batch.len > 20);
	collect_free(c);
	fake_done(&f);
}

/* Who has processes to show is found wherever it stands in the list. */
static void
test_each_section_alone(void **state)
{
	struct process_view top[2];
	struct process_growth grown[2];
	struct growth_query q = {.kind = GROWTH_MEMORY, .now_ns = 10 * NS_PER_SEC};

	(void)state;
	for (int section = 0; section < COLLECTOR_COUNT; section++) {
		struct fake f;
		struct collect *c = start(&f, 10, 10);

		collect_free(c);
		fake_write(&f, "proc/7/stat",
		    "7 (x) S 1 1 1 0 -1 4194304 0 0 0 0 1 0 0 0 20 0 1 0 1 1000000 9000 0 0 0\n");
		for (int i = 0; i < COLLECTOR_COUNT; i++)
			f.conf.each[i].enabled = i == section;
		c = collect_new(&f.conf, &f.host);
		run_at(&f, c, 10, NULL);
		assert_int_equal(
		    collect_top_processes(c, false, top, 2), section == COLLECTOR_PROCESS);
		assert_int_equal(collect_growth(c, &q, grown, 2), section == COLLECTOR_PROCESS);
		collect_free(c);
		fake_done(&f);
	}
}

/* An eighth of the tick early is on time, a little more is not. */
static void
test_how_early(void **state)
{
	struct fake f;
	struct collect *c = start(&f, 8, 8);

	(void)state;
	run_at(&f, c, 10, NULL);
	run_at(&f, c, 14.99, NULL);
	assert_int_equal(f.batch.len, 0);
	run_at(&f, c, 15, NULL);
	assert_true(fake_has(&f, METRIC_CPU_LOAD_1M, NULL));
	run_at(&f, c, 22.9, NULL);
	assert_int_equal(f.batch.len, 0);
	run_at(&f, c, 23, NULL);
	assert_true(fake_has(&f, METRIC_CPU_LOAD_1M, NULL));
	collect_free(c);
	collect_free(NULL);
	fake_done(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_schedule),
	    cmocka_unit_test(test_jitter),
	    cmocka_unit_test(test_tick),
	    cmocka_unit_test(test_tick_of_what_is_enabled),
	    cmocka_unit_test(test_disabled_sections_are_silent),
	    cmocka_unit_test(test_this_system),
	    cmocka_unit_test(test_what_is_malformed_is_named),
	    cmocka_unit_test(test_what_is_lost_is_named),
	    cmocka_unit_test(test_what_is_refused_is_named),
	    cmocka_unit_test(test_what_is_well_is_not_named),
	    cmocka_unit_test(test_each_section_alone),
	    cmocka_unit_test(test_how_early),
	};

	return cmocka_run_group_tests_name("collect", tests, NULL, NULL);
}
