/*
 * The stages between an alert and its notice, on a fake clock: each by itself, what they hold and
 * what they let go, and that a restart anywhere in them changes nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "src/alert/stage.c"

#include "alert/alert.h"
#include "alert/silence_set.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"

#define STEP_MS 10000
#define PLACES 6
#define KEPT_MAX 256
#define MINUTE 6 /* steps */

static const struct alert_channel channels[] = {
    {CHANNEL_WEBHOOK, SEV_DEFAULT_MASK, false, false},
    {CHANNEL_DISCORD, SEV_BIT(SEV_CRITICAL) | SEV_BIT(SEV_EMERGENCY), false, false},
};

struct disk {
	char keys[KEPT_MAX][FINGERPRINT_TEXT_MAX];
	char *json[KEPT_MAX];
};

struct rig {
	struct conf_alert conf;
	struct alert_table *table;
	struct series_table *series;
	struct series_ref refs[METRIC_COUNT][PLACES];
	struct findings findings;
	struct notices out;
	struct now now;
	struct disk alerts, silences;
	char text[16384];
};

static void
rig_init(struct rig *r)
{
	*r = (struct rig){.conf = {.recovery_enabled = true}};
	r->table = alert_new(&r->conf, "web-01", channels, 2);
	r->series = series_table_new(NULL);
	findings_init(&r->findings, 4096);
	r->now = (struct now){.boot_ns = 1000 * NS_PER_SEC, .wall_ms = 1790000000000};
}

static void
rig_done(struct rig *r)
{
	alert_free(r->table);
	series_table_free(r->series);
	findings_done(&r->findings);
	notices_done(&r->out);
	for (size_t i = 0; i < KEPT_MAX; i++) {
		mem_free(r->alerts.json[i]);
		mem_free(r->silences.json[i]);
	}
}

static void
configure(struct rig *r)
{
	alert_configure(r->table, &r->conf, "web-01", channels, 2);
}

static void
keep(void *arg, const char *key, char *json)
{
	struct disk *disk = arg;
	size_t i = 0, room = KEPT_MAX;

	for (; i < KEPT_MAX && !str_eq(disk->keys[i], key); i++) {
		if (disk->json[i] == NULL && room == KEPT_MAX)
			room = i;
	}
	if (i == KEPT_MAX)
		i = room;
	assert_true(i < KEPT_MAX);
	mem_free(disk->json[i]);
	disk->json[i] = json;
	str_copy(disk->keys[i], FINGERPRINT_TEXT_MAX, json == NULL ? "" : key);
}

/* Another process, on another boot, that reads what was kept. */
static void
restart(struct rig *r)
{
	alert_take_changes(r->table, keep, &r->alerts);
	silence_set_take_changes(alert_silences(r->table), keep, &r->silences);
	alert_free(r->table);
	r->table = alert_new(&r->conf, "web-01", channels, 2);
	r->now.boot_ns += 777 * NS_PER_SEC;
	for (size_t i = 0; i < KEPT_MAX; i++) {
		const char *alert = r->alerts.json[i], *silence = r->silences.json[i];

		if (alert != NULL)
			assert_int_equal(
			    JSON_READ_OK, alert_load(r->table, alert, strlen(alert), &r->now));
		if (silence != NULL)
			assert_int_equal(JSON_READ_OK,
			    silence_set_load(alert_silences(r->table), silence, strlen(silence)));
	}
}

static void
found(struct rig *r, enum metric_id metric, int place, enum severity severity, double value)
{
	char where[16];
	const char *values[METRIC_LABELS_MAX];
	struct finding *f = findings_add(&r->findings);

	snprintf(where, sizeof(where), "/%d", place);
	for (size_t i = 0; i < METRIC_LABELS_MAX; i++)
		values[i] = where;
	f->rule = metrics[metric].name;
	f->subject =
	    subject_of_series(series_at(r->series, series_get(r->series, &r->refs[metric][place],
	                                               metric, values, r->now.boot_ns, STEP_MS)));
	f->state = severity == SEV_NONE ? FINDING_CLEAR : FINDING_FIRING;
	f->severity = severity;
	f->value = value;
	f->limit = 80;
	f->since_ns = r->now.boot_ns;
	f->interval_ms = STEP_MS;
}

