/*
 * The alert state machine on a fake clock: who is told what, and when not. Random runs check that
 * nothing is told twice, everybody who was told hears the end, and a restart changes nothing.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "src/alert/alert.c"

#include "detect/detect.h"
#include "tests/unit/subject_help.h"

#define STEP_MS 10000
#define MOUNTS 12
#define KEPT_MAX 64

static const struct alert_channel both_channels[] = {
    {CHANNEL_WEBHOOK, SEV_DEFAULT_MASK, false, false},
    {CHANNEL_DISCORD, SEV_BIT(SEV_CRITICAL) | SEV_BIT(SEV_EMERGENCY), false, false},
};

/* What the keeper would have on disk. */
struct disk {
	char keys[KEPT_MAX][FINGERPRINT_TEXT_MAX];
	char *json[KEPT_MAX];
};

struct rig {
	struct conf_alert conf;
	struct alert_table *table;
	struct series_table *series;
	struct series_ref refs[METRIC_COUNT][MOUNTS];
	struct findings findings;
	struct notices out;
	struct now now;
	struct disk disk;
};

static void
rig_init(struct rig *r)
{
	*r = (struct rig){.conf = {.recovery_enabled = true}};
	r->conf.dedup_secs[SEV_WARN] = 300;
	r->conf.dedup_secs[SEV_CRITICAL] = 60;
	r->table = alert_new(&r->conf, "web-01", both_channels, 2);
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
	for (size_t i = 0; i < KEPT_MAX; i++)
		mem_free(r->disk.json[i]);
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

static void
save(struct rig *r)
{
	alert_take_changes(r->table, keep, &r->disk);
}

/* Another process, on another boot, that reads what was kept. */
static void
restart(struct rig *r)
{
	save(r);
	alert_free(r->table);
	r->table = alert_new(&r->conf, "web-01", both_channels, 2);
	r->now.boot_ns += 777 * NS_PER_SEC;
	for (size_t i = 0; i < KEPT_MAX; i++) {
		if (r->disk.json[i] != NULL)
			assert_int_equal(JSON_READ_OK, alert_load(r->table, r->disk.json[i],
			                                   strlen(r->disk.json[i]), &r->now));
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

static void
find_on(struct rig *r, enum metric_id metric, int mount, enum finding_state state,
    enum severity severity, double value)
{
	char where[8];
	const char *const values[] = {where, where, "ext4"};
	struct finding *f = findings_add(&r->findings);

	snprintf(where, sizeof(where), "/%d", mount);
	f->rule = metrics[metric].name;
	f->subject =
	    subject_of_series(series_at(r->series, series_get(r->series, &r->refs[metric][mount],
	                                               metric, values, r->now.boot_ns, STEP_MS)));
	f->state = state;
	f->severity = state == FINDING_CLEAR ? SEV_NONE : severity;
	f->value = value;
	f->limit = 80;
	f->since_ns = r->now.boot_ns;
	f->interval_ms = STEP_MS;
}

static void
usage(struct rig *r, int mount, enum finding_state state, enum severity severity, double value)
{
	find_on(r, METRIC_DISK_USAGE, mount, state, severity, value);
}

/* Applies what was found; the clock then goes on. "webhook fire warn; ..." in order. */
static const char *
apply_for(struct rig *r, int64_t ms)
{
	static const char *const kinds[] = {"fire", "resolve", "test", "digest"};
	static char text[8192];
	size_t len = 0;

	notices_done(&r->out);
	apply_findings(r);
	findings_reset(&r->findings);
	r->now.boot_ns += ms * NS_PER_MS;
	r->now.wall_ms += ms;
	text[0] = '\0';
	for (size_t i = 0; i < r->out.len; i++) {
		const struct notice *n = r->out.items[i];

		static const char *const flaps[] = {"", " flapping", " settled"};

		assert_true(n->fact_count >= 1);
		assert_int_equal(n->total, n->fact_count);
		assert_int_equal(n->created_wall_ms, r->now.wall_ms - ms);
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s %s %s%s%s%s",
		    len > 0 ? "; " : "", channel_name((enum channel_id)n->channel), kinds[n->kind],
		    severity_name(n->severity), n->facts->gone ? " gone" : "",
		    flaps[n->facts->flap], n->facts->unheard ? " unheard" : "");
		if (n->fact_count > 1)
			len += (size_t)snprintf(
			    text + len, sizeof(text) - len, " x%zu", n->fact_count);
		if (n->facts->count > 1)
			len += (size_t)snprintf(text + len, sizeof(text) - len,
			    " %u times in %llds", n->facts->count, (long long)n->facts->count_secs);
	}
	return text;
}

static const char *
apply(struct rig *r)
{
	return apply_for(r, STEP_MS);
}

static const char *
step(struct rig *r, enum finding_state state, enum severity severity, double value)
{
	usage(r, 0, state, severity, value);
	return apply(r);
}

#define FIRES(r, severity) step(r, FINDING_FIRING, severity, 95)
#define PENDS(r, severity) step(r, FINDING_PENDING, severity, 95)
#define CLEARS(r) step(r, FINDING_CLEAR, SEV_NONE, 45.2)

static void
tells_on_transitions_only(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r);
	assert_string_equal(PENDS(&r, SEV_WARN), "");
	assert_string_equal(FIRES(&r, SEV_WARN), "webhook fire warn");
	for (int i = 0; i < 100; i++)
		assert_string_equal(FIRES(&r, SEV_WARN), "");
	assert_string_equal(
	    FIRES(&r, SEV_CRITICAL), "webhook fire critical; discord fire critical");
	assert_string_equal(FIRES(&r, SEV_WARN), "");
	assert_string_equal(CLEARS(&r), "webhook resolve warn; discord resolve warn");
	assert_string_equal(apply(&r), "");
	rig_done(&r);
}

static void
the_end_says_what_it_was(void **state)
{
	struct rig r;
	const struct alert_facts *f;
	char line[FACTS_LINE_MAX];

	(void)state;
	rig_init(&r);
	step(&r, FINDING_FIRING, SEV_CRITICAL, 91);
	step(&r, FINDING_FIRING, SEV_CRITICAL, 95.2);
	for (int i = 0; i < 70; i++)
		step(&r, FINDING_FIRING, SEV_CRITICAL, 93);
	CLEARS(&r);
	f = r.out.items[0]->facts;
	assert_true(f->value == 45.2 && f->worst == 95.2);
	assert_string_equal(facts_line(f, line), "disk.usage_percent of /0 (device=/0,fstype=ext4) "
	                                         "normalized: 45.2% (was 95.2%, for 12 min)");
	rig_done(&r);
}

static void
a_pending_alert_that_clears_was_never_there(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r);
	PENDS(&r, SEV_WARN);
	assert_int_equal(alert_count(r.table, ALERT_PENDING), 1);
	assert_string_equal(CLEARS(&r), "");
	assert_int_equal(alert_count(r.table, ALERT_PENDING), 0);
	PENDS(&r, SEV_WARN);
	for (int i = 0; i < 4; i++)
		assert_string_equal(apply(&r), "");
	assert_int_equal(alert_count(r.table, ALERT_PENDING), 0);
	save(&r);
	assert_null(r.disk.json[0]);
	rig_done(&r);
}

