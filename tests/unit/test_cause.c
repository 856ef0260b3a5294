/*
 * cause: whom an alert names, on a made-up /proc and /sys.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/agent/cause.c"

#include "fake_host.h"
#include "tests/unit/subject_help.h"

#define MIB_PAGES 256

struct scene {
	struct fake f;
	struct collect *collect;
	struct latest latest;
	struct findings findings;
	struct cause cause;
	struct now now;
	char text[NOTICE_CAUSE_MAX];
};

static void
set_process(
    const struct scene *s, int pid, const char *name, double cpu_secs, int rss_mib, char state)
{
	char path[64], text[512];

	snprintf(path, sizeof(path), "proc/%d/stat", pid);
	snprintf(text, sizeof(text),
	    "%d (%s) %c 1 1 1 0 -1 4194304 0 0 0 0 %.0f 0 0 0 20 0 1 0 500 1000000 %d 0 0 0 0 0 0 "
	    "0 "
	    "0 0 0 0 0 0 0 17 0 0 0 0 0 0\n",
	    pid, name, state, cpu_secs * (double)s->f.host.ticks_per_sec, rss_mib * MIB_PAGES);
	fake_write(&s->f, path, text);
}

static void
set_service(const struct scene *s, int pid, const char *path_in_tree)
{
	char path[64], text[256];

	snprintf(path, sizeof(path), "proc/%d/cgroup", pid);
	snprintf(text, sizeof(text), "0::%s\n", path_in_tree);
	fake_write(&s->f, path, text);
}

static void
set_traffic(const struct scene *s, const char *service, double mib)
{
	char path[128], text[128];

	snprintf(path, sizeof(path), "sys/fs/cgroup/system.slice/%s/io.stat", service);
	snprintf(text, sizeof(text), "8:0 rbytes=%.0f wbytes=0 rios=1 wios=0\n", mib * 1048576);
	fake_write(&s->f, path, text);
}

static void
set_writes(const struct scene *s, const char *service, double mib)
{
	char path[128], text[128];

	snprintf(path, sizeof(path), "sys/fs/cgroup/system.slice/%s/io.stat", service);
	snprintf(text, sizeof(text), "8:0 rbytes=0 wbytes=%.0f rios=1 wios=0\n", mib * 1048576);
	fake_write(&s->f, path, text);
}

static void
begin(struct scene *s)
{
	memset(s, 0, sizeof(*s));
	fake_init(&s->f);
	s->f.host.page_bytes = 4096;
	for (int i = 0; i < COLLECTOR_COUNT; i++)
		s->f.conf.each[i].enabled = i == COLLECTOR_PROCESS;
	s->now = (struct now){.boot_ns = 1000 * NS_PER_SEC, .wall_ms = 1700000000000};
	set_process(s, 10, "postgres", 100, 500, 'S');
	set_service(s, 10, "/system.slice/postgresql.service");
	set_process(s, 11, "java", 5000, 3000, 'S');
	set_service(s, 11, "/system.slice/app.service");
	s->collect = collect_new(&s->f.conf, &s->f.host);
	latest_init(&s->latest, s->f.series);
	findings_init(&s->findings, 16);
	cause_init(&s->cause, &s->f.host, s->collect, &s->latest);
}

static void
end(struct scene *s)
{
	cause_done(&s->cause);
	findings_done(&s->findings);
	latest_done(&s->latest);
	collect_free(s->collect);
	fake_done(&s->f);
}

static void
live(struct scene *s, int cycles)
{
	for (int i = 0; i < cycles; i++) {
		s->now.boot_ns += 10 * NS_PER_SEC;
		s->now.wall_ms += 10000;
		batch_reset(&s->f.batch, &s->now);
		collect_due(s->collect, NULL, &s->f.batch);
		latest_add(&s->latest, &s->f.batch);
	}
}

static struct notice *
fire(const struct scene *s, enum notice_kind kind, enum metric_id metric, int secs_ago)
{
	struct notice *n = notice_new(kind, 0, 1);

	set_metric(&n->facts[0], metric);
	n->facts[0].since.wall_ms = s->now.wall_ms - secs_ago * 1000;
	return n;
}

/* The cause of one alert on the metric that began so long ago. */
static const char *
cause_of(struct scene *s, enum metric_id metric, int secs_ago)
{
	struct notices list = {0};

	notices_add(&list, fire(s, NOTICE_FIRE, metric, secs_ago));
	cause_fill(&s->cause, &list, &s->now);
	str_copy(s->text, sizeof(s->text), list.items[0]->facts[0].cause);
	notices_done(&list);
	return s->text;
}

static void
test_memory(void **state)
{
	struct scene s;

	(void)state;
	begin(&s);
	live(&s, 20);
	set_process(&s, 10, "postgres", 100, 500 + 1229, 'S');
	set_process(&s, 11, "java", 5000, 3300, 'S');
	live(&s, 1);
	assert_string_equal(cause_of(&s, METRIC_MEM_USAGE, 30),
	    "postgres (postgresql.service) +1.2 GiB, java (app.service) +300.0 MiB");
	end(&s);
}

