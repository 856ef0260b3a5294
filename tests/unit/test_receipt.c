/*
 * What a channel does after an answer: wait longer and longer, as long as it is told, or pause; and
 * what is said of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/outbox/receipt.c"

#include "tests/unit/outbox_rig.h"

static void
backs_off_with_full_jitter_up_to_five_minutes(void **state)
{
	int64_t longest = 0, shortest = INT64_MAX;
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
	for (int i = 0; i < 200; i++) {
		int64_t wait;

		assert_true(next(&r));
		answer(&r, DELIVERY_TEMPORARY, 0, 0);
		wait = wait_ms(&r);
		assert_in_range(wait, 100, i < 8 ? 1000 << i : 300000);
		if (i >= 9) {
			longest = wait > longest ? wait : longest;
			shortest = wait < shortest ? wait : shortest;
		}
		pass(&r, wait);
	}
	assert_true(longest > 250000 && shortest < 50000);
	assert_int_equal(webhook(&r)->failures, 200);
	rig_done(&r);
}

/* What arrived is in the log: an alert a line, of whatever channel, and no renewal of it. */
static void
what_is_delivered_is_logged(void **state)
{
	FILE *log;
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	log = catch_log(LOGL_INFO);
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
	assert_true(next(&r));
	answer(&r, DELIVERY_TEMPORARY, 503, 0);
	pass(&r, 300000);
	assert_int_equal(count_logged(log, "is delivered to webhook"), 0);
	assert_true(next(&r));
	answer(&r, DELIVERY_DELIVERED, 200, 0);
	assert_int_equal(count_logged(log, "is delivered to webhook: disk.usage_percent"), 1);
	put_group_unkept(&r, 2);
	save_and_confirm(&r);
	assert_true(next(&r));
	answer(&r, DELIVERY_DELIVERED, 200, 0);
	assert_int_equal(count_logged(log, "is delivered to webhook"), 4);
	put(&r, CHANNEL_CONSOLE, 1, NOTICE_FIRE);
	assert_true(next(&r));
	answer(&r, DELIVERY_DELIVERED, 0, 0);
	assert_int_equal(count_logged(log, "is delivered to"), 4);
	rig_done(&r);
	fclose(log);
}

static void
trouble_of_our_own_is_not_held_against_the_service(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
	for (int i = 0; i < 20; i++) {
		assert_true(next(&r));
		answer(&r, DELIVERY_BUSY, 0, 0);
		assert_int_equal(wait_ms(&r), 1000);
		pass(&r, 1000);
	}
	assert_int_equal(webhook(&r)->failures, 0);
	assert_string_not_equal(webhook(&r)->last_error, "");
	assert_true(next(&r));
	answer(&r, DELIVERY_TEMPORARY, 503, 0);
	assert_in_range(wait_ms(&r), 100, 1000); /* as after the first failure */
	assert_int_equal(webhook(&r)->failures, 1);
	rig_done(&r);
}

static void
a_service_that_says_when_is_obeyed(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
	for (int i = 0; i < LIMITS_OBEYED; i++) {
		assert_true(next(&r));
		answer(&r, DELIVERY_RATE_LIMITED, 429, 1500);
		assert_int_equal(wait_ms(&r), 1500);
		pass(&r, 1499);
		assert_false(next(&r));
		pass(&r, 1);
	}
	assert_true(next(&r));
	answer(&r, DELIVERY_TEMPORARY, 503, 30000);
	assert_int_equal(wait_ms(&r), 30000); /* and the back-off did not grow */
	pass(&r, 30000);
	assert_true(next(&r));
	answer(&r, DELIVERY_DELIVERED, 200, 0);
	put(&r, CHANNEL_WEBHOOK, 2, NOTICE_FIRE);
	assert_true(next(&r));
	answer(&r, DELIVERY_RATE_LIMITED, 429, UINT32_MAX);
	assert_int_equal(wait_ms(&r), HOUR_MS);
	pass(&r, HOUR_MS);
	assert_true(next(&r));
	answer(&r, DELIVERY_RATE_LIMITED, 429, 0);
	assert_in_range(wait_ms(&r), 100, 2000);
	rig_done(&r);
}

/* Its whole answer is 429, for days: it is asked less and less, and who looks sees that it fails.
 */