static void
say(struct buf *b, const struct notice *n)
{
	static const char *const kinds[] = {"fire", "resolve", "test", "digest"};
	static const char *const flaps[] = {"", " flapping", " settled"};

	buf_addf(b, "%s%s %s %s:", b->len > 0 ? "; " : "",
	    channel_name((enum channel_id)n->channel), kinds[n->kind], severity_name(n->severity));
	for (size_t i = 0; i < n->fact_count; i++) {
		const struct alert_facts *f = &n->facts[i];

		buf_addf(b, " %s%s%s%s%s", strchr(f->rule, '.') + 1,
		    f->subject.labels.count > 0 ? label_set_value(&f->subject.labels, 0) : "",
		    flaps[f->flap], f->unheard ? " unheard" : "",
		    n->kind == NOTICE_DIGEST && f->resolved_wall_ms != 0 ? " over" : "");
		if (f->also_count > 0)
			buf_addf(b, " (%u: %s)", f->also_count, f->also);
		if (f->raised_from != SEV_NONE)
			buf_addf(b, " from %s", severity_name(f->raised_from));
	}
}

/* A series of a mount that does not answer, as the host's table has it. */
static bool
has_held_series(void *arg, const struct subject *subject)
{
	const struct series *s = series_by_hash(((struct rig *)arg)->series, subject->hash);

	return s != NULL && series_life(s) == SERIES_HELD;
}

static void
apply_findings(struct rig *r)
{
	const struct alert_round round = {
	    .now = &r->now, .cycle = true, .is_held = has_held_series, .is_held_arg = r};

	alert_apply(r->table, &r->findings, &round, &r->out);
}

/* Applies what was found; the clock then goes on. */
static const char *
apply(struct rig *r)
{
	struct buf b;

	buf_init(&b, r->text, sizeof(r->text));
	notices_done(&r->out);
	apply_findings(r);
	findings_reset(&r->findings);
	r->now.boot_ns += STEP_MS * NS_PER_MS;
	r->now.wall_ms += STEP_MS;
	for (size_t i = 0; i < r->out.len; i++)
		say(&b, r->out.items[i]);
	assert_false(b.full);
	return r->text;
}

static const char *
cpu(struct rig *r, enum severity severity)
{
	found(r, METRIC_CPU_USAGE, 0, severity, 96);
	return apply(r);
}

/* The same for n steps, silent but for the last. */
static const char *
cpu_for(struct rig *r, enum severity severity, int n)
{
	for (; n > 1; n--)
		assert_string_equal(cpu(r, severity), "");
	return cpu(r, severity);
}

static void
escalation_is_off_unless_asked_for(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r);
	assert_string_equal(cpu(&r, SEV_CRITICAL),
	    "webhook fire critical: usage_percent; discord fire critical: usage_percent");
	assert_string_equal(cpu_for(&r, SEV_CRITICAL, 2000), "");
	rig_done(&r);
}

static void
what_lasts_is_raised(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r);
	r.conf.escalate_warn_after = 5;
	r.conf.escalate_critical_mins = 2;
	configure(&r);
	assert_string_equal(cpu(&r, SEV_WARN), "webhook fire warn: usage_percent");
	assert_string_equal(cpu_for(&r, SEV_WARN, 3), "");
	restart(&r);
	assert_string_equal(cpu(&r, SEV_WARN), "webhook fire critical: usage_percent from warn; "
	                                       "discord fire critical: usage_percent from warn");
	assert_string_equal(cpu_for(&r, SEV_WARN, 6), "");
	restart(&r);
	assert_string_equal(cpu_for(&r, SEV_WARN, 5), "");
	assert_string_equal(cpu(&r, SEV_WARN), "webhook fire emergency: usage_percent from warn; "
	                                       "discord fire emergency: usage_percent from warn");
	assert_string_equal(cpu(&r, SEV_NONE),
	    "webhook resolve emergency: usage_percent from warn; discord resolve emergency: "
	    "usage_percent from warn");
	assert_string_equal(cpu(&r, SEV_WARN), "webhook fire warn: usage_percent");
	rig_done(&r);
}

