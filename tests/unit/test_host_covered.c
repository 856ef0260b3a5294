/*
 * host: a file that a mount lies over is read aside; what hangs costs what is made of it, which is
 * held; and nothing else that is covered is touched.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/collect/aside.c"
#include "src/collect/host.c"

#include "tests/unit/fake_host.h"
#include "tests/unit/hanging_reader.h"
#include "tests/unit/log_help.h"

/* A live host whose mount table is what the test says. */
static void
init(struct fake *f)
{
	char proc[96], sys[96];

	fake_init(f);
	f->host.live = true;
	snprintf(proc, sizeof(proc), "%s/proc", f->dir);
	snprintf(sys, sizeof(sys), "%s/sys", f->dir);
	covers_done(&f->host.covers);
	covers_init(&f->host.covers, proc, sys);
	f->host.covers.table_fd = dup(f->host.proc_fd); /* never says that it has changed */
	f->host.aside = aside_new(HOST_TEXT_MAX);
	hanging_reader_use(f->host.aside, 5000);
}

/* name: "proc/stat"; NULL: nothing is covered. */
static void
cover(struct fake *f, const char *name)
{
	char line[512] = "";

	if (name != NULL)
		snprintf(
		    line, sizeof(line), "9 1 0:9 / %s/%s rw - fuse.lxcfs lxcfs rw\n", f->dir, name);
	covers_take(&f->host.covers, line, strlen(line));
	aside_forget(f->host.aside);
}

static void
look(struct fake *f, int secs)
{
	aside_look(f->host.aside, secs * NS_PER_SEC);
}

static void
a_kept_descriptor_gives_way_to_what_lies_over_the_file(void **state)
{
	struct host_file file = {.path = "stat", .fd = -1};
	struct fake f;

	(void)state;
	init(&f);
	fake_write(&f, "proc/stat", "own\n");
	assert_int_equal(host_read(&f.host, &file), 4);
	assert_true(file.fd >= 0);
	assert_false(file.foreign);
	cover(&f, "proc/stat");
	assert_int_equal(host_read(&f.host, &file), 4);
	assert_string_equal(f.host.text, "own\n");
	assert_true(file.foreign);
	assert_int_equal(file.fd, -1);
	cover(&f, NULL);
	assert_int_equal(host_read(&f.host, &file), 4);
	assert_true(file.fd >= 0);
	assert_false(file.foreign);
	host_file_close(&file);
	fake_done(&f);
}

static void
one_that_hangs_is_no_failure_of_another(void **state)
{
	struct host_file stuck = {.path = "covered/a", .fd = -1}, own = {.path = "own", .fd = -1};
	struct fake f;

	(void)state;
	init(&f);
	fake_write(&f, "proc/covered/a", "a");
	fake_write(&f, "proc/covered/a.stuck", "");
	fake_write(&f, "proc/own", "own");
	cover(&f, "proc/covered");
	look(&f, 10);
	assert_int_equal(host_read(&f.host, &stuck), -1);
	assert_int_equal(errno, ETIMEDOUT);
	assert_int_equal(f.host.unanswered, 1);
	assert_int_equal(host_read(&f.host, &own), 3);
	assert_int_equal(f.host.unanswered, 1);
	host_file_close(&own);
	fake_done(&f);
}

static void
what_is_looked_at_once_is_absent_where_it_is_covered(void **state)
{
	struct stat st;
	struct fake f;
	char text[8];

	(void)state;
	init(&f);
	fake_write(&f, "sys/block/sda/size", "5");
	fake_write(&f, "sys/class/x", "5");
	for (int covered = 0; covered < 2; covered++) {
		int file, tree;

		cover(&f, covered ? "sys/block/sda" : NULL);
		file = host_open_path(&f.host, true, "block/sda/size", O_RDONLY);
		tree = host_open_tree(&f.host, true, "block");
		assert_int_equal(host_has(&f.host, true, "block/sda"), !covered);
		assert_int_equal(host_stat(&f.host, true, "block/sda", &st), covered ? -1 : 0);
		assert_int_equal(host_read_path(&f.host, true, "block/sda/size"), covered ? -1 : 1);
		assert_int_equal(
		    host_read_into(&f.host, true, "block/sda/size", text, 8), covered ? -1 : 1);
		assert_int_equal(file >= 0, !covered);
		assert_int_equal(tree >= 0, !covered);
		assert_true(host_has(&f.host, true, "block"));
		assert_true(host_has(&f.host, true, "class/x"));
		io_close(&file);
		io_close(&tree);
	}
	fake_done(&f);
}