static void
a_service_that_says_so_for_ever_is_as_if_down(void **state)
{
	struct rig r;
	FILE *log;

	(void)state;
	rig_init(&r, 0, 0);
	log = catch_log(LOGL_INFO);
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
	for (int i = 0; i < 30; i++) {
		assert_true(next(&r));
		answer(&r, DELIVERY_RATE_LIMITED, 429, 200);
		assert_true(wait_ms(&r) >= 200);
		pass(&r, 300000);
	}
	assert_true(r.job.attempt == 30 && webhook(&r)->failing);
	assert_int_equal(count_logged(log, "channel webhook fails"), 1);
	assert_true(next(&r));
	answer(&r, DELIVERY_DELIVERED, 200, 0);
	assert_false(webhook(&r)->failing);
	put(&r, CHANNEL_WEBHOOK, 2, NOTICE_FIRE);
	assert_true(next(&r));
	answer(&r, DELIVERY_RATE_LIMITED, 429, 200);
	assert_int_equal(wait_ms(&r), 200);
	fclose(log);
	rig_done(&r);
}

/* It fails, then refuses a form, and works: a line for the first, a line for the last. */
static void
a_refusal_between_is_not_the_end_of_a_failure(void **state)
{
	struct rig r;
	FILE *log;

	(void)state;
	rig_init(&r, 0, 0);
	log = catch_log(LOGL_INFO);
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
	for (int i = 0; i < 3; i++) {
		assert_true(next(&r));
		answer(&r, DELIVERY_TEMPORARY, 503, 0);
		pass(&r, wait_ms(&r));
	}
	assert_true(next(&r));
	answer(&r, DELIVERY_REJECTED, 400, 0);
	assert_true(next(&r));
	answer(&r, DELIVERY_DELIVERED, 204, 0);
	assert_int_equal(count_logged(log, "channel webhook fails"), 1);
	assert_int_equal(count_logged(log, "channel webhook works again"), 1);
	release_log(log);
	rig_done(&r);
}

static void
a_closed_channel_pauses_and_is_probed(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
	assert_true(next(&r));
	answer(&r, DELIVERY_DENIED, 401, 0);
	assert_true(webhook(&r)->paused);
	assert_int_equal(wait_ms(&r), 15 * 60 * 1000);
	put(&r, CHANNEL_WEBHOOK, 2, NOTICE_FIRE);
	assert_false(next(&r));
	pass(&r, 15 * 60 * 1000);
	assert_true(next(&r));
	answer(&r, DELIVERY_DENIED, 401, 0);
	assert_false(next(&r));
	outbox_try_all(r.ob);
	assert_true(next(&r));
	answer(&r, DELIVERY_DENIED, 401, 0);
	restart(&r);
	assert_true(next(&r));
	answer(&r, DELIVERY_DENIED, 401, 0);
	pass(&r, 15 * 60 * 1000);
	assert_true(next(&r));
	answer(&r, DELIVERY_DELIVERED, 204, 0);
	assert_false(webhook(&r)->paused);
	assert_true(next(&r));
	rig_done(&r);
}

/* The log says when a channel closes and when it is open again, and nothing of what is ordinary. */
static void
a_channel_that_opens_says_so_once(void **state)
{
	struct rig r;
	FILE *log;

	(void)state;
	rig_init(&r, 0, 0);
	log = catch_log(LOGL_INFO);
	for (uint64_t i = 1; i <= 3; i++) {
		put(&r, CHANNEL_WEBHOOK, i, NOTICE_FIRE);
		assert_true(next(&r));
		for (int times = 0; i == 2 && times < 3; times++) {
			answer(&r, DELIVERY_DENIED, 401, 0);
			pass(&r, 15 * 60 * 1000);
			assert_true(next(&r));
		}
		answer(&r, DELIVERY_DELIVERED, 204, 0);
	}
	assert_int_equal(count_logged(log, "channel webhook refuses us access"), 1);
	assert_int_equal(count_logged(log, "channel webhook is open again"), 1);
	release_log(log);
	rig_done(&r);
}

/* One line when it begins to fail, one when it works again, however long that took. */
static void
a_channel_that_fails_says_so_once(void **state)
{
	struct rig r;
	FILE *log;

	(void)state;
	rig_init(&r, 0, 0);
	log = catch_log(LOGL_INFO);
	for (uint64_t i = 1; i <= 250; i++)
		put(&r, CHANNEL_WEBHOOK, i, NOTICE_FIRE);
	for (int fails = 1; fails <= 8; fails++) {
		assert_true(next(&r));
		answer(&r, DELIVERY_TEMPORARY, 503, 0);
		pass(&r, wait_ms(&r));
		assert_int_equal(count_logged(log, "channel webhook"), fails >= 2);
	}
	assert_int_equal(count_logged(log, "channel webhook fails (text)"), 1);
	assert_int_equal(count_logged(log, "250 notices now"), 1);
	while (next(&r))
		answer(&r, DELIVERY_DELIVERED, 204, 0);
	assert_int_equal(count_logged(log, "channel webhook works again"), 1);
	/* One failure alone is nothing to write home about. */
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_RESOLVE);
	assert_true(next(&r));
	answer(&r, DELIVERY_TEMPORARY, 503, 0);
	pass(&r, wait_ms(&r));
	assert_true(next(&r));
	answer(&r, DELIVERY_DELIVERED, 204, 0);
	assert_int_equal(count_logged(log, "channel webhook fails"), 1);
	assert_int_equal(count_logged(log, "channel webhook works again"), 1);
	release_log(log);
	rig_done(&r);
}