static void
a_flapping_alert_says_so_twice(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r);
	r.conf.dedup_secs[SEV_WARN] = 300;
	configure(&r);
	assert_string_equal(cpu(&r, SEV_WARN), "webhook fire warn: usage_percent");
	assert_string_equal(cpu(&r, SEV_NONE), "webhook resolve warn: usage_percent");
	assert_string_equal(cpu(&r, SEV_WARN), "");
	assert_string_equal(cpu(&r, SEV_NONE), "");
	assert_string_equal(cpu(&r, SEV_WARN), "webhook fire warn: usage_percent flapping");
	assert_int_equal(r.out.items[0]->facts->count, 5);
	assert_int_equal(r.out.items[0]->facts->count_secs, 40);
	for (int i = 0; i < 100; i++) {
		assert_string_equal(cpu_for(&r, i % 2 == 0 ? SEV_NONE : SEV_WARN, 5), "");
		if (i % 7 == 0)
			restart(&r);
	}
	assert_string_equal(cpu(&r, SEV_NONE), "");
	assert_string_equal(cpu_for(&r, SEV_NONE, 15 * MINUTE - 1), "");
	assert_string_equal(cpu(&r, SEV_NONE), "webhook resolve warn: usage_percent settled");
	assert_int_equal(r.out.items[0]->facts->count, 106);
	assert_string_equal(cpu_for(&r, SEV_NONE, 100), "");
	assert_string_equal(cpu(&r, SEV_WARN), "webhook fire warn: usage_percent");
	rig_done(&r);
}

static void
flapping_ends_in_the_state_it_is_in_and_never_hides_a_higher_level(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r);
	for (int i = 0; i < 4; i++)
		cpu(&r, i % 2 == 0 ? SEV_WARN : SEV_NONE);
	assert_string_equal(cpu(&r, SEV_WARN), "webhook fire warn: usage_percent flapping");
	assert_string_equal(cpu(&r, SEV_NONE), "");
	assert_string_equal(cpu(&r, SEV_CRITICAL),
	    "webhook fire critical: usage_percent; discord fire critical: usage_percent");
	assert_string_equal(cpu(&r, SEV_WARN), "");
	assert_string_equal(cpu(&r, SEV_CRITICAL), "");
	assert_string_equal(cpu_for(&r, SEV_CRITICAL, 15 * MINUTE), "");
	assert_string_equal(cpu(&r, SEV_CRITICAL),
	    "webhook fire critical: usage_percent settled; discord fire critical: usage_percent "
	    "settled");
	assert_string_equal(cpu(&r, SEV_NONE),
	    "webhook resolve critical: usage_percent; discord resolve critical: usage_percent");
	rig_done(&r);
}

static void
slow_changes_are_no_flapping(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r);
	for (int i = 0; i < 10; i++) {
		assert_string_equal(cpu(&r, SEV_WARN), "webhook fire warn: usage_percent");
		assert_string_equal(cpu_for(&r, SEV_WARN, 8 * MINUTE), "");
		assert_string_equal(cpu(&r, SEV_NONE), "webhook resolve warn: usage_percent");
		assert_string_equal(cpu_for(&r, SEV_NONE, 8 * MINUTE), "");
	}
	rig_done(&r);
}