static void
only_those_who_were_told_hear_the_end(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r);
	FIRES(&r, SEV_WARN);
	assert_string_equal(CLEARS(&r), "webhook resolve warn");
	assert_string_equal(FIRES(&r, SEV_INFO), "");
	assert_string_equal(CLEARS(&r), "");
	rig_done(&r);
}

static void
no_recovery_notices_where_they_are_off(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r);
	r.conf.recovery_enabled = false;
	alert_configure(r.table, &r.conf, "web-01", both_channels, 2);
	FIRES(&r, SEV_CRITICAL);
	assert_string_equal(CLEARS(&r), "");
	rig_done(&r);
}

static void
a_refire_still_firing_when_its_window_ends_says_how_often(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r);
	assert_string_equal(FIRES(&r, SEV_WARN), "webhook fire warn"); /* 0 s */
	assert_string_equal(CLEARS(&r), "webhook resolve warn");
	for (int i = 2; i < 30; i++)
		assert_string_equal(FIRES(&r, SEV_WARN), "");
	assert_string_equal(FIRES(&r, SEV_WARN), "webhook fire warn 2 times in 300s");
	assert_string_equal(FIRES(&r, SEV_WARN), "");
	assert_string_equal(CLEARS(&r), "webhook resolve warn");
	rig_done(&r);
}

