/*
 * heartbeat: pings leave while everything works, on time, and stop when something does not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/core/heartbeat.c"
#include "tests/unit/log_help.h"

#include <string.h>

#define TICK (10 * NS_PER_SEC)

struct scene {
	struct heartbeat h;
	struct heartbeat_health health;
	struct now now;
};

static void
begin(struct scene *s, int64_t interval_secs)
{
	*s = (struct scene){.now = {.boot_ns = 1000 * NS_PER_SEC, .wall_ms = 1700000000000},
	    .health = {.interval_ns = TICK, .judging = true, .kept = true}};
	set_log_level(LOGL_ERROR);
	heartbeat_init(&s->h, true, interval_secs);
}

/* One tick in which the host was seen, unless collected is false. */
static bool
tick(struct scene *s, bool collected)
{
	s->now.boot_ns += TICK;
	s->now.wall_ms += 10000;
	if (collected)
		s->health.collected_ns = s->now.boot_ns;
	return heartbeat_due(&s->h, &s->health, &s->now, TICK);
}

static void
answer(struct scene *s, enum delivery_outcome outcome)
{
	struct delivery_receipt receipt = {
	    .id = s->h.id, .attempt = 1, .outcome = outcome, .text = "no route"};

	heartbeat_receipt(&s->h, &receipt, &s->now);
}

static int
count_pings(struct scene *s, int ticks, enum delivery_outcome outcome)
{
	int pings = 0;

	for (int i = 0; i < ticks; i++) {
		if (tick(s, true)) {
			pings++;
			answer(s, outcome);
		}
	}
	return pings;
}

static void
test_one_each_interval(void **state)
{
	struct scene s;

	(void)state;
	begin(&s, 60);
	assert_true(tick(&s, true));
	answer(&s, DELIVERY_DELIVERED);
	assert_int_equal(count_pings(&s, 60, DELIVERY_DELIVERED), 10);
	assert_int_equal(s.h.answered, 11);
	assert_true(s.h.last_ok.wall_ms > s.now.wall_ms - 60000);
}

static void
test_off_is_silent(void **state)
{
	struct scene s;

	(void)state;
	begin(&s, 60);
	s.h.enabled = false;
	assert_int_equal(count_pings(&s, 60, DELIVERY_DELIVERED), 0);
}

static void
test_a_failure_is_tried_again_sooner(void **state)
{
	struct scene s;

	(void)state;
	begin(&s, 120);
	assert_true(tick(&s, true));
	answer(&s, DELIVERY_TEMPORARY);
	assert_string_equal(s.h.last_error, "no route");
	assert_int_equal(count_pings(&s, 12, DELIVERY_TEMPORARY), 4);
	assert_int_equal(count_pings(&s, 3, DELIVERY_DELIVERED), 1);
	assert_string_equal(s.h.last_error, "");
	assert_int_equal(s.h.failed, 5);
	assert_int_equal(s.h.answered, 1);
	assert_int_equal(count_pings(&s, 11, DELIVERY_DELIVERED), 0);
	assert_int_equal(count_pings(&s, 1, DELIVERY_DELIVERED), 1);
}

/* A tick is near enough that comes half of one early. */
static void
test_ticks_that_come_early(void **state)
{
	struct scene s;

	(void)state;
	begin(&s, 60);
	assert_true(tick(&s, true));
	answer(&s, DELIVERY_DELIVERED);
	s.now.boot_ns += 55 * NS_PER_SEC - 1;
	s.health.collected_ns = s.now.boot_ns;
	assert_false(heartbeat_due(&s.h, &s.health, &s.now, TICK));
	s.now.boot_ns++;
	assert_true(heartbeat_due(&s.h, &s.health, &s.now, TICK));
}

static void
test_why_a_ping_failed(void **state)
{
	static const struct {
		uint16_t status;
		const char *text, *error;
	} cases[] = {
	    {0, "no route", "no route"},
	    {0, "", "no reason was given"},
	    {503, "HTTP 503 Service Unavailable: overloaded",
	        "HTTP 503 Service Unavailable: overloaded"},
	    {503, "", "no reason was given"},
	};
	struct scene s;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct delivery_receipt receipt = {
		    .outcome = DELIVERY_REJECTED, .status = cases[i].status, .text = cases[i].text};

		begin(&s, 60);
		assert_true(tick(&s, true));
		receipt.id = s.h.id;
		heartbeat_receipt(&s.h, &receipt, &s.now);
		assert_string_equal(s.h.last_error, cases[i].error);
		heartbeat_receipt(&s.h, &receipt, &s.now); /* twice: counted once */
		assert_int_equal(s.h.failed, 1);
	}
}