static void
consequences_are_named_by_their_cause(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r);
	found(&r, METRIC_MEM_SWAP_USAGE, 0, SEV_WARN, 60);
	found(&r, METRIC_PROC_RSS, 1, SEV_WARN, 1e9);
	found(&r, METRIC_DISK_USAGE, 1, SEV_WARN, 85);
	found(&r, METRIC_MEM_USAGE, 0, SEV_CRITICAL, 97);
	assert_string_equal(apply(&r), "webhook fire critical: usage_percent (2: "
	                               "mem.swap_usage_percent, proc.rss_bytes of /1); "
	                               "discord fire critical: usage_percent (2: "
	                               "mem.swap_usage_percent, proc.rss_bytes of /1); "
	                               "webhook fire warn: usage_percent/1");
	restart(&r);
	found(&r, METRIC_MEM_SWAP_USAGE, 0, SEV_WARN, 60);
	found(&r, METRIC_PROC_RSS, 1, SEV_NONE, 1);
	found(&r, METRIC_DISK_USAGE, 1, SEV_WARN, 85);
	found(&r, METRIC_MEM_USAGE, 0, SEV_CRITICAL, 97);
	assert_string_equal(apply(&r), "");
	/* The cause ends: what still fires a little later is told. */
	found(&r, METRIC_MEM_SWAP_USAGE, 0, SEV_WARN, 60);
	found(&r, METRIC_DISK_USAGE, 1, SEV_WARN, 85);
	found(&r, METRIC_MEM_USAGE, 0, SEV_NONE, 50);
	assert_string_equal(apply(&r),
	    "webhook resolve critical: usage_percent (2: "
	    "mem.swap_usage_percent, proc.rss_bytes of /1); discord resolve critical: "
	    "usage_percent "
	    "(2: mem.swap_usage_percent, proc.rss_bytes of /1)");
	for (int step = 1; step <= 60; step++) {
		found(&r, METRIC_MEM_SWAP_USAGE, 0, SEV_WARN, 60);
		found(&r, METRIC_DISK_USAGE, 1, SEV_WARN, 85);
		assert_string_equal(
		    apply(&r), step == 60 ? "webhook fire warn: swap_usage_percent" : "");
		if (step == 20)
			restart(&r);
	}
	/* What is worse than its cause is told at once. */
	found(&r, METRIC_MEM_USAGE, 0, SEV_WARN, 85);
	found(&r, METRIC_MEM_SWAP_USAGE, 0, SEV_CRITICAL, 90);
	found(&r, METRIC_DISK_USAGE, 1, SEV_WARN, 85);
	assert_string_equal(apply(&r),
	    "webhook fire critical: swap_usage_percent; discord fire critical: swap_usage_percent; "
	    "webhook fire warn: usage_percent");
	rig_done(&r);
}

static void
only_the_same_device_is_a_consequence(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r);
	found(&r, METRIC_DISK_READ_ONLY, 1, SEV_CRITICAL, 1);
	found(&r, METRIC_KERNEL_FS_ERRORS, 0, SEV_WARN, 3);
	found(&r, METRIC_DISK_USAGE, 1, SEV_WARN, 85);
	found(&r, METRIC_DISK_USAGE, 2, SEV_WARN, 84);
	assert_string_equal(apply(&r),
	    "webhook fire critical: read_only/1 (2: disk.usage_percent of /1, kernel.fs_errors); "
	    "discord fire critical: read_only/1 (2: disk.usage_percent of /1, kernel.fs_errors); "
	    "webhook fire warn: usage_percent/2");
	rig_done(&r);
}