static void
a_refire_cleared_in_its_window_vanishes(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r);
	FIRES(&r, SEV_WARN);
	CLEARS(&r);
	for (int i = 2; i < 15; i++)
		assert_string_equal(FIRES(&r, SEV_WARN), "");
	for (int i = 15; i < 300; i++)
		assert_string_equal(CLEARS(&r), "");
	assert_string_equal(FIRES(&r, SEV_WARN), "webhook fire warn");
	rig_done(&r);
}

static void
each_severity_has_its_own_window(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r);
	FIRES(&r, SEV_WARN);
	assert_string_equal(
	    FIRES(&r, SEV_CRITICAL), "webhook fire critical; discord fire critical");
	assert_string_equal(FIRES(&r, SEV_WARN), "");
	assert_string_equal(FIRES(&r, SEV_CRITICAL), ""); /* up again inside 60 s */
	for (int i = 0; i < 3; i++)
		assert_string_equal(FIRES(&r, SEV_CRITICAL), "");
	assert_string_equal(FIRES(&r, SEV_CRITICAL),
	    "webhook fire critical 2 times in 60s; discord fire critical 2 times in 60s");
	rig_done(&r);
	rig_init(&r);
	FIRES(&r, SEV_EMERGENCY);
	CLEARS(&r);
	assert_string_equal(
	    FIRES(&r, SEV_EMERGENCY), "webhook fire emergency; discord fire emergency");
	rig_done(&r);
}

static void
a_step_of_the_wall_clock_changes_nothing(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r);
	FIRES(&r, SEV_WARN);
	r.now.wall_ms += 86400000;
	assert_string_equal(FIRES(&r, SEV_WARN), "");
	CLEARS(&r);
	assert_string_equal(FIRES(&r, SEV_WARN), "");
	r.now.wall_ms -= 3 * 86400000LL;
	assert_string_equal(FIRES(&r, SEV_WARN), "");
	rig_done(&r);
}

static void
reminders_come_when_asked_for(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r);
	r.conf.repeat_secs = 3600;
	alert_configure(r.table, &r.conf, "web-01", both_channels, 2);
	FIRES(&r, SEV_WARN);
	for (int i = 1; i < 360; i++)
		assert_string_equal(FIRES(&r, SEV_WARN), "");
	assert_string_equal(FIRES(&r, SEV_WARN), "webhook fire warn");
	assert_string_equal(FIRES(&r, SEV_WARN), "");
	rig_done(&r);
}

static void
what_vanishes_is_gone_after_three_intervals(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r);
	FIRES(&r, SEV_WARN);
	assert_string_equal(apply(&r), "");
	assert_string_equal(apply(&r), "");
	assert_string_equal(apply(&r), "webhook resolve warn gone");
	assert_string_equal(apply(&r), "");
	rig_done(&r);
}

static void
a_suspend_makes_nothing_gone(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r);
	FIRES(&r, SEV_WARN);
	assert_string_equal(apply_for(&r, 8 * 3600 * 1000), "");
	assert_string_equal(apply(&r), "");
	assert_string_equal(FIRES(&r, SEV_WARN), "");
	rig_done(&r);
}

/* The mount is there and does not answer. */
static void
hold_usage(struct rig *r, int mount)
{
	const char *const values[] = {"/0", "/0", "ext4"};

	assert_int_equal(mount, 0);
	series_hold(r->series, &r->refs[METRIC_DISK_USAGE][mount], METRIC_DISK_USAGE, values,
	    r->now.boot_ns, STEP_MS);
}

