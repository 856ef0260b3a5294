/*
 * What the table keeps of alerts, and how much: a restart anywhere changes nothing of what is told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/alert/alert_table.c"

#include <math.h>

#include "detect/detect.h"
#include "tests/unit/alert_rig.h"
#include "tests/unit/log_help.h"
#include "tests/unit/random_mounts.h"

static void
a_restart_neither_repeats_nor_forgets(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init_windows(&r);
	rig_fires(&r, SEV_CRITICAL);
	rig_restart(&r);
	assert_string_equal(rig_fires(&r, SEV_CRITICAL), "");
	rig_restart(&r);
	assert_string_equal(rig_clears(&r), "webhook resolve critical; discord resolve critical");
	rig_restart(&r);
	assert_string_equal(rig_fires(&r, SEV_CRITICAL), "");
	rig_restart(&r);
	for (int i = 0; i < 2; i++)
		assert_string_equal(rig_fires(&r, SEV_CRITICAL), "");
	assert_string_equal(rig_fires(&r, SEV_CRITICAL),
	    "webhook fire critical 2 times in 60s; discord fire critical 2 times in 60s");
	/* A series that is not there any more after it. */
	rig_restart(&r);
	assert_string_equal(rig_apply(&r), "");
	assert_string_equal(rig_apply(&r), "");
	assert_string_equal(rig_apply(&r), "");
	assert_string_equal(
	    rig_apply(&r), "webhook resolve critical gone; discord resolve critical gone");
	rig_apply_for(&r, 1800000);
	rig_apply(&r);
	rig_save(&r);
	assert_int_equal(fake_disk_count(&r.disk, KEPT_ALERT), 0);
	rig_done(&r);
}

/* How bad it was is kept when it has become worse by more than a hundredth. */
static void
the_worst_outlives_a_restart(void **state)
{
	static const struct {
		double value, kept;
	} cases[] = {{80.5, 80}, {82, 82}, {95, 95}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct alert_rig r;

		rig_init(&r);
		rig_step(&r, FINDING_FIRING, SEV_WARN, 80);
		rig_save(&r);
		rig_step(&r, FINDING_FIRING, SEV_WARN, cases[i].value);
		rig_restart(&r);
		assert_string_equal(rig_clears(&r), "webhook resolve warn");
		assert_true(r.out.items[0]->facts->worst == cases[i].kept);
		rig_done(&r);
	}
}

static void
only_changes_are_kept(void **state)
{
	struct alert_rig r;
	static struct fake_disk other;

	(void)state;
	rig_init_windows(&r);
	rig_fires(&r, SEV_WARN);
	rig_save(&r);
	rig_fires(&r, SEV_WARN);
	rig_step(&r, FINDING_FIRING, SEV_WARN, 95.1);
	alert_take_changes(r.table, fake_disk_put_alert, &other);
	assert_int_equal(other.writes + other.deletes, 0);
	alert_mark_all(r.table);
	alert_take_changes(r.table, fake_disk_put_alert, &other);
	assert_int_equal(fake_disk_count(&other, KEPT_ALERT), 1);
	fake_disk_done(&other);
	rig_done(&r);
}

/* In the same life as well as in the next one. */
static void
what_is_forgotten_leaves_the_disk(void **state)
{
	for (int restart = 0; restart < 2; restart++) {
		struct alert_rig r;

		(void)state;
		rig_init(&r);
		rig_fires(&r, SEV_WARN);
		rig_save(&r);
		if (restart)
			rig_restart(&r);
		rig_clears(&r);
		rig_save(&r);
		assert_int_equal(fake_disk_count(&r.disk, KEPT_ALERT), 1);
		rig_pass(&r, 3600000);
		rig_apply(&r);
		rig_save(&r);
		assert_int_equal(fake_disk_count(&r.disk, KEPT_ALERT), 0);
		assert_int_equal(r.disk.deletes, 1);
		/* What was never kept need not be deleted. */
		rig_pends(&r, SEV_WARN);
		rig_clears(&r);
		rig_save(&r);
		assert_int_equal(r.disk.deletes, 1);
		rig_done(&r);
	}
}

