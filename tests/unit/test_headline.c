/*
 * The sentences that people read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "src/notify/headline.c"

#include "notify/detail.h"
#include "tests/unit/subject_help.h"

#define NOW_MS 1795380901123 /* 2026-11-22T20:55:01.123Z */

static struct alert_facts
facts_of(enum metric_id metric, enum rule_op op, double value, double limit)
{
	return (struct alert_facts){.rule = "mine",
	    .subject = metric_subject(metric),
	    .severity = SEV_CRITICAL,
	    .value = value,
	    .limit = limit,
	    .worst = value,
	    .op = op,
	    .eta_secs = NAN,
	    .since.wall_ms = NOW_MS - 720000,
	    .count = 1};
}

static const char *
headline(enum notice_kind kind, struct alert_facts *facts, size_t count, int64_t age_ms)
{
	static char storage[2048];
	const struct notify_context ctx = {
	    .hostname = "web-01", .version = "1", .now.wall_ms = NOW_MS + age_ms};
	const struct notice n = {.kind = kind,
	    .severity = SEV_CRITICAL,
	    .created.wall_ms = NOW_MS,
	    .fact_count = count,
	    .facts = facts};
	const struct message msg = {&n, &ctx, buf_add_visible};
	struct buf b;

	buf_init(&b, storage, sizeof(storage));
	headline_add(&msg, &b);
	return storage;
}

static const char *
fire(enum metric_id metric, enum rule_op op, double value, double limit)
{
	struct alert_facts f = facts_of(metric, op, value, limit);

	return headline(NOTICE_FIRE, &f, 1, 0);
}

static void
test_metrics_read_as_words(void **state)
{
	(void)state;
	assert_string_equal(fire(METRIC_CPU_USAGE, OP_GE, 97, 95),
	    "[CRITICAL] web-01: CPU usage is 97.0% (limit 95.0%)");
	assert_string_equal(fire(METRIC_MEM_AVAILABLE, OP_LT, 1 << 20, 1 << 30),
	    "[CRITICAL] web-01: memory available is 1.0 MiB (minimum 1.0 GiB)");
	assert_string_equal(fire(METRIC_NET_RX_ERRORS, OP_GT, 12, 1),
	    "[CRITICAL] web-01: network rx errors is 12/s (limit 1/s)");
	assert_string_equal(fire(METRIC_PROC_COUNT, OP_NE, 3, 4),
	    "[CRITICAL] web-01: process count is 3 (expected 4)");
	assert_string_equal(fire(METRIC_DISK_STALE, OP_GE, 1, 1),
	    "[CRITICAL] web-01: file system is not answering");
	assert_string_equal(fire(METRIC_DISK_STALE, OP_GE, 116, 1),
	    "[CRITICAL] web-01: file system is broken: Stale file handle (ESTALE)");
	/* What a rule compares with may be any number. */
	assert_string_equal(
	    fire(METRIC_DISK_STALE, OP_GE, 1.5, 1), "[CRITICAL] web-01: file system is 1.50");
	assert_string_equal(
	    fire(METRIC_DISK_STALE, OP_GE, 1e300, 1), "[CRITICAL] web-01: file system is 1e+300");
	assert_string_equal(
	    fire(METRIC_NET_LINK_UP, OP_LE, 0, 0), "[CRITICAL] web-01: network link is down");
}

static void
test_every_metric_has_words(void **state)
{
	(void)state;
	for (int i = 0; i < METRIC_COUNT; i++) {
		const char *text = fire((enum metric_id)i, OP_GE, 1, 1);

		assert_null(strpbrk(text + strlen("[CRITICAL] web-01: "), "_"));
		assert_non_null(strstr(text, " is "));
	}
}

static void
test_a_reminder_says_that_it_goes_on(void **state)
{
	struct alert_facts f[] = {
	    facts_of(METRIC_CPU_USAGE, OP_GE, 97, 95), facts_of(METRIC_CPU_IOWAIT, OP_GE, 70, 60)};

	(void)state;
	f[0].still = f[0].again = true;
	assert_string_equal(headline(NOTICE_FIRE, f, 1, 0),
	    "[CRITICAL] web-01: still: CPU usage is 97.0% (limit 95.0%), for 12 min");
	assert_string_equal(headline(NOTICE_FIRE, f, 2, 0),
	    "[CRITICAL] web-01: 2 cpu critical alerts: CPU usage (97.0%), CPU iowait (70.0%)");
	f[1].still = f[1].again = true;
	assert_string_equal(headline(NOTICE_FIRE, f, 2, 0),
	    "[CRITICAL] web-01: still: 2 cpu critical alerts: CPU usage (97.0%), CPU iowait "
	    "(70.0%)");
	f[0].flap = FLAP_LASTS;
	f[0].count = 12;
	f[0].count_secs = 660;
	assert_string_equal(headline(NOTICE_FIRE, f, 1, 0),
	    "[CRITICAL] web-01: still: CPU usage is flapping: 12 changes in 11 min, now 97.0% "
	    "(limit 95.0%), for 12 min");
}

