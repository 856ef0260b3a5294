/*
 * What some recipients have and others are owed: told to those alone, and nobody waits for them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "src/outbox/rest.c"

#include "core/heartbeat.h"
#include "tests/unit/outbox_rig.h"

static const uint64_t who[] = {0x1111111111111111, 0xffffffffffffffff, 7};

/* Taken, but for the first so many of who. */
static void
answer_left(struct rig *r, const uint64_t *left, size_t count)
{
	outbox_receipt(r->ob, r->job.channel,
	    &(struct delivery_receipt){.id = r->job.id,
	        .attempt = r->job.attempt,
	        .outcome = DELIVERY_DELIVERED,
	        .status = 250,
	        .text = count > 0 ? "1 of 3 recipients put off: x" : "",
	        .left = left,
	        .left_count = count},
	    &r->now);
	save_and_confirm(r);
}

static void
expect_next(struct rig *r, const uint64_t *owed, size_t count)
{
	assert_true(next(r));
	assert_int_equal(r->job.notice->owed_count, count);
	if (count > 0)
		assert_memory_equal(r->job.notice->owed, owed, count * sizeof(owed[0]));
}

/* Alert 1 was told to all but the first so many. */
static void
begin(struct rig *r, size_t count)
{
	rig_init(r, 0, 0);
	put(r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
	expect_next(r, NULL, 0);
	answer_left(r, who, count);
}

static void
test_alone_and_later(void **state)
{
	struct rig r;

	(void)state;
	begin(&r, 2);
	assert_int_equal(webhook(&r)->sent, 1);
	assert_int_equal(webhook(&r)->failures, 0);
	assert_string_equal(webhook(&r)->last_error, "");
	assert_string_equal(webhook(&r)->not_all, "1 of 3 recipients put off: x");
	assert_false(next(&r));
	assert_int_equal(wait_ms(&r), REST_RETRY_FIRST_MS);
	pass(&r, REST_RETRY_FIRST_MS);
	expect_next(&r, who, 2);
	answer_left(&r, who + 1, 2); /* the other was never owed it */
	pass(&r, RETRY_LONGEST_MS);
	expect_next(&r, who + 1, 1);
	answer_left(&r, NULL, 0);
	assert_int_equal(webhook(&r)->queued, 0);
	assert_int_equal(webhook(&r)->rests, 0);
	assert_int_equal(webhook(&r)->sent, 1);
	assert_string_equal(webhook(&r)->not_all, "");
	assert_int_equal(kept(&r), 0);
	rig_done(&r);
}

static void
test_a_restart_tells_the_others_nothing(void **state)
{
	struct rig r;

	(void)state;
	begin(&r, 2);
	assert_int_equal(kept(&r), 1);
	restart(&r);
	assert_int_equal(webhook(&r)->rests, 1);
	expect_next(&r, who, 2);
	answer_left(&r, NULL, 0);
	assert_int_equal(kept(&r), 0);
	rig_done(&r);
}

/* A mailbox may be full for a day. */
static void
test_nobody_waits_for_it(void **state)
{
	struct rig r;
	int tries = 0;

	(void)state;
	begin(&r, 1);
	for (int i = 0; i < 24 * 12; i++) {
		put(&r, CHANNEL_WEBHOOK, (uint64_t)(100 + i), NOTICE_FIRE);
		expect_next(&r, NULL, 0);
		answer_left(&r, NULL, 0);
		while (next(&r)) {
			assert_int_equal(r.job.notice->owed_count, 1);
			answer(&r, DELIVERY_TEMPORARY, 452, 0);
			assert_string_equal(webhook(&r)->not_all, "text");
			tries++;
		}
		assert_string_equal(webhook(&r)->last_error, "");
		assert_null(heartbeat_find_stuck(r.ob, &r.now));
		pass(&r, 5 * 60 * 1000);
	}
	assert_in_range(tries, 40, 60);
	assert_int_equal(webhook(&r)->failures, 0);
	assert_false(next(&r));
	assert_int_equal(webhook(&r)->queued, 0); /* given up after a day */
	assert_int_equal(webhook(&r)->set_aside, 1);
	save_and_confirm(&r);
	assert_int_equal(kept(&r), 0);
	rig_done(&r);
}

/* Each waits for itself. */
static void
test_one_does_not_wait_for_another(void **state)
{
	struct rig r;

	(void)state;
	begin(&r, 1);
	for (int i = 0; i < 3; i++) {
		pass(&r, RETRY_LONGEST_MS);
		expect_next(&r, who, 1);
		answer(&r, DELIVERY_TEMPORARY, 452, 0);
	}
	put(&r, CHANNEL_WEBHOOK, 2, NOTICE_FIRE);
	expect_next(&r, NULL, 0);
	answer_left(&r, who + 1, 1);
	pass(&r, REST_RETRY_FIRST_MS);
	expect_next(&r, who + 1, 1);
	answer_left(&r, NULL, 0);
	assert_int_equal(webhook(&r)->rests, 1);
	rig_done(&r);
}

/* No answer at all is the channel's affair, not a recipient's. */
static void
test_a_server_that_is_down(void **state)
{
	struct rig r;

	(void)state;
	begin(&r, 1);
	pass(&r, REST_RETRY_FIRST_MS);
	expect_next(&r, who, 1);
	answer(&r, DELIVERY_TEMPORARY, 0, 0);
	assert_int_equal(webhook(&r)->failures, 1);
	assert_string_equal(webhook(&r)->last_error, "text");
	assert_null(heartbeat_find_stuck(r.ob, &r.now));
	pass(&r, 5000);
	expect_next(&r, who, 1);
	answer(&r, DELIVERY_DENIED, 535, 0);
	assert_true(webhook(&r)->paused);
	pass(&r, 16 * 60 * 1000);
	expect_next(&r, who, 1);
	answer_left(&r, NULL, 0);
	assert_false(webhook(&r)->paused);
	rig_done(&r);
}

static void
test_newer_news_takes_its_place(void **state)
{
	struct rig r;

	(void)state;
	begin(&r, 1);
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_RESOLVE);
	assert_int_equal(webhook(&r)->queued, 1);
	assert_int_equal(webhook(&r)->rests, 0);
	expect_next(&r, NULL, 0);
	assert_int_equal(r.job.notice->kind, NOTICE_RESOLVE);
	assert_false(r.job.notice->facts[0].unheard); /* the others have heard */
	rig_done(&r);
}