static void
a_mount_that_does_not_answer_is_not_gone(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r);
	usage(&r, 1, FINDING_FIRING, SEV_WARN, 85);
	assert_string_equal(FIRES(&r, SEV_WARN), "webhook fire warn; webhook fire warn");
	find_on(&r, METRIC_DISK_STALE, 0, FINDING_FIRING, SEV_CRITICAL, 1);
	hold_usage(&r, 0);
	assert_string_equal(apply(&r), "webhook fire critical; discord fire critical");
	for (int i = 0; i < 50; i++) {
		find_on(&r, METRIC_DISK_STALE, 0, FINDING_FIRING, SEV_CRITICAL, 1);
		hold_usage(&r, 0);
		assert_string_equal(apply(&r), i == 1 ? "webhook resolve warn gone" : "");
	}
	find_on(&r, METRIC_DISK_STALE, 0, FINDING_CLEAR, SEV_NONE, 0);
	assert_string_equal(
	    FIRES(&r, SEV_WARN), "webhook resolve critical; discord resolve critical");
	assert_string_equal(CLEARS(&r), "webhook resolve warn");
	rig_done(&r);
}

static void
past_the_bound_further_ones_are_counted(void **state)
{
	static struct rig r;
	uint32_t quota[GROUP_COUNT] = {[GROUP_PROCESS] = ALERTS_MAX + 10};
	struct series_ref ref;
	char pid[12];
	const char *const values[] = {pid, "x"};

	(void)state;
	rig_init(&r);
	series_table_free(r.series);
	r.series = series_table_new(quota);
	for (int i = 0; i < ALERTS_MAX + 10; i++) {
		struct finding *f = findings_add(&r.findings);

		ref = (struct series_ref){0, 0};
		snprintf(pid, sizeof(pid), "%d", i);
		*f = (struct finding){.rule = "r", .state = FINDING_FIRING, .severity = SEV_INFO};
		f->subject = subject_of_series(series_at(r.series,
		    series_get(r.series, &ref, METRIC_PROC_FD_USAGE, values, 1, STEP_MS)));
		f->interval_ms = STEP_MS;
		if (i == 5)
			f->state = FINDING_PENDING;
	}
	apply(&r);
	assert_int_equal(alert_count(r.table, ALERT_FIRING), ALERTS_MAX);
	assert_int_equal(alert_count(r.table, ALERT_PENDING), 0);
	assert_int_equal(alert_overflow(r.table), 9);
	rig_done(&r);
}

static void
a_restart_neither_repeats_nor_forgets(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r);
	FIRES(&r, SEV_CRITICAL);
	restart(&r);
	assert_string_equal(FIRES(&r, SEV_CRITICAL), "");
	restart(&r);
	assert_string_equal(CLEARS(&r), "webhook resolve critical; discord resolve critical");
	restart(&r);
	assert_string_equal(FIRES(&r, SEV_CRITICAL), "");
	restart(&r);
	for (int i = 0; i < 2; i++)
		assert_string_equal(FIRES(&r, SEV_CRITICAL), "");
	assert_string_equal(FIRES(&r, SEV_CRITICAL),
	    "webhook fire critical 2 times in 60s; discord fire critical 2 times in 60s");
	/* A series that is not there any more after it. */
	restart(&r);
	assert_string_equal(apply(&r), "");
	assert_string_equal(apply(&r), "");
	assert_string_equal(apply(&r), "");
	assert_string_equal(
	    apply(&r), "webhook resolve critical gone; discord resolve critical gone");
	apply_for(&r, 1800000);
	apply(&r);
	save(&r);
	for (size_t i = 0; i < KEPT_MAX; i++)
		assert_null(r.disk.json[i]);
	rig_done(&r);
}

/* Another process that judges before it is given what was kept. */
static void
restart_blind(struct rig *r)
{
	save(r);
	alert_free(r->table);
	r->table = alert_new(&r->conf, "web-01", both_channels, 2);
	r->now.boot_ns += 777 * NS_PER_SEC;
}

static void
load_late(struct rig *r)
{
	for (size_t i = 0; i < KEPT_MAX; i++) {
		if (r->disk.json[i] != NULL)
			assert_int_equal(JSON_READ_OK, alert_load(r->table, r->disk.json[i],
			                                   strlen(r->disk.json[i]), &r->now));
	}
}