/* A finding about the process of that number, in a table of series with room for all. */
static struct finding *
find_process(struct alert_rig *r, int number, enum finding_state state)
{
	struct finding *f = findings_add(&r->findings);
	struct series_ref ref = {0, 0};
	char pid[12];
	const char *const values[] = {pid, "x"};

	snprintf(pid, sizeof(pid), "%d", number);
	*f = (struct finding){.rule = "r", .state = state, .severity = SEV_WARN};
	f->subject = subject_of_series(series_at(
	    r->series, series_get(r->series, &ref, METRIC_PROC_FD_USAGE, values, 1, RIG_STEP_MS)));
	f->interval_ms = RIG_STEP_MS;
	return f;
}

static void
fire_processes(struct alert_rig *r, int first, int last)
{
	for (int i = first; i <= last; i++)
		find_process(r, i, FINDING_FIRING);
}

static void
init_processes(struct alert_rig *r)
{
	uint32_t quota[GROUP_COUNT] = {[GROUP_PROCESS] = 2 * ALERTS_MAX};

	rig_init(r);
	r->channel_count = 1;
	rig_configure(r);
	series_table_free(r->series);
	r->series = series_table_new(quota);
}

/* A cycle of more than rig_apply() has words for: how many notices of that kind it made. */
static size_t
apply_many(struct alert_rig *r, enum notice_kind kind)
{
	size_t n = 0;

	rig_round(r, true);
	rig_pass(r, RIG_STEP_MS);
	for (size_t i = 0; i < r->out.len; i++)
		n += r->out.items[i]->kind == kind;
	return n;
}

/* They are said in the log by name, counted for status, and told once others have ended. */
static void
past_the_bound_further_ones_wait_for_room(void **state)
{
	static struct alert_rig r;
	FILE *log;

	(void)state;
	init_processes(&r);
	log = catch_log(LOGL_INFO);
	for (int i = 0; i < 3; i++) { /* the sixth is pushed out, being no more than pending */
		fire_processes(&r, 0, 4);
		find_process(&r, 5, FINDING_PENDING);
		fire_processes(&r, 6, ALERTS_MAX + 9);
		assert_int_equal(apply_many(&r, NOTICE_FIRE), i == 0 ? ALERTS_MAX : 0);
		assert_int_equal(alert_count(r.table, ALERT_FIRING), ALERTS_MAX);
		assert_int_equal(alert_count(r.table, ALERT_PENDING), 0);
		assert_int_equal(alert_without_room(r.table), 9);
	}
	assert_int_equal(count_logged(log, "before others end"), 1);
	assert_int_equal(count_logged(log, "finds no room, warn: proc.fd_usage_percent"), 9);
	find_process(&r, ALERTS_MAX + 9, FINDING_CLEAR);
	apply_many(&r, NOTICE_FIRE);
	assert_int_equal(alert_without_room(r.table), 8);
	for (int i = 0; i < 8; i++)
		find_process(&r, i, FINDING_CLEAR);
	apply_many(&r, NOTICE_FIRE);
	fire_processes(&r, ALERTS_MAX + 1, ALERTS_MAX + 8);
	assert_int_equal(apply_many(&r, NOTICE_FIRE), 7); /* the sixth held no place */
	find_process(&r, 9, FINDING_CLEAR);
	apply_many(&r, NOTICE_FIRE);
	fire_processes(&r, ALERTS_MAX + 8, ALERTS_MAX + 8);
	assert_int_equal(apply_many(&r, NOTICE_FIRE), 1);
	assert_int_equal(alert_without_room(r.table), 0);
	assert_int_equal(count_logged(log, "have room again"), 1);
	release_log(log);
	rig_done(&r);
}