/* Silence is said when it begins and when it ends; not before the first ping. */
static void
test_changes_are_said_once(void **state)
{
	struct scene s;
	FILE *log;

	(void)state;
	begin(&s, 10);
	log = catch_log(LOGL_INFO);
	s.health.kept = false;
	assert_false(tick(&s, true));
	s.health.kept = true;
	assert_true(tick(&s, true));
	assert_int_equal(count_logged(log, "heartbeat"), 0); /* it had not begun */
	for (int round = 1; round <= 2; round++) {
		s.health.stuck = "discord";
		for (int i = 0; i < 3; i++)
			assert_false(tick(&s, true));
		assert_int_equal(count_logged(log, "no heartbeat from here on"), round);
		assert_int_equal(count_logged(log, "does not deliver: discord"), round);
		s.health.kept = false;
		for (int i = 0; i < 3; i++)
			assert_false(tick(&s, true));
		assert_int_equal(
		    count_logged(log, "still no heartbeat: the state is not kept on disk"), round);
		assert_int_equal(count_logged(log, "disk: discord"), 0);
		s.health.kept = true;
		s.health.stuck = NULL;
		for (int i = 0; i < 3; i++)
			assert_true(tick(&s, true));
		assert_int_equal(count_logged(log, "the heartbeat goes on"), round);
	}
	/* Failures: the first of a row of them. */
	for (int i = 0; i < 3; i++) {
		assert_true(tick(&s, true));
		answer(&s, DELIVERY_TEMPORARY);
	}
	assert_int_equal(count_logged(log, "no route"), 1);
	assert_true(tick(&s, true));
	answer(&s, DELIVERY_DELIVERED);
	assert_true(tick(&s, true));
	answer(&s, DELIVERY_TEMPORARY);
	assert_int_equal(count_logged(log, "no route"), 2);
	release_log(log);
}

/* Settings of a reload; what was counted stays. */
static void
test_another_configuration(void **state)
{
	struct scene s;

	(void)state;
	begin(&s, 60);
	assert_true(tick(&s, true));
	answer(&s, DELIVERY_DELIVERED);
	heartbeat_configure(&s.h, true, 20);
	assert_false(tick(&s, true));
	assert_true(tick(&s, true));
	answer(&s, DELIVERY_DELIVERED);
	assert_int_equal(s.h.answered, 2);
	heartbeat_configure(&s.h, false, 20);
	assert_int_equal(count_pings(&s, 10, DELIVERY_DELIVERED), 0);
	assert_int_equal(s.h.answered, 2);
}

static void
test_what_is_never_answered_is_forgotten(void **state)
{
	struct scene s;
	uint64_t first;

	(void)state;
	begin(&s, 60);
	assert_true(tick(&s, true));
	first = s.h.id;
	for (int i = 0; i < 5; i++)
		assert_false(tick(&s, true));
	assert_true(tick(&s, true));
	assert_true(s.h.id != first);
	heartbeat_receipt(
	    &s.h, &(struct delivery_receipt){.id = first, .outcome = DELIVERY_DELIVERED}, &s.now);
	assert_int_equal(s.h.answered, 0);
}

/* No process could be started for it, say: that is no answer. */
static void
test_a_ping_that_did_not_leave_is_tried_at_the_next_tick(void **state)
{
	struct scene s;

	(void)state;
	begin(&s, 60);
	for (int i = 0; i < 5; i++) {
		assert_true(tick(&s, true));
		answer(&s, DELIVERY_BUSY);
	}
	assert_int_equal(s.h.failed, 0);
	assert_true(tick(&s, true));
	answer(&s, DELIVERY_DELIVERED);
	assert_false(tick(&s, true));
}