static void
files_of_two_scopes_are_told_apart(void **state)
{
	struct host_file a = {.path = "a", .fd = -1}, b = {.path = "b", .fd = -1};
	struct fake f;

	(void)state;
	init(&f);
	fake_write(&f, "proc/a", "");
	fake_write(&f, "proc/b", "");
	for (int i = 0; i < 3; i++) {
		static const char *const names[] = {NULL, "proc/a", "proc/b"};

		cover(&f, names[i]);
		host_read(&f.host, &a);
		host_read(&f.host, &b);
		assert_int_equal(host_is_one_scope(&a, &b), i == 0);
	}
	host_file_close(&a);
	host_file_close(&b);
	fake_done(&f);
}

static enum series_life
life_of(const struct fake *f, enum metric_id metric)
{
	uint32_t id = series_find(f->series, metric, NULL);

	assert_int_not_equal(id, SERIES_NONE);
	return series_life(series_at(f->series, id));
}

static void
collect(struct fake *f, struct collect *c, int secs)
{
	struct now now = {.boot_ns = secs * NS_PER_SEC, .wall_ms = 1700000000000};

	batch_reset(&f->batch, &now);
	collect_all_due(c);
	collect_due(c, NULL, &f->batch);
}

static void
the_series_of_a_file_that_hangs_are_held(void **state)
{
	struct collect *c;
	struct fake f;

	(void)state;
	init(&f);
	c = collect_new(&f.conf, &f.host);
	fake_write(&f, "proc/loadavg", "1.00 2.00 3.00 1/100 1000\n");
	fake_write(&f, "proc/uptime", "100.00 100.00\n");
	cover(&f, "proc/loadavg");
	for (int secs = 10; secs < 30; secs += 10) {
		collect(&f, c, secs);
		assert_near(fake_value(&f, METRIC_CPU_LOAD_5M, NULL), 2);
		assert_near(fake_value(&f, METRIC_AGENT_FILE_STALE, NULL), 0);
	}
	set_log_level(LOGL_ERROR);
	fake_write(&f, "proc/loadavg.stuck", "");
	for (int secs = 30; secs < 120; secs += 10) {
		collect(&f, c, secs);
		assert_false(fake_has(&f, METRIC_CPU_LOAD_5M, NULL));
		assert_int_equal(life_of(&f, METRIC_CPU_LOAD_5M), SERIES_HELD);
		assert_near(fake_value(&f, METRIC_KERNEL_UPTIME, NULL), 100);
	}
	assert_near(fake_value(&f, METRIC_AGENT_FILE_STALE, NULL), 1);
	fake_remove(&f, "proc/loadavg.stuck");
	for (int secs = 120; !fake_has(&f, METRIC_CPU_LOAD_5M, NULL); secs += 10)
		collect(&f, c, secs);
	assert_int_equal(life_of(&f, METRIC_CPU_LOAD_5M), SERIES_ALIVE);
	assert_near(fake_value(&f, METRIC_AGENT_FILE_STALE, NULL), 0);
	collect_free(c);
	set_log_level(LOGL_INFO);
	fake_done(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_kept_descriptor_gives_way_to_what_lies_over_the_file),
	    cmocka_unit_test(one_that_hangs_is_no_failure_of_another),
	    cmocka_unit_test(what_is_looked_at_once_is_absent_where_it_is_covered),
	    cmocka_unit_test(files_of_two_scopes_are_told_apart),
	    cmocka_unit_test(the_series_of_a_file_that_hangs_are_held),
	};

	return cmocka_run_group_tests_name("host_covered", tests, NULL, NULL);
}
