/*
 * What a threshold keeps and forgets: through gaps, restarts, recycled series, and when there is no
 * room for what it has to say.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/detect/threshold.c"

#include "tests/unit/threshold_rig.h"

static void
a_gap_restarts_what_is_pending_and_nothing_else(void **state)
{
	struct rig r;

	(void)state;
	rig_init_for(&r, 80, 95, 30);
	sample(&r, 85);
	assert_string_equal(sample_after(&r, 25000, 85), "pending warn");
	assert_string_equal(sample_after(&r, 25001, 85), "pending warn");
	assert_string_equal(sample_after(&r, 20000, 85), "pending warn");
	assert_string_equal(sample(&r, 85), "firing warn");
	sample(&r, 96);
	assert_string_equal(sample_after(&r, 600000, 96), "firing warn");
	assert_string_equal(sample_after(&r, 20000, 96), "firing warn");
	assert_string_equal(sample(&r, 96), "firing critical");
	assert_string_equal(sample_after(&r, 600000, 96), "firing critical");
	rig_done(&r);
}

static void
who_was_gone_starts_afresh(void **state)
{
	struct rig r;

	(void)state;
	rig_init_for(&r, 80, 95, 30);
	for (int i = 0; i < 4; i++)
		sample(&r, 85);
	cycles_without_it(&r, GONE_INTERVALS - 2);
	assert_string_equal(sample(&r, 78), "firing warn");
	cycles_without_it(&r, GONE_INTERVALS);
	assert_string_equal(sample(&r, 85), "pending warn");
	assert_int_equal(r.findings.items[0].since_ns, r.now.boot_ns);
	sample(&r, 85);
	sample(&r, 85);
	assert_string_equal(sample(&r, 85), "firing warn");
	cycles_without_it(&r, GONE_INTERVALS);
	/* In the band, which is for those that fire. Should its alert live, it ends here. */
	assert_string_equal(sample(&r, 78), "clear");
	assert_string_equal(sample(&r, 78), "-");
	rig_done(&r);
}

/* As mounts say it: no usage while stale; the answer comes with the first that is not. */
static const char *
mount_sample(struct rig *r, struct series_ref *stale_ref, bool stale, double usage)
{
	const char *const values[] = {"/mnt", "nfs:/x", "nfs"};

	pass(r, STEP_MS);
	batch_reset(&r->batch, &r->now);
	findings_reset(&r->findings);
	batch_add(&r->batch, METRIC_CPU_LOAD_1M, 1, NAN);
	batch_add_labelled(&r->batch, stale_ref, METRIC_DISK_STALE, values, stale, NAN);
	if (!isnan(usage))
		batch_add_labelled(&r->batch, &r->ref, METRIC_DISK_USAGE, values, usage, NAN);
	else if (stale)
		batch_hold(&r->batch, &r->ref, METRIC_DISK_USAGE, values);
	detect_feed(r->detect, &r->batch, &r->findings);
	for (size_t i = 0; i < r->findings.len; i++) {
		if (r->ref.gen != 0 &&
		    r->findings.items[i].subject.hash == series_at(r->table, r->ref.id)->hash)
			return r->findings.items[i].state == FINDING_FIRING ? "firing" : "other";
	}
	return "-";
}

static void
who_is_known_not_to_answer_is_not_gone(void **state)
{
	struct series_ref stale_ref = {0};
	struct rig r;

	(void)state;
	rig_init(&r, METRIC_DISK_USAGE, OP_GE, 80, NAN);
	assert_string_equal(mount_sample(&r, &stale_ref, false, 85), "firing");
	for (int i = 0; i < 20; i++)
		mount_sample(&r, &stale_ref, true, NAN);
	assert_string_equal(mount_sample(&r, &stale_ref, false, 78), "firing");
	/* It answers, but not that question: its alert ends. */
	for (int i = 0; i < 20; i++)
		mount_sample(&r, &stale_ref, false, NAN);
	assert_string_equal(mount_sample(&r, &stale_ref, false, 78), "other");
	rig_done(&r);
}

/* Since a minute and a half, as the alerts know. */
static void
fire(struct rig *r, enum severity severity)
{
	const struct series *s = series_at(r->table, r->ref.id);

	r->alert = (struct one_alert){
	    fingerprint_of(r->name, s->hash), {severity, {.wall_ms = r->now.wall_ms - 90000}}};
}