static void
alerts_of_one_kind_leave_together(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r);
	r.conf.group_window_secs = 30;
	configure(&r);
	for (int step = 0; step < 3; step++) {
		for (int place = 0; place <= step; place++)
			found(&r, METRIC_DISK_USAGE, place, SEV_WARN, 85 + 3 * place);
		assert_string_equal(apply(&r), "");
		restart(&r);
	}
	for (int place = 0; place < 3; place++)
		found(&r, METRIC_DISK_USAGE, place, SEV_WARN, 85 + 3 * place);
	found(&r, METRIC_MEM_USAGE, 0, SEV_WARN, 85);
	assert_string_equal(
	    apply(&r), "webhook fire warn: usage_percent/2 usage_percent/1 usage_percent/0");
	for (int step = 0; step < 3; step++) {
		for (int place = 0; place < 3; place++)
			found(&r, METRIC_DISK_USAGE, place, SEV_WARN, 85);
		found(&r, METRIC_MEM_USAGE, 0, SEV_WARN, 85);
		assert_string_equal(apply(&r), step == 2 ? "webhook fire warn: usage_percent" : "");
	}
	for (int place = 0; place < 3; place++)
		found(&r, METRIC_DISK_USAGE, place, SEV_NONE, 60 + place);
	for (int step = 0; step < 4; step++) {
		found(&r, METRIC_MEM_USAGE, 0, SEV_WARN, 85);
		assert_string_equal(
		    apply(&r), step == 3 ? "webhook resolve warn: usage_percent/2 usage_percent/1 "
		                           "usage_percent/0"
		                         : "");
	}
	rig_done(&r);
}

static void
the_worse_it_is_the_less_it_waits(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r);
	r.conf.group_window_secs = 30;
	configure(&r);
	assert_string_equal(cpu(&r, SEV_EMERGENCY),
	    "webhook fire emergency: usage_percent; discord fire emergency: usage_percent");
	found(&r, METRIC_MEM_USAGE, 0, SEV_CRITICAL, 99);
	assert_string_equal(cpu(&r, SEV_EMERGENCY), "");
	found(&r, METRIC_MEM_USAGE, 0, SEV_CRITICAL, 99);
	assert_string_equal(cpu(&r, SEV_EMERGENCY),
	    "webhook fire critical: usage_percent; discord fire critical: usage_percent");
	rig_done(&r);
}

static void
what_ends_while_it_waits_for_its_group_is_told_once(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r);
	r.conf.group_window_secs = 30;
	r.conf.dedup_secs[SEV_WARN] = 300;
	configure(&r);
	assert_string_equal(cpu(&r, SEV_WARN), "");
	assert_string_equal(cpu(&r, SEV_NONE), "");
	restart(&r);
	assert_string_equal(apply(&r), "");
	assert_string_equal(apply(&r), "webhook resolve warn: usage_percent unheard");
	assert_string_equal(cpu_for(&r, SEV_WARN, 10), ""); /* its window counts all the same */
	rig_done(&r);
}

static void
an_end_that_is_undone_while_it_waits_was_none(void **state)
{
	struct rig r;
	int64_t since;

	(void)state;
	rig_init(&r);
	r.conf.group_window_secs = 30;
	configure(&r);
	assert_string_equal(cpu_for(&r, SEV_WARN, 4), "webhook fire warn: usage_percent");
	since = r.out.items[0]->facts->since_wall_ms;
	assert_string_equal(cpu(&r, SEV_NONE), "");
	assert_string_equal(cpu_for(&r, SEV_WARN, 50), "");
	assert_string_equal(cpu_for(&r, SEV_NONE, 4), "webhook resolve warn: usage_percent");
	assert_true(r.out.items[0]->facts->since_wall_ms == since);
	rig_done(&r);
}

static void
apart_means_one_alert_a_notice(void **state)
{
	struct alert_channel apart = {CHANNEL_WEBHOOK, SEV_DEFAULT_MASK, true, false};
	struct rig r;

	(void)state;
	rig_init(&r);
	r.conf.group_window_secs = 10;
	alert_configure(r.table, &r.conf, "web-01", &apart, 1);
	for (int step = 0; step < 2; step++) {
		for (int place = 0; place < 2; place++)
			found(&r, METRIC_DISK_USAGE, place, SEV_WARN, 85 + place);
		assert_string_equal(
		    apply(&r), step == 0 ? ""
		                         : "webhook fire warn: usage_percent/1; webhook fire warn: "
		                           "usage_percent/0");
	}
	rig_done(&r);
}