/* One recipient of several did not get it, says the service that took it. */
static void
what_a_delivery_says_is_logged(void **state)
{
	static const char *const texts[] = {"", "b@example.org was refused"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct delivery_receipt receipt = {.outcome = DELIVERY_DELIVERED, .status = 250};
		struct rig r;
		FILE *log;

		rig_init(&r, 0, 0);
		put(&r, CHANNEL_EMAIL, 1, NOTICE_FIRE);
		assert_true(next(&r));
		receipt.id = r.job.id;
		receipt.attempt = r.job.attempt;
		receipt.text = texts[i];
		log = catch_log(LOGL_WARN);
		outbox_receipt(r.ob, CHANNEL_EMAIL, &receipt, &r.now);
		assert_int_equal(count_logged(log, ""), i);
		assert_int_equal(count_logged(log, "delivered, but b@example.org was refused"), i);
		release_log(log);
		assert_int_equal(outbox_count(r.ob), 0);
		rig_done(&r);
	}
}

static void
what_went_wrong_is_shown_until_it_is_well(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
	put(&r, CHANNEL_WEBHOOK, 2, NOTICE_FIRE);
	assert_string_equal(webhook(&r)->last_error, "");
	assert_true(next(&r));
	answer(&r, DELIVERY_TEMPORARY, 0, 0);
	assert_string_equal(webhook(&r)->last_error, "text");
	pass(&r, 1000);
	assert_true(next(&r));
	answer(&r, DELIVERY_TEMPORARY, 503, 0);
	assert_string_equal(webhook(&r)->last_error, "text");
	assert_int_equal(webhook(&r)->failures, 2);
	assert_int_equal(webhook(&r)->sent, 0);
	pass(&r, 2000);
	assert_true(next(&r));
	answer(&r, DELIVERY_DELIVERED, 204, 0);
	assert_string_equal(webhook(&r)->last_error, "");
	assert_int_equal(webhook(&r)->sent, 1);
	/* The next failure waits as a first one; so does one after a refusal: the service is there.
	 */
	assert_true(next(&r));
	for (int i = 0; i < 6; i++) {
		answer(&r, DELIVERY_TEMPORARY, 0, 0);
		assert_in_range(wait_ms(&r), 100, 1000LL << i);
		pass(&r, wait_ms(&r));
		assert_true(next(&r));
	}
	for (int i = 0; i < 20; i++) { /* however the dice fall */
		answer(&r, DELIVERY_REJECTED, 400, 0);
		put(&r, CHANNEL_WEBHOOK, 3 + (uint64_t)i, NOTICE_FIRE);
		assert_true(next(&r));
		answer(&r, DELIVERY_TEMPORARY, 0, 0);
		assert_in_range(wait_ms(&r), 100, 1000);
		pass(&r, wait_ms(&r));
		assert_true(next(&r));
		answer(&r, DELIVERY_DELIVERED, 204, 0);
		assert_true(next(&r));
	}
	rig_done(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(backs_off_with_full_jitter_up_to_five_minutes),
	    cmocka_unit_test(what_is_delivered_is_logged),
	    cmocka_unit_test(trouble_of_our_own_is_not_held_against_the_service),
	    cmocka_unit_test(a_service_that_says_when_is_obeyed),
	    cmocka_unit_test(a_service_that_says_so_for_ever_is_as_if_down),
	    cmocka_unit_test(a_refusal_between_is_not_the_end_of_a_failure),
	    cmocka_unit_test(a_closed_channel_pauses_and_is_probed),
	    cmocka_unit_test(a_channel_that_opens_says_so_once),
	    cmocka_unit_test(a_channel_that_fails_says_so_once),
	    cmocka_unit_test(what_a_delivery_says_is_logged),
	    cmocka_unit_test(what_went_wrong_is_shown_until_it_is_well),
	};

	return cmocka_run_group_tests_name("receipt", tests, NULL, NULL);
}