static void
test_memory_that_did_not_grow(void **state)
{
	struct scene s;

	(void)state;
	begin(&s);
	live(&s, 20);
	assert_string_equal(cause_of(&s, METRIC_MEM_USAGE, 30),
	    "largest: java (app.service) 2.9 GiB, postgres (postgresql.service) 500.0 MiB");
	end(&s);
}

static void
test_cpu(void **state)
{
	struct scene s;

	(void)state;
	begin(&s);
	live(&s, 20);
	set_process(&s, 11, "java", 5000 + 18.7, 3000, 'R');
	live(&s, 1);
	assert_string_equal(cause_of(&s, METRIC_CPU_USAGE, 10), "java (app.service) 187% CPU");
	assert_string_equal(
	    cause_of(&s, METRIC_CPU_LOAD_PER_CORE, 10), "java (app.service) 187% CPU");
	end(&s);
}

static void
test_nobody_stands_out(void **state)
{
	struct scene s;

	(void)state;
	begin(&s);
	live(&s, 20);
	assert_string_equal(cause_of(&s, METRIC_CPU_USAGE, 10), "");
	assert_string_equal(cause_of(&s, METRIC_DISK_IO_TIME, 10), "");
	assert_string_equal(cause_of(&s, METRIC_DISK_USAGE, 10), "");
	end(&s);
}

static void
test_load_of_those_that_wait(void **state)
{
	struct scene s;

	(void)state;
	begin(&s);
	set_process(&s, 12, "postgres", 1, 10, 'D');
	set_process(&s, 10, "postgres", 100, 500, 'D');
	live(&s, 20);
	assert_string_equal(cause_of(&s, METRIC_CPU_LOAD_PER_CORE, 60),
	    "waiting for a disk: postgres x2 (postgresql.service)");
	end(&s);
}

static void
add_pending(struct scene *s, enum metric_id metric, const char *device)
{
	const char *labels[] = {device, "", ""};
	struct series_ref ref = {0};
	struct finding *f = findings_add(&s->findings);

	f->state = FINDING_PENDING;
	f->subject = subject_of_series(series_at(
	    s->f.series, series_get(s->f.series, &ref, metric, labels, s->now.boot_ns, 10000)));
}

/* Read once when the disk begins to be busy, and once when that alerts. */
static void
test_disk_by_service(void **state)
{
	struct scene s;

	(void)state;
	begin(&s);
	set_traffic(&s, "backup.service", 100);
	set_traffic(&s, "db.service", 9000);
	live(&s, 1);
	cause_look(&s.cause, &s.findings, &s.now);
	assert_null(s.cause.io.before); /* nothing is read while nothing is wrong */
	add_pending(&s, METRIC_DISK_IO_TIME, "sda");
	cause_look(&s.cause, &s.findings, &s.now);
	set_traffic(&s, "backup.service", 100 + 900);
	set_traffic(&s, "db.service", 9000 + 30);
	live(&s, 3);
	cause_look(&s.cause, &s.findings, &s.now);
	assert_string_equal(cause_of(&s, METRIC_DISK_IO_TIME, 30),
	    "backup.service 30.0 MiB/s, db.service 1.0 MiB/s");
	assert_string_equal(
	    cause_of(&s, METRIC_DISK_AWAIT, 30), "backup.service 30.0 MiB/s, db.service 1.0 MiB/s");
	end(&s);
}

static void
test_disk_without_accounting(void **state)
{
	struct scene s;

	(void)state;
	begin(&s);
	set_process(&s, 10, "postgres", 100, 500, 'D');
	live(&s, 1);
	add_pending(&s, METRIC_DISK_IO_TIME, "sda");
	cause_look(&s.cause, &s.findings, &s.now);
	live(&s, 3);
	assert_string_equal(
	    cause_of(&s, METRIC_DISK_IO_TIME, 30), "waiting: postgres (postgresql.service)");
	end(&s);
}

/* What fills a disk was written: who reads most is no help. */
static void
test_a_disk_that_fills_names_who_wrote(void **state)
{
	const char *labels[] = {"/var", "/dev/sda1", "ext4"};
	struct notices list = {0};
	struct scene s;

	(void)state;
	begin(&s);
	fake_write(&s.f, "sys/fs/cgroup/system.slice/backup.service/io.stat",
	    "8:0 rbytes=1000000000 wbytes=0 rios=1 wios=0\n");
	set_writes(&s, "db.service", 100);
	live(&s, 1);
	batch_reset(&s.f.batch, &s.now);
	batch_add_labelled(&s.f.batch, &(struct series_ref){0}, METRIC_DISK_USAGE, labels, 70, NAN);
	latest_add(&s.latest, &s.f.batch);
	cause_look(&s.cause, &s.findings, &s.now); /* nothing is wrong yet */
	fake_write(&s.f, "sys/fs/cgroup/system.slice/backup.service/io.stat",
	    "8:0 rbytes=9000000000 wbytes=0 rios=1 wios=0\n");
	set_writes(&s, "db.service", 100 + 600);
	live(&s, 6);
	for (int i = 0; i < 2; i++) {
		notices_add(&list, fire(&s, NOTICE_FIRE, METRIC_DISK_USAGE, 0));
		label_set_add(&list.items[i]->facts[0].subject.labels, "device",
		    i == 0 ? "/dev/sda1" : "tmpfs");
	}
	cause_fill(&s.cause, &list, &s.now);
	assert_string_equal(list.items[0]->facts[0].cause, "wrote most: db.service 10.0 MiB/s");
	assert_string_equal(list.items[1]->facts[0].cause, ""); /* memory */
	notices_done(&list);
	end(&s);
}