static void
test_an_end_says_how_it_was(void **state)
{
	struct alert_facts f = facts_of(METRIC_CPU_USAGE, OP_GE, 45.2, 95);

	(void)state;
	f.worst = 95.2;
	f.resolved.wall_ms = NOW_MS;
	assert_string_equal(headline(NOTICE_RESOLVE, &f, 1, 0),
	    "[RESOLVED] web-01: CPU usage normalized: 45.2% (was 95.2%, for 12 min)");
	f.value = NAN;
	assert_string_equal(headline(NOTICE_RESOLVE, &f, 1, 0),
	    "[RESOLVED] web-01: CPU usage is over (was 95.2%, for 12 min)");
	f.gone = true;
	assert_string_equal(headline(NOTICE_RESOLVE, &f, 1, 0),
	    "[RESOLVED] web-01: CPU usage is gone (was 95.2%, for 12 min)");
}

static void
test_several_alerts_share_a_line(void **state)
{
	struct alert_facts f[7];

	(void)state;
	for (int i = 0; i < 7; i++)
		f[i] = facts_of(METRIC_MEM_USAGE, OP_GE, 91, 90);
	assert_string_equal(headline(NOTICE_FIRE, f, 2, 0),
	    "[CRITICAL] web-01: 2 memory critical alerts: memory usage (91.0%), memory usage "
	    "(91.0%)");
	assert_non_null(strstr(headline(NOTICE_FIRE, f, 7, 0), " and 2 more"));
	set_metric(&f[1], METRIC_CPU_USAGE);
	assert_non_null(strstr(headline(NOTICE_FIRE, f, 2, 0), ": 2 critical alerts: "));
}

static void
test_old_news_is_marked(void **state)
{
	struct alert_facts f = facts_of(METRIC_CPU_USAGE, OP_GE, 97, 95);

	(void)state;
	assert_null(strstr(headline(NOTICE_FIRE, &f, 1, 60000), "delayed"));
	assert_non_null(strstr(headline(NOTICE_FIRE, &f, 1, 60001), "delayed"));
	/* a clock that was set back delays nothing */
	assert_null(strstr(headline(NOTICE_FIRE, &f, 1, -600000), "delayed"));
}

static void
test_an_alert_without_metric_is_its_rule(void **state)
{
	struct alert_facts f = facts_of(METRIC_COUNT, OP_GE, NAN, NAN);

	(void)state;
	str_copy(f.message, sizeof(f.message), "Out of memory: \x1b[1mKilled");
	assert_string_equal(headline(NOTICE_FIRE, &f, 1, 0),
	    "[CRITICAL] web-01: mine: Out of memory: \\x1b[1mKilled");
}

static void
test_the_worst_stands_for_all(void **state)
{
	struct alert_facts f[3] = {facts_of(METRIC_CPU_USAGE, OP_GE, 1, 1),
	    facts_of(METRIC_CPU_USAGE, OP_GE, 2, 1), facts_of(METRIC_CPU_USAGE, OP_GE, 3, 1)};
	struct notice n = {.fact_count = 3, .facts = f};

	(void)state;
	f[0].severity = SEV_EMERGENCY;
	f[0].resolved.wall_ms = NOW_MS;
	f[1].severity = SEV_WARN;
	assert_ptr_equal(notice_worst(&n), &f[2]);
	n.fact_count = 0;
	assert_null(notice_worst(&n));
}

/* Numbers out of their tables are shown as something, not read past an end. */
static void
test_bad_numbers(void **state)
{
	struct alert_facts f = facts_of((enum metric_id)4000, (enum rule_op)99, 1, 1);

	(void)state;
	f.severity = (enum severity)77;
	assert_non_null(strstr(headline(NOTICE_FIRE, &f, 1, 0), "mine is 1 (limit 1)"));
	assert_non_null(
	    strstr(headline(NOTICE_DIGEST, &f, 1, 0), "1 alert could not be delivered in time"));
}

