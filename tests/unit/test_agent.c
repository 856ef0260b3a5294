/*
 * The whole walk from files to jobs, on files and a time that the test makes: what a person would
 * be told, and what a restart makes of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/agent/agent.c"

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "notify/notify.h"
#include "tests/unit/core_help.h"
#include "tests/unit/log_help.h"

static char folder[] = "/tmp/test_agent.XXXXXX";

struct scene {
	struct conf *conf;
	struct agent agent;
	struct now now;
	struct fake_disk disk;
	char told[4096]; /* the console's lines */
	struct buf lines;
};

static void
write_file(const char *name, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void
set_load(double load)
{
	char text[64];

	snprintf(text, sizeof(text), "%.2f 0.00 0.00 1/100 1000\n", load);
	write_file("proc/loadavg", text);
}

static int
make_folder(void **fixture)
{
	char path[128], text[512];

	(void)fixture;
	set_log_level(LOGL_ERROR);
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/proc", folder);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/sys", folder);
	mkdir(path, 0700);
	snprintf(text, sizeof(text),
	    "[agent]\nhostname = \"web-1\"\ncollect_interval_secs = 10\n"
	    "proc_root = \"%s/proc\"\nsys_root = \"%s/sys\"\n"
	    "[[rules]]\nname = \"busy\"\nmetric = \"cpu.load_1m\"\ncritical = 5\nfor_secs = 20\n",
	    folder, folder);
	write_file("config.toml", text);
	return 0;
}

static void
begin(struct scene *s)
{
	struct conf_report *report = mem_zalloc(1, sizeof(*report));
	char path[128];

	*s = (struct scene){.now = {.boot_ns = 1000 * NS_PER_SEC, .wall_ms = 1700000000000}};
	buf_init(&s->lines, s->told, sizeof(s->told));
	snprintf(path, sizeof(path), "%s/config.toml", folder);
	s->conf = conf_load(path, NULL, NULL, report);
	if (s->conf == NULL)
		fail_msg("%s", report->items[0].text);
	mem_free(report);
	assert_true(agent_init(&s->agent, s->conf, 1));
	core_start_judging(&s->agent.core);
}

static void
end(struct scene *s)
{
	fake_disk_done(&s->disk);
	agent_done(&s->agent);
	conf_free(s->conf);
}

static void
take_changes(struct scene *s)
{
	core_help_save(&s->agent.core, &s->disk, 1);
}

static void
deliver_all(struct scene *s)
{
	struct outbox_job job;

	while (outbox_next(s->agent.core.outbox, &s->now, &job)) {
		struct notify_context ctx = {
		    .hostname = "web-1", .version = "0", .now.wall_ms = s->now.wall_ms};
		struct delivery_receipt receipt = {.id = job.id,
		    .attempt = job.attempt,
		    .outcome = DELIVERY_DELIVERED,
		    .text = ""};

		assert_true(notify_render(job.notice, &ctx, &s->lines));
		outbox_receipt(s->agent.core.outbox, job.channel, &receipt, &s->now);
	}
	take_changes(s);
}

/* Cycles of 10 s with this load. */
static void
live(struct scene *s, double load, int cycles)
{
	set_load(load);
	while (cycles-- > 0) {
		s->now.boot_ns += 10 * NS_PER_SEC;
		s->now.wall_ms += 10000;
		agent_cycle(&s->agent, &s->now);
		take_changes(s);
		deliver_all(s);
	}
}

static void
restart_blind(struct scene *s)
{
	agent_done(&s->agent);
	assert_true(agent_init(&s->agent, s->conf, 2));
}

static void
load(struct scene *s)
{
	core_help_load(&s->agent.core, &s->disk, &s->now);
}

static void
restart(struct scene *s)
{
	restart_blind(s);
	load(s);
	core_start_judging(&s->agent.core);
}

static int
count_of(const struct scene *s, const char *word)
{
	int n = 0;

	for (const char *p = s->told; (p = strstr(p, word)) != NULL; p++)
		n++;
	return n;
}

static void
a_rise_is_told_once_and_its_end_once(void **fixture)
{
	struct scene *s = mem_zalloc(1, sizeof(*s));

	(void)fixture;
	begin(s);
	live(s, 1, 5);
	live(s, 9, 2);
	assert_int_equal(s->lines.len, 0); /* 10 s of the 20 that it must last */
	live(s, 9, 30);
	assert_int_equal(count_of(s, "[CRITICAL]"), 1);
	live(s, 4.9, 5); /* within the band of 5 % below the limit */
	assert_int_equal(count_of(s, "[RESOLVED]"), 0);
	live(s, 4.5, 5);
	assert_int_equal(count_of(s, "[RESOLVED]"), 1);
	assert_int_equal(count_of(s, "web-1"), 2);
	end(s);
	mem_free(s);
}

static void
a_restart_neither_repeats_nor_forgets(void **fixture)
{
	struct scene *s = mem_zalloc(1, sizeof(*s));

	(void)fixture;
	begin(s);
	live(s, 9, 10);
	assert_int_equal(count_of(s, "[CRITICAL]"), 1);
	restart(s);
	live(s, 9, 20);
	live(s, 4.9, 5);
	assert_int_equal(count_of(s, "[CRITICAL]"), 1);
	assert_int_equal(count_of(s, "[RESOLVED]"), 0);
	restart(s);
	live(s, 1, 5);
	assert_int_equal(count_of(s, "[RESOLVED]"), 1);
	end(s);
	mem_free(s);
}