static uint32_t
silence(struct rig *r, const char *match, int64_t ms, bool allow_critical)
{
	struct alert_silence s = {
	    .until_wall_ms = r->now.wall_ms + ms, .allow_critical = allow_critical};

	str_copy(s.match, sizeof(s.match), match);
	str_copy(s.comment, sizeof(s.comment), "test");
	return silence_set_add(alert_silences(r->table), &s, &r->now);
}

static void
what_goes_on_after_a_silence_is_one_digest(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r);
	assert_string_equal(cpu(&r, SEV_CRITICAL),
	    "webhook fire critical: usage_percent; discord fire critical: usage_percent");
	assert_int_equal(silence(&r, "*", 600000, false), 1);
	for (int step = 0; step < 60; step++) {
		found(&r, METRIC_DISK_USAGE, 1, step < 30 ? SEV_WARN : SEV_NONE, 85);
		found(&r, METRIC_DISK_USAGE, 2, SEV_WARN, 86);
		found(&r, METRIC_MEM_USAGE, 0, SEV_CRITICAL, 97);
		assert_string_equal(cpu(&r, step < 40 ? SEV_CRITICAL : SEV_NONE), "");
		if (step % 9 == 0)
			restart(&r);
	}
	found(&r, METRIC_DISK_USAGE, 2, SEV_WARN, 86);
	found(&r, METRIC_MEM_USAGE, 0, SEV_CRITICAL, 97);
	assert_string_equal(apply(&r),
	    "webhook digest critical: usage_percent usage_percent/2 usage_percent over; discord "
	    "digest critical: usage_percent usage_percent over");
	assert_int_equal(r.out.items[0]->reason, DIGEST_SILENCE);
	assert_null(silence_set_at(alert_silences(r.table), 0));
	assert_string_equal(apply(&r), "");
	rig_done(&r);
}

static void
a_silence_may_let_critical_ones_pass_and_be_removed(void **state)
{
	struct alert_silence past = {.match = "*", .until_wall_ms = 1};
	struct rig r;
	uint32_t id;

	(void)state;
	rig_init(&r);
	id = silence(&r, "cpu.*", 86400000, true);
	assert_int_not_equal(id, 0);
	assert_int_equal(silence(&r, "a{", 1000, false), 0);
	assert_int_equal(silence_set_add(alert_silences(r.table), &past, &r.now), 0);
	assert_string_equal(cpu(&r, SEV_WARN), "");
	assert_string_equal(cpu(&r, SEV_CRITICAL),
	    "webhook fire critical: usage_percent; discord fire critical: usage_percent");
	assert_string_equal(cpu(&r, SEV_NONE),
	    "webhook resolve critical: usage_percent; discord resolve critical: usage_percent");
	assert_string_equal(cpu(&r, SEV_WARN), "");
	assert_string_equal(silence_set_at(alert_silences(r.table), 0)->match, "cpu.*");
	assert_true(silence_set_remove(alert_silences(r.table), id));
	assert_false(silence_set_remove(alert_silences(r.table), id));
	assert_string_equal(cpu(&r, SEV_WARN), "webhook fire warn: usage_percent");
	rig_done(&r);
}