static void
test_each_part_must_be_well(void **state)
{
	struct scene s;

	(void)state;
	begin(&s, 10);
	assert_true(tick(&s, true));
	answer(&s, DELIVERY_DELIVERED);
	for (int i = 0; i < 3; i++)
		assert_true(tick(&s, false)); /* within three intervals */
	assert_false(tick(&s, false));
	assert_true(tick(&s, true));
	s.health.judging = false;
	assert_false(tick(&s, true));
	s.health.judging = true;
	s.health.kept = false;
	assert_false(tick(&s, true));
	assert_non_null(s.h.fault);
	s.health.kept = true;
	s.health.stuck = "discord";
	assert_false(tick(&s, true));
	s.health.stuck = NULL;
	assert_true(tick(&s, true));
	assert_null(s.h.fault);
}

static void
test_never_before_anything_was_seen(void **state)
{
	struct scene s;

	(void)state;
	begin(&s, 60);
	assert_false(tick(&s, false));
	assert_true(tick(&s, true));
}

static void
test_no_room_is_no_ping(void **state)
{
	struct scene s;

	(void)state;
	begin(&s, 60);
	assert_true(tick(&s, true));
	heartbeat_unsent(&s.h);
	assert_true(tick(&s, true));
	answer(&s, DELIVERY_DELIVERED);
	assert_int_equal(s.h.answered, 1);
	for (int i = 0; i < 5; i++)
		assert_false(tick(&s, true));
	assert_true(tick(&s, true));
	heartbeat_unsent(&s.h); /* as if only the one before had left */
	assert_true(tick(&s, true));
}

/* A channel that fails is stuck once its oldest notice is 15 minutes old, a slow one is not. */
static void
test_a_stuck_channel(void **state)
{
	struct conf_alert conf = {0};
	struct conf_channel channels[CHANNEL_COUNT] = {[CHANNEL_DISCORD] = {.enabled = true}};
	struct outbox *ob = outbox_new(&conf, channels, NULL, 1);
	struct now now = {.boot_ns = 1000 * NS_PER_SEC, .wall_ms = 1700000000000};
	struct notices list = {0};
	struct notice *n = notice_new(NOTICE_FIRE, CHANNEL_DISCORD, 1);
	struct outbox_job job;

	(void)state;
	n->created.wall_ms = now.wall_ms;
	n->created.boot_ns = now.boot_ns;
	notices_add(&list, n);
	outbox_put(ob, &list, &now);
	outbox_unkept(ob);
	now.boot_ns += 1000 * NS_PER_SEC;
	assert_null(heartbeat_find_stuck(ob, &now)); /* it has not failed */
	assert_true(outbox_next(ob, &now, &job));
	outbox_receipt(ob, job.channel,
	    &(struct delivery_receipt){.id = job.id,
	        .attempt = job.attempt,
	        .outcome = DELIVERY_TEMPORARY,
	        .text = "down"},
	    &now);
	assert_string_equal(heartbeat_find_stuck(ob, &now), "discord");
	now.boot_ns = 1900 * NS_PER_SEC;
	assert_null(heartbeat_find_stuck(ob, &now));
	now.boot_ns++;
	assert_string_equal(heartbeat_find_stuck(ob, &now), "discord");
	now.boot_ns = 1600 * NS_PER_SEC;
	assert_null(heartbeat_find_stuck(ob, &now));
	notices_done(&list);
	outbox_free(ob);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_one_each_interval),
	    cmocka_unit_test(test_off_is_silent),
	    cmocka_unit_test(test_a_failure_is_tried_again_sooner),
	    cmocka_unit_test(test_ticks_that_come_early),
	    cmocka_unit_test(test_why_a_ping_failed),
	    cmocka_unit_test(test_changes_are_said_once),
	    cmocka_unit_test(test_another_configuration),
	    cmocka_unit_test(test_what_is_never_answered_is_forgotten),
	    cmocka_unit_test(test_a_ping_that_did_not_leave_is_tried_at_the_next_tick),
	    cmocka_unit_test(test_each_part_must_be_well),
	    cmocka_unit_test(test_never_before_anything_was_seen),
	    cmocka_unit_test(test_no_room_is_no_ping),
	    cmocka_unit_test(test_a_stuck_channel),
	};

	return cmocka_run_group_tests_name("heartbeat", tests, NULL, NULL);
}