static size_t
count_kept(const struct rig *r)
{
	size_t n = 0;

	for (size_t i = 0; i < KEPT_MAX; i++)
		n += r->disk.json[i] != NULL;
	return n;
}

/* What was kept comes late: it is neither repeated nor lost, whatever has become of the alert. */
static void
a_late_memory_is_merged(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r);
	usage(&r, 1, FINDING_FIRING, SEV_CRITICAL, 95);
	FIRES(&r, SEV_CRITICAL);
	/* Not seen yet, and pending. */
	restart_blind(&r);
	assert_string_equal(PENDS(&r, SEV_CRITICAL), "");
	load_late(&r);
	usage(&r, 1, FINDING_FIRING, SEV_CRITICAL, 95);
	assert_string_equal(FIRES(&r, SEV_CRITICAL), "");
	/* One repeated for want of memory, at a lower level; its further ends are known again. */
	restart_blind(&r);
	assert_string_equal(FIRES(&r, SEV_WARN), "webhook fire warn");
	load_late(&r);
	save(&r);
	assert_int_equal(count_kept(&r), 2);
	usage(&r, 1, FINDING_CLEAR, SEV_NONE, 45);
	assert_string_equal(CLEARS(&r), "webhook resolve critical; discord resolve critical; "
	                                "webhook resolve warn; discord resolve warn");
	/* It is over, and fires again within the window that is not known of yet. */
	restart_blind(&r);
	load_late(&r);
	assert_string_equal(FIRES(&r, SEV_CRITICAL), "");
	save(&r);
	assert_int_equal(count_kept(&r), 2);
	rig_done(&r);
}

static void
damaged_alerts_are_refused(void **state)
{
	struct rig r;
	struct alert_table *table;
	char *json;
	size_t len;

	(void)state;
	rig_init(&r);
	FIRES(&r, SEV_WARN);
	save(&r);
	json = r.disk.json[0];
	len = strlen(json);
	table = alert_new(&r.conf, "web-01", both_channels, 2);
	for (size_t i = 0; i < len; i++)
		assert_int_not_equal(JSON_READ_OK, alert_load(table, json, i, &r.now));
	for (size_t i = 0; i < len; i++) {
		char was = json[i];

		for (int c = 0; c < 256; c += 7) {
			struct alert_table *fresh = alert_new(&r.conf, "web-01", both_channels, 2);

			json[i] = (char)c;
			alert_load(fresh, json, len, &r.now);
			alert_free(fresh);
		}
		json[i] = was;
	}
	assert_int_equal(JSON_READ_OK, alert_load(table, json, len, &r.now));
	assert_int_equal(
	    JSON_READ_OK, alert_load(table, json, len, &r.now)); /* a row that comes twice */
	assert_int_equal(alert_count(table, ALERT_FIRING), 1);
	alert_free(table);
	rig_done(&r);
}

static void
only_changes_are_kept(void **state)
{
	struct rig r;
	struct disk none = {.json = {NULL}};

	(void)state;
	rig_init(&r);
	FIRES(&r, SEV_WARN);
	save(&r);
	FIRES(&r, SEV_WARN);
	step(&r, FINDING_FIRING, SEV_WARN, 95.1);
	alert_take_changes(r.table, keep, &none);
	assert_null(none.json[0]);
	alert_mark_all(r.table);
	alert_take_changes(r.table, keep, &none);
	assert_non_null(none.json[0]);
	mem_free(none.json[0]);
	rig_done(&r);
}

static void
again_is_for_what_still_fires(void **state)
{
	struct rig r;
	struct notices out = {.items = NULL};
	uint64_t fingerprint;

	(void)state;
	rig_init(&r);
	FIRES(&r, SEV_WARN);
	fingerprint = r.out.items[0]->facts->fingerprint;
	alert_again(r.table, fingerprint, CHANNEL_DISCORD, &r.now, &out);
	alert_again(r.table, fingerprint + 1, CHANNEL_WEBHOOK, &r.now, &out);
	assert_int_equal(out.len, 0);
	alert_again(r.table, fingerprint, CHANNEL_WEBHOOK, &r.now, &out);
	assert_int_equal(out.len, 1);
	CLEARS(&r);
	alert_again(r.table, fingerprint, CHANNEL_WEBHOOK, &r.now, &out);
	assert_int_equal(out.len, 1);
	notices_done(&out);
	rig_done(&r);
}