/* An emergency takes older notices of its alert along, but not what others have. */
static void
test_an_emergency(void **state)
{
	struct rig r;

	(void)state;
	begin(&r, 1);
	put_unkept(&r, CHANNEL_WEBHOOK, 2, NOTICE_FIRE, SEV_EMERGENCY, 0);
	save_and_confirm(&r);
	expect_next(&r, NULL, 0);
	assert_true(r.job.notice->facts[0].fingerprint == 2);
	answer_left(&r, NULL, 0);
	assert_false(next(&r));
	rig_done(&r);
}

/* What a limit holds is summed up for all; a rest is not in it. */
static void
test_no_part_of_a_digest(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 1, 0);
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
	expect_next(&r, NULL, 0);
	answer_left(&r, who, 1);
	put(&r, CHANNEL_WEBHOOK, 2, NOTICE_FIRE);
	put(&r, CHANNEL_WEBHOOK, 3, NOTICE_FIRE);
	assert_false(next(&r));
	pass(&r, 60000);
	expect_next(&r, NULL, 0);
	assert_int_equal(r.job.notice->kind, NOTICE_DIGEST);
	assert_int_equal(r.job.notice->fact_count, 2);
	answer_left(&r, who, 1); /* a digest can be a rest, and takes nothing in then */
	put(&r, CHANNEL_WEBHOOK, 2, NOTICE_RESOLVE);
	pass(&r, 60000);
	expect_next(&r, NULL, 0);
	assert_int_equal(r.job.notice->kind, NOTICE_RESOLVE);
	rig_done(&r);
}

/* The receipt of an attempt that was given up. */
static void
test_late_receipt(void **state)
{
	struct rig r;
	struct outbox_job first;

	(void)state;
	rig_init(&r, 0, 0);
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
	expect_next(&r, NULL, 0);
	first = r.job;
	pass(&r, 20000);
	assert_false(next(&r)); /* the lease is over; it goes again soon */
	r.job = first;
	answer_left(&r, who, 1);
	assert_int_equal(webhook(&r)->rests, 1);
	assert_int_equal(webhook(&r)->sent, 1);
	pass(&r, REST_RETRY_FIRST_MS);
	expect_next(&r, who, 1);
	rig_done(&r);
}

static void
test_so_many(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	for (uint64_t i = 1; i <= REST_MAX + 3; i++) {
		put(&r, CHANNEL_WEBHOOK, i, NOTICE_FIRE);
		expect_next(&r, NULL, 0);
		answer_left(&r, who, 1);
	}
	assert_false(next(&r));
	assert_int_equal(webhook(&r)->rests, REST_MAX);
	assert_int_equal(webhook(&r)->set_aside, 3);
	rig_done(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_alone_and_later),
	    cmocka_unit_test(test_a_restart_tells_the_others_nothing),
	    cmocka_unit_test(test_nobody_waits_for_it),
	    cmocka_unit_test(test_one_does_not_wait_for_another),
	    cmocka_unit_test(test_a_server_that_is_down),
	    cmocka_unit_test(test_newer_news_takes_its_place),
	    cmocka_unit_test(test_an_emergency),
	    cmocka_unit_test(test_no_part_of_a_digest),
	    cmocka_unit_test(test_late_receipt),
	    cmocka_unit_test(test_so_many),
	};

	return cmocka_run_group_tests_name("rest", tests, NULL, NULL);
}