/* Nobody looks for it any more, or it is no more. */
static void
what_waits_for_room_and_is_gone_is_not_counted(void **state)
{
	static struct alert_rig r;

	(void)state;
	init_processes(&r);
	fire_processes(&r, 0, ALERTS_MAX + 9);
	apply_many(&r, NOTICE_FIRE);
	assert_int_equal(alert_without_room(r.table), 10);
	for (int i = 0; i < GONE_INTERVALS; i++) {
		fire_processes(&r, 0, ALERTS_MAX - 1);
		apply_many(&r, NOTICE_FIRE);
	}
	assert_int_equal(alert_without_room(r.table), 0);
	rig_done(&r);
}

/* The rows came late, and others had taken their places: somebody waits for their end. */
static void
the_end_of_what_an_earlier_life_told_is_told_in_a_crowd(void **state)
{
	static struct alert_rig r;

	(void)state;
	init_processes(&r);
	fire_processes(&r, 0, 19);
	apply_many(&r, NOTICE_FIRE);
	rig_restart_blind(&r);
	fire_processes(&r, 20, ALERTS_MAX + 19);
	assert_int_equal(apply_many(&r, NOTICE_FIRE), ALERTS_MAX);
	rig_load(&r);
	for (int i = 0; i < 20; i++)
		find_process(&r, i, FINDING_CLEAR);
	assert_int_equal(apply_many(&r, NOTICE_RESOLVE), 20);
	rig_done(&r);
}

static void
random_restarts_change_nothing(void **state)
{
	(void)state;
	random_start();
	for (int run = 0; run < 20; run++) {
		struct mounts host = {.state = {FINDING_CLEAR}};
		struct alert_rig steady, broken;
		char told[8192];

		rig_init_windows(&steady);
		rig_init_windows(&broken);
		for (int i = 0; i < 400; i++) {
			int64_t pause = draw(20) == 0 ? 100000 : RIG_STEP_MS;

			mounts_step(&host, &steady, &broken);
			str_copy(told, sizeof(told), rig_apply_for(&steady, pause));
			assert_string_equal(rig_apply_for(&broken, pause), told);
			for (size_t n = 0; n < steady.out.len; n++) {
				const struct alert_facts *a = steady.out.items[n]->facts;
				const struct alert_facts *b = broken.out.items[n]->facts;

				assert_true(a->fingerprint == b->fingerprint);
				assert_int_equal(a->since.wall_ms, b->since.wall_ms);
				assert_true(a->worst == b->worst);
			}
			if (draw(5) == 0)
				rig_restart(&broken);
		}
		rig_done(&steady);
		rig_done(&broken);
	}
}

static bool
find_firing(void *arg, uint64_t fingerprint, struct detect_firing *out)
{
	const struct alert_rig *r = arg;
	struct alert_view view;

	if (!alert_find_firing(r->table, fingerprint, &view))
		return false;
	*out = (struct detect_firing){view.facts->severity, view.facts->since};
	return true;
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
	struct alert_rig rigs[2];
	struct detect *detect[2];
	struct batch batch[2];
	double value = 70;

	(void)state;
	random_start();
	conf.rules = &rule;
	conf.rule_count = 1;
	for (int i = 0; i < LIMIT_COUNT; i++)
		conf.warn[i] = conf.critical[i] = NAN;
	for (int k = 0; k < 2; k++) {
		rig_init_windows(&rigs[k]);
		batch_init(&batch[k], rigs[k].series, 4);
		detect[k] = detect_new(
		    &conf, rigs[k].series, NULL, &(struct detect_alerts){&rigs[k], find_firing});
	}
	for (int i = 0; i < 3000; i++) {
		char told[8192];

		value = fmin(100, fmax(60, value + (double)draw(1000) / 100 - 5));
		for (int k = 0; k < 2; k++) {
			batch_reset(&batch[k], &rigs[k].now);
			batch_add(&batch[k], METRIC_CPU_USAGE, value, NAN);
			detect_feed(detect[k], &batch[k], &rigs[k].findings);
		}
		str_copy(told, sizeof(told), rig_apply(&rigs[0]));
		assert_string_equal(rig_apply(&rigs[1]), told);
		if (draw(4) != 0)
			continue;
		detect_free(detect[1]);
		rig_restart(&rigs[1]);
		detect[1] = detect_new(
		    &conf, rigs[1].series, NULL, &(struct detect_alerts){&rigs[1], find_firing});
	}
	for (int k = 0; k < 2; k++) {
		detect_free(detect[k]);
		batch_done(&batch[k]);
		rig_done(&rigs[k]);
	}
}