static uint64_t rng;

static uint64_t
draw(uint64_t below)
{
	rng = rng * 6364136223846793005ULL + 1442695040888963407ULL;
	return (rng >> 33) % below;
}

/* A host whose mounts fill and empty at random: what the detector would say of them next. */
struct host {
	enum finding_state state[MOUNTS];
	enum severity severity[MOUNTS];
};

static void
host_step(struct host *h, struct rig *one, struct rig *other)
{
	for (int i = 0; i < MOUNTS; i++) {
		bool was_fine = h->state[i] == FINDING_CLEAR;

		if (draw(4) == 0) {
			h->state[i] = (enum finding_state)draw(3);
			h->severity[i] = SEV_INFO + (enum severity)draw(4);
		}
		if (h->state[i] == FINDING_CLEAR && was_fine)
			continue;
		usage(one, i, h->state[i], h->severity[i], 95);
		if (other != NULL)
			usage(other, i, h->state[i], h->severity[i], 95);
	}
}

static void
random_restarts_change_nothing(void **state)
{
	(void)state;
	rng = clock_seed();
	print_message("seed %llu\n", (unsigned long long)rng);
	for (int run = 0; run < 20; run++) {
		struct host host = {.state = {FINDING_CLEAR}};
		struct rig steady, broken;
		char told[8192];

		rig_init(&steady);
		rig_init(&broken);
		for (int i = 0; i < 400; i++) {
			int64_t pause = draw(20) == 0 ? 100000 : STEP_MS;

			host_step(&host, &steady, &broken);
			str_copy(told, sizeof(told), apply_for(&steady, pause));
			assert_string_equal(apply_for(&broken, pause), told);
			for (size_t n = 0; n < steady.out.len; n++) {
				const struct alert_facts *a = steady.out.items[n]->facts;
				const struct alert_facts *b = broken.out.items[n]->facts;

				assert_true(a->fingerprint == b->fingerprint);
				assert_int_equal(a->since_wall_ms, b->since_wall_ms);
				assert_true(a->worst == b->worst);
			}
			if (draw(5) == 0)
				restart(&broken);
		}
		rig_done(&steady);
		rig_done(&broken);
	}
}

/* What one channel has heard of one mount. */
struct heard {
	enum severity level; /* of the firing it knows of; SEV_NONE: none */
	int64_t last_ns[SEV_COUNT];
};

static void
listen(struct heard *h, const struct notice *n, const struct conf_alert *conf, int64_t boot_ns)
{
	if (n->kind == NOTICE_RESOLVE) {
		assert_int_not_equal(h->level, SEV_NONE);
		h->level = SEV_NONE;
		return;
	}
	if (h->last_ns[n->severity] != 0 && n->facts->flap == FLAP_NONE)
		assert_true(boot_ns - h->last_ns[n->severity] >=
		            conf->dedup_secs[n->severity] * NS_PER_SEC);
	h->level = n->severity;
	h->last_ns[n->severity] = boot_ns;
}

static void
nothing_is_told_twice_and_every_end_is(void **state)
{
	(void)state;
	rng = clock_seed();
	print_message("seed %llu\n", (unsigned long long)rng);
	for (int run = 0; run < 20; run++) {
		struct heard heard[CHANNEL_COUNT][MOUNTS] = {{{SEV_NONE, {0}}}};
		struct host host = {.state = {FINDING_CLEAR}};
		struct rig r;

		rig_init(&r);
		for (int i = 0; i < 600; i++) {
			int64_t at = r.now.boot_ns;

			if (i < 490)
				host_step(&host, &r, NULL);
			apply(&r);
			for (size_t n = 0; n < r.out.len; n++) {
				const struct notice *notice = r.out.items[n];
				int mount =
				    label_set_value(&notice->facts->subject.labels, 0)[1] - '0';

				/* "/10" and "/11" share a digit with "/1". */
				if (strlen(label_set_value(&notice->facts->subject.labels, 0)) == 2)
					listen(&heard[notice->channel][mount], notice, &r.conf, at);
			}
		}
		for (int c = 0; c < CHANNEL_COUNT; c++) {
			for (int m = 0; m < MOUNTS; m++)
				assert_int_equal(heard[c][m].level, SEV_NONE);
		}
		rig_done(&r);
	}
}