/* By program, however many names there are and however late it comes. */
static void
test_process_counts_name_the_program(void **state)
{
	struct scene s;

	(void)state;
	begin(&s);
	for (int i = 0; i < 500; i++) {
		char name[16];

		snprintf(name, sizeof(name), "one%d", i);
		set_process(&s, 100 + i, name, 0, 1, 'S');
	}
	for (int i = 0; i < 300; i++)
		set_process(&s, 1000 + i, "worker", 0, 1, i < 20 ? 'Z' : 'S');
	set_service(&s, 1000, "/system.slice/app.service");
	live(&s, 2);
	assert_string_equal(cause_of(&s, METRIC_PROC_COUNT, 30), "worker x300 (app.service)");
	assert_string_equal(cause_of(&s, METRIC_PROC_ZOMBIES, 30), "worker x20 (app.service)");
	assert_string_equal(cause_of(&s, METRIC_PROC_THREADS, 30), "worker x280 280 threads");
	end(&s);
}

/* Only what fires is filled in, every channel gets the same words, and what is there stays. */
static void
test_which_notices(void **state)
{
	struct scene s;
	struct notices list = {0};

	(void)state;
	begin(&s);
	live(&s, 20);
	set_process(&s, 11, "java", 5000 + 18.7, 3000, 'R');
	live(&s, 1);
	notices_add(&list, fire(&s, NOTICE_FIRE, METRIC_CPU_USAGE, 10));
	notices_add(&list, fire(&s, NOTICE_FIRE, METRIC_CPU_USAGE, 10));
	notices_add(&list, fire(&s, NOTICE_RESOLVE, METRIC_CPU_USAGE, 10));
	notices_add(&list, fire(&s, NOTICE_FIRE, METRIC_CPU_USAGE, 10));
	list.items[2]->facts[0].resolved.wall_ms = s.now.wall_ms;
	str_copy(list.items[3]->facts[0].cause, NOTICE_CAUSE_MAX, "known");
	cause_fill(&s.cause, &list, &s.now);
	assert_string_equal(list.items[0]->facts[0].cause, "java (app.service) 187% CPU");
	assert_string_equal(list.items[1]->facts[0].cause, list.items[0]->facts[0].cause);
	assert_string_equal(list.items[2]->facts[0].cause, "");
	assert_string_equal(list.items[3]->facts[0].cause, "known");
	assert_int_equal(s.cause.cached_len, 1);
	notices_done(&list);
	end(&s);
}

/* A name is what a process says of itself: it can be long and strange, never more than there is
 * room for. */
static void
test_hostile_names(void **state)
{
	struct scene s;

	(void)state;
	begin(&s);
	live(&s, 20);
	for (int i = 0; i < 3; i++) {
		char name[32], path[200];

		snprintf(name, sizeof(name), "@every\x1b[3%d\xff<b>", i);
		set_process(&s, 20 + i, name, 0, 100 + i, 'S');
		snprintf(path, sizeof(path), "/system.slice/%0120d.service", i);
		set_service(&s, 20 + i, path);
	}
	live(&s, 1);
	cause_of(&s, METRIC_MEM_USAGE, 10);
	assert_true(str_starts(s.text, "@every?[32?<b> (0000"));
	assert_true(str_utf8_valid(s.text, strlen(s.text)));
	assert_true(str_ends(s.text, "MiB"));
	end(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_memory),
	    cmocka_unit_test(test_memory_that_did_not_grow),
	    cmocka_unit_test(test_cpu),
	    cmocka_unit_test(test_nobody_stands_out),
	    cmocka_unit_test(test_load_of_those_that_wait),
	    cmocka_unit_test(test_disk_by_service),
	    cmocka_unit_test(test_disk_without_accounting),
	    cmocka_unit_test(test_a_disk_that_fills_names_who_wrote),
	    cmocka_unit_test(test_process_counts_name_the_program),
	    cmocka_unit_test(test_which_notices),
	    cmocka_unit_test(test_hostile_names),
	};

	return cmocka_run_group_tests_name("cause", tests, NULL, NULL);
}