static const char *
case_host_told(const struct alert_rig *r)
{
	assert_true(r->out.len > 0);
	return r->out.items[0]->facts->case_host;
}

/* A service finds the case that it opened by the name that the host had then. */
static void
a_case_keeps_the_name_of_its_host(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init_windows(&r);
	rig_fires(&r, SEV_WARN);
	assert_string_equal(case_host_told(&r), "web-01");
	r.hostname = "db-07";
	rig_configure(&r);
	rig_restart(&r);
	rig_fires(&r, SEV_EMERGENCY);
	assert_string_equal(case_host_told(&r), "web-01");
	rig_restart(&r);
	assert_string_equal(rig_clears(&r), "webhook resolve emergency; discord resolve emergency");
	assert_string_equal(case_host_told(&r), "web-01");
	/* The next one is a case of its own, also where the last is remembered still. */
	assert_string_equal(
	    rig_fires(&r, SEV_EMERGENCY), "webhook fire emergency; discord fire emergency");
	assert_string_equal(case_host_told(&r), "db-07");
	rig_done(&r);
}

/* An end that was not told yet, and is none after all: the case is still open. */
static void
a_case_that_goes_on_keeps_its_name(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init(&r);
	r.conf.group_window_secs = 30;
	rig_configure(&r);
	for (int i = 0; i < 4; i++)
		rig_fires(&r, SEV_WARN);
	assert_string_equal(case_host_told(&r), "web-01");
	r.hostname = "db-07";
	rig_configure(&r);
	assert_string_equal(rig_clears(&r), "");
	for (int i = 0; i < 4; i++)
		assert_string_equal(rig_fires(&r, SEV_WARN), "");
	for (int i = 0; i < 3; i++)
		assert_string_equal(rig_clears(&r), "");
	assert_string_equal(rig_clears(&r), "webhook resolve warn");
	assert_string_equal(case_host_told(&r), "web-01");
	rig_done(&r);
}

/* Level zero, too: what does not move costs no write. */
static void
what_stays_as_it_is_is_written_once(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init(&r);
	for (int i = 0; i < 20; i++) {
		if (i == 10)
			r.disk.writes = 0;
		rig_found(&r, METRIC_CPU_USAGE, 0, SEV_WARN, 0);
		rig_apply_places(&r);
		rig_save(&r);
		assert_true(i != 0 || r.disk.writes > 0);
	}
	assert_int_equal(r.disk.writes, 0);
	rig_done(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_stays_as_it_is_is_written_once),
	    cmocka_unit_test(a_restart_neither_repeats_nor_forgets),
	    cmocka_unit_test(a_case_keeps_the_name_of_its_host),
	    cmocka_unit_test(a_case_that_goes_on_keeps_its_name),
	    cmocka_unit_test(the_worst_outlives_a_restart),
	    cmocka_unit_test(only_changes_are_kept),
	    cmocka_unit_test(what_is_forgotten_leaves_the_disk),
	    cmocka_unit_test(past_the_bound_further_ones_wait_for_room),
	    cmocka_unit_test(what_waits_for_room_and_is_gone_is_not_counted),
	    cmocka_unit_test(the_end_of_what_an_earlier_life_told_is_told_in_a_crowd),
	    cmocka_unit_test(random_restarts_change_nothing),
	    cmocka_unit_test(a_restarted_detector_tells_the_same),
	};

	return cmocka_run_group_tests_name("alert_table", tests, NULL, NULL);
}