/* What is to be known of the message itself. */
static void
test_remarks(void **state)
{
	static const struct {
		int64_t age_ms, ahead_ms;
		const char *text;
	} rows[] = {
	    {0, 0, ""},
	    {0, 61000, "clock: this host's is 1 min ahead of this service's"},
	    {7200000, 0, "delayed: this is of 2026-11-22 20:55:01 UTC, 2 h ago"},
	    {7200000, -600000,
	        "delayed: this is of 2026-11-22 20:55:01 UTC, 2 h ago; "
	        "clock: this host's is 10 min behind this service's"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct notify_context ctx = {
		    .now.wall_ms = NOW_MS + rows[i].age_ms, .ahead_ms = rows[i].ahead_ms};
		const struct notice n = {.kind = NOTICE_FIRE, .created.wall_ms = NOW_MS};
		const struct message msg = {&n, &ctx, buf_add_visible};
		char text[256];
		struct buf b;

		buf_init(&b, text, sizeof(text));
		headline_add_remarks(&msg, &b);
		assert_string_equal(text, rows[i].text);
	}
}

/* 1 min after the alert by the boot clock, whatever the clock on the wall was set to meanwhile. */
static const char *
ended_when_clock_was_set(int64_t set_by_ms, int64_t boot, char out[1024])
{
	const struct now began = {.boot_ns = 500 * NS_PER_SEC, .wall_ms = NOW_MS, .boot = 7};
	const struct now now = {
	    .boot_ns = 560 * NS_PER_SEC, .wall_ms = NOW_MS + 60000 + set_by_ms, .boot = boot};
	const struct notify_context ctx = {.hostname = "web-01", .version = "1", .now = now};
	struct alert_facts f = facts_of(METRIC_DISK_USAGE, OP_GE, 20, 90);
	const struct notice n = {
	    .kind = NOTICE_RESOLVE, .created = now, .fact_count = 1, .facts = &f};
	const struct notice fired = {
	    .kind = NOTICE_TEST, .created = began, .fact_count = 1, .facts = &f};
	const struct message msg = {&n, &ctx, buf_add_visible},
	                     late = {&fired, &ctx, buf_add_visible};
	struct buf b;

	f.since = began;
	f.resolved = now;
	buf_init(&b, out, 1024);
	headline_add(&msg, &b);
	buf_adds(&b, "\n");
	detail_add(DETAIL_SINCE, &msg, &f, &b);
	buf_adds(&b, headline_is_delayed(&late) ? "\ndelayed" : "");
	return out;
}

static void
test_a_clock_that_is_set_changes_no_span(void **state)
{
	static const int64_t set_by[] = {0, 3000LL * 86400 * 1000, -9LL * 3600 * 1000};
	static const char *const since[] = {
	    "2026-11-22 20:55:01 UTC", "2035-02-08 20:55:01 UTC", "2026-11-22 11:55:01 UTC"};
	char text[1024], expected[1024];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		snprintf(expected, sizeof(expected),
		    "[RESOLVED] web-01: disk usage normalized: 20.0%% (was 20.0%%, for 1 min)\n"
		    "%s",
		    since[i]);
		assert_string_equal(ended_when_clock_was_set(set_by[i], 7, text), expected);
	}
}

/* There is only the wall clock across a reboot, and it may be wrong on either side of it. */
static void
test_a_span_over_a_reboot_is_about(void **state)
{
	char text[1024];

	(void)state;
	assert_string_equal(ended_when_clock_was_set(3600 * 1000, 8, text),
	    "[RESOLVED] web-01: disk usage normalized: 20.0% (was 20.0%, for about 1 h 1 min)\n"
	    "2026-11-22 20:55:01 UTC\n"
	    "delayed");
	assert_non_null(strstr(ended_when_clock_was_set(-3600 * 1000, 8, text), "for about 0s)"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_metrics_read_as_words),
	    cmocka_unit_test(test_every_metric_has_words),
	    cmocka_unit_test(test_a_reminder_says_that_it_goes_on),
	    cmocka_unit_test(test_an_end_says_how_it_was),
	    cmocka_unit_test(test_several_alerts_share_a_line),
	    cmocka_unit_test(test_old_news_is_marked),
	    cmocka_unit_test(test_a_clock_that_is_set_changes_no_span),
	    cmocka_unit_test(test_a_span_over_a_reboot_is_about),
	    cmocka_unit_test(test_an_alert_without_metric_is_its_rule),
	    cmocka_unit_test(test_the_worst_stands_for_all),
	    cmocka_unit_test(test_bad_numbers),
	    cmocka_unit_test(test_remarks),
	};

	return cmocka_run_group_tests_name("headline", tests, NULL, NULL);
}