static void
restore_one(void *arg, const struct alert_view *view)
{
	if (view->state == ALERT_FIRING)
		detect_restore(arg, view->facts);
}

/* Through the detector too: hysteresis goes on where it was. */
static void
a_restarted_detector_tells_the_same(void **state)
{
	struct conf_detect conf = {.for_secs = -1, .clear_percent = 5};
	char name[] = "mine", message[] = "";
	struct conf_rule rule = {.name = name,
	    .metric = METRIC_CPU_USAGE,
	    .warn = 80,
	    .critical = 90,
	    .message = message};
	struct rig rigs[2];
	struct detect *detect[2];
	struct batch batch[2];
	double value = 70;

	(void)state;
	rng = clock_seed();
	print_message("seed %llu\n", (unsigned long long)rng);
	conf.rules = &rule;
	conf.rule_count = 1;
	for (int i = 0; i < LIMIT_COUNT; i++)
		conf.warn[i] = conf.critical[i] = NAN;
	for (int k = 0; k < 2; k++) {
		rig_init(&rigs[k]);
		batch_init(&batch[k], rigs[k].series, 4);
		detect[k] = detect_new(&conf, rigs[k].series, NULL);
	}
	for (int i = 0; i < 3000; i++) {
		char told[8192];

		value = fmin(100, fmax(60, value + (double)draw(1000) / 100 - 5));
		for (int k = 0; k < 2; k++) {
			batch_reset(&batch[k], &rigs[k].now);
			batch_add(&batch[k], METRIC_CPU_USAGE, value, NAN);
			detect_feed(detect[k], &batch[k], &rigs[k].findings);
		}
		str_copy(told, sizeof(told), apply(&rigs[0]));
		assert_string_equal(apply(&rigs[1]), told);
		if (draw(4) != 0)
			continue;
		detect_free(detect[1]);
		restart(&rigs[1]);
		detect[1] = detect_new(&conf, rigs[1].series, NULL);
		alert_each(rigs[1].table, restore_one, detect[1]);
	}
	for (int k = 0; k < 2; k++) {
		detect_free(detect[k]);
		batch_done(&batch[k]);
		rig_done(&rigs[k]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(tells_on_transitions_only),
	    cmocka_unit_test(the_end_says_what_it_was),
	    cmocka_unit_test(a_pending_alert_that_clears_was_never_there),
	    cmocka_unit_test(only_those_who_were_told_hear_the_end),
	    cmocka_unit_test(no_recovery_notices_where_they_are_off),
	    cmocka_unit_test(a_refire_still_firing_when_its_window_ends_says_how_often),
	    cmocka_unit_test(a_refire_cleared_in_its_window_vanishes),
	    cmocka_unit_test(each_severity_has_its_own_window),
	    cmocka_unit_test(a_step_of_the_wall_clock_changes_nothing),
	    cmocka_unit_test(reminders_come_when_asked_for),
	    cmocka_unit_test(what_vanishes_is_gone_after_three_intervals),
	    cmocka_unit_test(a_suspend_makes_nothing_gone),
	    cmocka_unit_test(a_mount_that_does_not_answer_is_not_gone),
	    cmocka_unit_test(past_the_bound_further_ones_are_counted),
	    cmocka_unit_test(a_restart_neither_repeats_nor_forgets),
	    cmocka_unit_test(a_late_memory_is_merged),
	    cmocka_unit_test(damaged_alerts_are_refused),
	    cmocka_unit_test(only_changes_are_kept),
	    cmocka_unit_test(again_is_for_what_still_fires),
	    cmocka_unit_test(random_restarts_change_nothing),
	    cmocka_unit_test(nothing_is_told_twice_and_every_end_is),
	    cmocka_unit_test(a_restarted_detector_tells_the_same),
	};

	return cmocka_run_group_tests_name("alert", tests, NULL, NULL);
}