static void
what_was_raised_and_not_sent_leaves_after_the_restart(void **fixture)
{
	struct scene *s = mem_zalloc(1, sizeof(*s));

	(void)fixture;
	begin(s);
	set_load(9);
	for (int i = 0; i < 5; i++) {
		s->now.boot_ns += 10 * NS_PER_SEC;
		s->now.wall_ms += 10000;
		agent_cycle(&s->agent, &s->now);
		take_changes(s);
	}
	assert_int_equal(s->lines.len, 0);
	restart(s);
	deliver_all(s);
	assert_int_equal(count_of(s, "[CRITICAL]"), 1);
	end(s);
	mem_free(s);
}

/* A life that dies of its look at the host, with the launcher's word of those before it. */
static void
fail_life(struct scene *s, int lives)
{
	s->now.boot_ns += 82 * NS_PER_SEC;
	s->now.wall_ms += 82000;
	restart(s);
	for (int i = 0; i < lives; i++)
		s->agent.self.failed_ns[i] = s->now.boot_ns - 1 - i * 82 * NS_PER_SEC;
	agent_look_back(&s->agent, &s->now);
	take_changes(s);
	deliver_all(s);
	assert_false(agent_is_telling(&s->agent));
}

static void
what_is_raised_leaves_from_lives_that_never_see_the_host(void **fixture)
{
	struct scene *s = mem_zalloc(1, sizeof(*s));

	(void)fixture;
	begin(s);
	live(s, 9, 3);
	assert_int_equal(s->lines.len, 0); /* it waits in its group */
	fail_life(s, 1);
	assert_int_equal(count_of(s, "[CRITICAL]"), 1);
	assert_int_equal(count_of(s, "[RESOLVED]"), 0);
	fail_life(s, 2);
	fail_life(s, 3);
	assert_int_equal(count_of(s, "[CRITICAL]"), 1);
	fail_life(s, 4);
	assert_int_equal(count_of(s, "[CRITICAL]"), 2);
	assert_int_equal(count_of(s, "again and again"), 1);
	live(s, 9, 5);
	assert_int_equal(count_of(s, "[CRITICAL]"), 2);
	/* It is over an hour after the last. */
	live(s, 9, 370);
	assert_int_equal(count_of(s, "[RESOLVED]"), 1);
	end(s);
	mem_free(s);
}

/* The keeper gives its rows only after the agent has begun to judge. */
static void
a_late_memory_neither_repeats_nor_forgets(void **fixture)
{
	struct scene *s = mem_zalloc(1, sizeof(*s));

	(void)fixture;
	begin(s);
	live(s, 9, 10);
	assert_int_equal(count_of(s, "[CRITICAL]"), 1);
	restart_blind(s);
	core_start_judging(&s->agent.core);
	live(s, 9, 1); /* pending */
	load(s);
	live(s, 4.9, 5); /* within the band: it fires on */
	assert_int_equal(count_of(s, "[CRITICAL]"), 1);
	assert_int_equal(count_of(s, "[RESOLVED]"), 0);
	restart_blind(s);
	core_start_judging(&s->agent.core);
	live(s, 1, 2); /* it ended while nobody looked */
	load(s);
	live(s, 1, 5); /* its group's window included */
	assert_int_equal(count_of(s, "[RESOLVED]"), 1);
	assert_int_equal(count_of(s, "gone"), 0);
	live(s, 1, 5);
	assert_int_equal(count_of(s, "[RESOLVED]"), 1);
	end(s);
	mem_free(s);
}

/* Told twice, for want of memory: from then on it is one alert again. */
static void
an_alert_told_before_its_memory_came_is_one(void **fixture)
{
	struct scene *s = mem_zalloc(1, sizeof(*s));

	(void)fixture;
	begin(s);
	live(s, 9, 10);
	restart_blind(s);
	core_start_judging(&s->agent.core);
	for (int i = 0; i < 4; i++) { /* its own rows wait until the others have come */
		s->now.boot_ns += 10 * NS_PER_SEC;
		s->now.wall_ms += 10000;
		agent_cycle(&s->agent, &s->now);
	}
	load(s);
	deliver_all(s);
	live(s, 9, 5);
	restart(s);
	live(s, 9, 5);
	assert_int_equal(count_of(s, "[CRITICAL]"), 2);
	live(s, 1, 5);
	assert_int_equal(count_of(s, "[RESOLVED]"), 1);
	end(s);
	mem_free(s);
}

static void
a_vanished_series_ends_its_alert(void **fixture)
{
	struct scene *s = mem_zalloc(1, sizeof(*s));

	(void)fixture;
	begin(s);
	live(s, 9, 10);
	write_file("proc/loadavg", "");
	for (int i = 0; i < 6; i++) {
		s->now.boot_ns += 10 * NS_PER_SEC;
		s->now.wall_ms += 10000;
		agent_cycle(&s->agent, &s->now);
		take_changes(s);
		deliver_all(s);
	}
	assert_int_equal(count_of(s, "[RESOLVED]"), 1);
	assert_int_equal(count_of(s, "gone"), 1);
	end(s);
	mem_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_rise_is_told_once_and_its_end_once),
	    cmocka_unit_test(a_restart_neither_repeats_nor_forgets),
	    cmocka_unit_test(what_was_raised_and_not_sent_leaves_after_the_restart),
	    cmocka_unit_test(what_is_raised_leaves_from_lives_that_never_see_the_host),
	    cmocka_unit_test(a_late_memory_neither_repeats_nor_forgets),
	    cmocka_unit_test(an_alert_told_before_its_memory_came_is_one),
	    cmocka_unit_test(a_vanished_series_ends_its_alert),
	};

	return cmocka_run_group_tests_name("agent", tests, make_folder, NULL);
}