/* Nights from 22:00 to 07:00 and all of Sunday, through a change of the clocks. */
static void
weekly_silences_go_by_local_time(void **state)
{
	char all[] = "*";
	struct conf_silence silences[] = {
	    {.match = all, .weekdays = 127, .start_minute = 22 * 60, .end_minute = 7 * 60},
	    {.match = all, .weekdays = 1},
	};
	static const struct {
		int day, hour, minute;
		bool silent;
	} cases[] = {
	    {23, 21, 59, false}, /* a Friday in October 2026 */
	    {23, 22, 0, true},
	    {24, 6, 59, true},
	    {24, 7, 0, false},
	    {25, 12, 0, true}, /* the Sunday on which summer time ends */
	    {26, 6, 59, true},
	    {26, 7, 0, false},
	    {26, 12, 0, false},
	};
	struct rig r;

	(void)state;
	assert_int_equal(setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1), 0);
	tzset();
	rig_init(&r);
	r.conf.silences = silences;
	r.conf.silence_count = 2;
	configure(&r);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		r.now.wall_ms =
		    clock_from_local(2026, 10, cases[i].day, cases[i].hour, cases[i].minute, 0);
		found(&r, METRIC_DISK_USAGE, 0, SEV_EMERGENCY, 1);
		assert_int_equal(apply(&r)[0] == '\0', cases[i].silent);
		/* Forgotten again for the next one. */
		alert_free(r.table);
		r.table = alert_new(&r.conf, "web-01", channels, 2);
	}
	rig_done(&r);
	unsetenv("TZ");
	tzset();
}

static void
dated_silences_begin_and_end(void **state)
{
	char memory[] = "mem.*";
	struct conf_silence one = {.match = memory};
	struct rig r;

	(void)state;
	rig_init(&r);
	one.from_wall_ms = r.now.wall_ms + 2 * STEP_MS;
	one.until_wall_ms = r.now.wall_ms + 5 * STEP_MS;
	r.conf.silences = &one;
	r.conf.silence_count = 1;
	configure(&r);
	for (int step = 0; step < 7; step++) {
		found(&r, METRIC_MEM_USAGE, 0, step == 1 ? SEV_NONE : SEV_WARN, 85);
		assert_string_equal(apply(&r), step == 0 || step == 5
		                                   ? "webhook fire warn: usage_percent"
		                               : step == 1 ? "webhook resolve warn: usage_percent"
		                                           : "");
	}
	rig_done(&r);
}

static uint64_t rng;

static uint64_t
draw(uint64_t below)
{
	rng = rng * 6364136223846793005ULL + 1442695040888963407ULL;
	return (rng >> 33) % below;
}

/* What a host may have wrong with it; some of it is a consequence of the rest. */
static const enum metric_id ills[] = {METRIC_CPU_USAGE, METRIC_CPU_LOAD_PER_CORE, METRIC_MEM_USAGE,
    METRIC_MEM_SWAP_USAGE, METRIC_DISK_USAGE, METRIC_DISK_INODE_USAGE, METRIC_DISK_STALE,
    METRIC_DISK_READ_ONLY, METRIC_NET_LINK_UP, METRIC_PROC_FD_USAGE};
#define ILLS (sizeof(ills) / sizeof(ills[0]))

struct host {
	enum severity now[ILLS][PLACES];
	int restless[ILLS][PLACES]; /* of a thousand steps, how many change it */
};

static void
host_step(struct host *h, struct rig *one, struct rig *other)
{
	for (size_t i = 0; i < ILLS; i++) {
		for (int place = 0; place < (metric_label_count(ills[i]) > 0 ? PLACES : 1);
		     place++) {
			enum severity *now = &h->now[i][place], before = *now;

			if (draw(200) == 0)
				h->restless[i][place] = draw(4) == 0 ? 400 : 10;
			if ((int)draw(1000) < h->restless[i][place])
				*now = draw(2) == 0 ? SEV_NONE : SEV_INFO + (enum severity)draw(3);
			if (*now == SEV_NONE && before == SEV_NONE)
				continue;
			found(one, ills[i], place, *now, 50 + (double)place);
			found(other, ills[i], place, *now, 50 + (double)place);
		}
	}
}

static void
random_silence(struct rig *one, struct rig *other)
{
	static const char *const matches[] = {
	    "*", "disk.*", "cpu.*", "disk.*{mountpoint=/1}", "{name=/2}"};
	const char *match = matches[draw(5)];
	int64_t ms = (int64_t)draw(1200000) + 1;
	bool allow = draw(2) == 0;

	silence(one, match, ms, allow);
	silence(other, match, ms, allow);
}