static void
a_restored_alert_goes_on_firing_in_its_band(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, METRIC_CPU_USAGE, OP_GE, 80, 90);
	r.rule.for_secs = 30;
	sample(&r, 50);
	fire(&r, SEV_CRITICAL);
	for (int restart = 0; restart < 2; restart++) {
		rig_reopen(&r);
		if (restart == 1)
			break;
		assert_string_equal(sample(&r, 86), "firing critical");
		assert_int_equal(
		    r.findings.items[0].since_ns, r.now.boot_ns - (90000 + STEP_MS) * NS_PER_MS);
		assert_string_equal(sample(&r, 84), "firing warn");
	}
	assert_string_equal(sample(&r, 20), "clear");
	assert_string_equal(sample(&r, 86), "pending warn");
	rig_done(&r);
}

static void
a_restored_transition_needs_no_opposite(void **state)
{
	struct rig r;

	(void)state;
	rig_init_read_only(&r);
	sample(&r, 0);
	fire(&r, SEV_CRITICAL);
	rig_reopen(&r);
	assert_string_equal(sample(&r, 1), "firing critical");
	assert_string_equal(sample(&r, 0), "clear");
	rig_done(&r);
}

/* A bridge that was made anew has not come up yet; a CD was put in. */
static void
a_transition_is_of_one_thing(void **state)
{
	struct rig r;

	(void)state;
	rig_init_read_only(&r);
	sample(&r, 0);
	cycles_without_it(&r, 2);
	assert_string_equal(sample(&r, 1), "firing critical");
	assert_string_equal(sample(&r, 0), "clear");
	cycles_without_it(&r, 3);
	assert_string_equal(sample(&r, 1), "-");
	rig_done(&r);
}

static void
a_recycled_place_starts_afresh(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, METRIC_CPU_USAGE, OP_GE, 80, 90);
	assert_string_equal(sample(&r, 91), "firing critical");
	((struct series *)(uintptr_t)series_at(r.table, r.ref.id))->gen++;
	r.ref.gen++;
	assert_string_equal(sample(&r, 86), "firing warn");
	((struct series *)(uintptr_t)series_at(r.table, r.ref.id))->gen++;
	r.ref.gen++;
	assert_string_equal(sample(&r, 78), "-");
	rig_done(&r);
}

static void
a_clear_that_found_no_room_comes_again(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, METRIC_CPU_USAGE, OP_GE, 80, 90);
	sample(&r, 91);
	r.findings.cap = 0;
	assert_string_equal(sample(&r, 1), "-");
	r.findings.cap = 16;
	assert_string_equal(sample(&r, 1), "clear");
	assert_string_equal(sample(&r, 1), "-");
	rig_done(&r);
}

static void
states_are_given_back(void **state)
{
	struct rig r;
	size_t bytes;

	(void)state;
	rig_init(&r, METRIC_CPU_USAGE, OP_GE, 80, 90);
	sample(&r, 95);
	bytes = detect_bytes(r.detect);
	for (uint32_t i = 0; i < 3 * series_capacity(r.table); i++) {
		((struct series *)(uintptr_t)series_at(r.table, r.ref.id))->gen++;
		r.ref.gen++;
		assert_string_equal(sample(&r, 95), "firing critical");
	}
	assert_int_equal(detect_bytes(r.detect), bytes);
	rig_done(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_gap_restarts_what_is_pending_and_nothing_else),
	    cmocka_unit_test(who_was_gone_starts_afresh),
	    cmocka_unit_test(who_is_known_not_to_answer_is_not_gone),
	    cmocka_unit_test(a_restored_alert_goes_on_firing_in_its_band),
	    cmocka_unit_test(a_restored_transition_needs_no_opposite),
	    cmocka_unit_test(a_transition_is_of_one_thing),
	    cmocka_unit_test(a_recycled_place_starts_afresh),
	    cmocka_unit_test(a_clear_that_found_no_room_comes_again),
	    cmocka_unit_test(states_are_given_back),
	};

	return cmocka_run_group_tests_name("threshold_life", tests, NULL, NULL);
}