static void
random_conf(struct conf_alert *conf)
{
	conf->group_window_secs = draw(2) == 0 ? 30 : 0;
	conf->dedup_secs[SEV_INFO] = conf->dedup_secs[SEV_WARN] = draw(2) == 0 ? 300 : 0;
	conf->dedup_secs[SEV_CRITICAL] = 60;
	conf->escalate_warn_after = draw(2) == 0 ? 20 : 0;
	conf->escalate_critical_mins = draw(2) == 0 ? 10 : 0;
	conf->repeat_secs = draw(4) == 0 ? 900 : 0;
	conf->recovery_enabled = draw(4) != 0;
}

static void
a_restart_in_any_stage_changes_nothing(void **state)
{
	size_t told = 0;

	(void)state;
	rng = clock_seed();
	print_message("seed %llu\n", (unsigned long long)rng);
	for (int run = 0; run < 30; run++) {
		static struct rig steady, broken;
		struct host host = {.now = {{SEV_NONE}}};

		rig_init(&steady);
		rig_init(&broken);
		random_conf(&steady.conf);
		broken.conf = steady.conf;
		configure(&steady);
		configure(&broken);
		for (int i = 0; i < 500; i++) {
			host_step(&host, &steady, &broken);
			if (draw(100) == 0)
				random_silence(&steady, &broken);
			apply(&steady);
			assert_string_equal(apply(&broken), steady.text);
			told += steady.out.len;
			for (size_t n = 0; n < steady.out.len; n++) {
				const struct notice *a = steady.out.items[n],
				                    *b = broken.out.items[n];

				for (size_t k = 0; k < a->fact_count; k++) {
					assert_true(
					    a->facts[k].since_wall_ms == b->facts[k].since_wall_ms);
					if (a->facts[k].count != b->facts[k].count)
						print_message("run %d step %d %s | %s flap %d sev "
						              "%d count %u %u secs %lld %lld\n",
						    run, i, steady.text, a->facts[k].rule,
						    a->facts[k].flap, a->facts[k].severity,
						    a->facts[k].count, b->facts[k].count,
						    (long long)a->facts[k].count_secs,
						    (long long)b->facts[k].count_secs);
					assert_int_equal(a->facts[k].count, b->facts[k].count);
					assert_int_equal(
					    a->facts[k].count_secs, b->facts[k].count_secs);
					assert_true(a->facts[k].worst == b->facts[k].worst);
				}
			}
			if (draw(8) == 0)
				restart(&broken);
		}
		rig_done(&steady);
		rig_done(&broken);
	}
	assert_true(told > 1000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(escalation_is_off_unless_asked_for),
	    cmocka_unit_test(what_lasts_is_raised),
	    cmocka_unit_test(a_flapping_alert_says_so_twice),
	    cmocka_unit_test(flapping_ends_in_the_state_it_is_in_and_never_hides_a_higher_level),
	    cmocka_unit_test(slow_changes_are_no_flapping),
	    cmocka_unit_test(consequences_are_named_by_their_cause),
	    cmocka_unit_test(only_the_same_device_is_a_consequence),
	    cmocka_unit_test(alerts_of_one_kind_leave_together),
	    cmocka_unit_test(the_worse_it_is_the_less_it_waits),
	    cmocka_unit_test(what_ends_while_it_waits_for_its_group_is_told_once),
	    cmocka_unit_test(an_end_that_is_undone_while_it_waits_was_none),
	    cmocka_unit_test(apart_means_one_alert_a_notice),
	    cmocka_unit_test(what_goes_on_after_a_silence_is_one_digest),
	    cmocka_unit_test(a_silence_may_let_critical_ones_pass_and_be_removed),
	    cmocka_unit_test(weekly_silences_go_by_local_time),
	    cmocka_unit_test(dated_silences_begin_and_end),
	    cmocka_unit_test(a_restart_in_any_stage_changes_nothing),
	};

	return cmocka_run_group_tests_name("stages", tests, NULL, NULL);
}
