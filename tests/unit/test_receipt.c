/*
 * What a channel does after an answer: wait longer and longer, as long as it is told, try a
 * shorter form, or pause.
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
a_clock_that_differs_is_known_until_it_agrees(void **state)
{
	static const struct {
		uint32_t status;
		int64_t ahead_ms, known_ms;
	} answers[] = {{204, 30000, 0}, {204, -30000, 0}, {503, 30001, 30001}, {0, 0, 30001},
	    {503, 0, 30001}, {204, -90000, -90000}, {204, -15001, -15001}, {204, 15001, 15001},
	    {204, 15000, 0}, {204, 15001, 0}, {204, 40000, 40000}, {400, 1, 0}};
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		struct delivery_receipt receipt = {.outcome = DELIVERY_DELIVERED,
		    .status = answers[i].status,
		    .ahead_ms = answers[i].ahead_ms,
		    .text = ""};

		put(&r, CHANNEL_WEBHOOK, i + 1, NOTICE_FIRE);
		assert_true(next(&r));
		receipt.id = r.job.id;
		receipt.attempt = r.job.attempt;
		outbox_receipt(r.ob, CHANNEL_WEBHOOK, &receipt, &r.now);
		assert_int_equal(webhook(&r)->ahead_ms, answers[i].known_ms);
	}
	rig_done(&r);
}

/* It was behind, as after a start without a clock of its own; then it is set right. */
static void
a_clock_that_was_set_is_not_complained_of(void **state)
{
	struct rig r;
	struct now later;

	(void)state;
	rig_init(&r, 0, 0);
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
	assert_true(next(&r));
	outbox_receipt(r.ob, CHANNEL_WEBHOOK,
	    &(struct delivery_receipt){.id = r.job.id,
	        .attempt = r.job.attempt,
	        .outcome = DELIVERY_DELIVERED,
	        .status = 204,
	        .ahead_ms = -3600000,
	        .text = ""},
	    &r.now);
	later = r.now;
	later.boot_ns += 7200 * NS_PER_SEC;
	later.wall_ms += 7200 * 1000;
	assert_int_equal(outbox_channel_ahead_ms(webhook(&r), &later), -3600000);
	later.wall_ms += 3600 * 1000;
	assert_int_equal(outbox_channel_ahead_ms(webhook(&r), &later), 0);
	later.wall_ms += 60 * 1000;
	assert_int_equal(outbox_channel_ahead_ms(webhook(&r), &later), 60000);
	rig_done(&r);
}

static void
a_service_that_says_when_is_obeyed(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
	for (int i = 0; i < 20; i++) {
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
	answer(&r, DELIVERY_RATE_LIMITED, 429, UINT32_MAX);
	assert_int_equal(wait_ms(&r), HOUR_MS);
	pass(&r, HOUR_MS);
	assert_true(next(&r));
	answer(&r, DELIVERY_RATE_LIMITED, 429, 0);
	assert_in_range(wait_ms(&r), 100, 2000);
	rig_done(&r);
}

/* Full and short are refused, and the bare form is what comes next. */
static void
refuse_text(struct rig *r)
{
	assert_true(next(r));
	assert_int_equal(r->job.form, NOTICE_FULL);
	answer(r, DELIVERY_REJECTED, 400, 0);
	assert_true(next(r));
	assert_int_equal(r->job.form, NOTICE_SHORT);
	answer(r, DELIVERY_REJECTED, 400, 0);
	assert_true(next(r));
	assert_int_equal(r->job.form, NOTICE_BARE);
}

/* Without its text it is taken: that is told, and the next one goes on. */
static void
a_notice_whose_text_is_refused_is_told_without(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
	put(&r, CHANNEL_WEBHOOK, 2, NOTICE_FIRE);
	refuse_text(&r);
	assert_int_equal(r.job.notice->facts[0].fingerprint, 1);
	answer(&r, DELIVERY_DELIVERED, 204, 0);
	assert_int_equal(webhook(&r)->set_aside, 1);
	assert_false(webhook(&r)->paused);
	assert_true(next(&r));
	assert_int_equal(r.job.form, NOTICE_FULL);
	assert_int_equal(r.job.notice->facts[0].fingerprint, 2);
	rig_done(&r);
}

/* It cannot be the text then: nothing is lost, and all of it goes once the channel is mended. */
static void
a_channel_that_refuses_even_the_bare_form_pauses(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
	put(&r, CHANNEL_WEBHOOK, 2, NOTICE_FIRE);
	refuse_text(&r);
	answer(&r, DELIVERY_REJECTED, 400, 0);
	assert_true(webhook(&r)->paused);
	assert_int_equal(webhook(&r)->queued, 2);
	assert_int_equal(wait_ms(&r), 15 * 60 * 1000);
	for (int i = 0; i < 3; i++) {
		pass(&r, 15 * 60 * 1000);
		assert_true(next(&r));
		assert_int_equal(r.job.form, NOTICE_BARE);
		answer(&r, DELIVERY_REJECTED, 400, 0);
	}
	outbox_probe(r.ob);
	assert_true(next(&r));
	answer(&r, DELIVERY_DELIVERED, 204, 0);
	assert_false(webhook(&r)->paused);
	for (uint64_t fingerprint = 1; fingerprint <= 2; fingerprint++) {
		assert_true(next(&r));
		assert_int_equal(r.job.form, NOTICE_FULL);
		assert_int_equal(r.job.notice->facts[0].fingerprint, fingerprint);
		answer(&r, DELIVERY_DELIVERED, 204, 0);
	}
	assert_int_equal(webhook(&r)->queued, 0);
	assert_int_equal(webhook(&r)->set_aside, 0);
	rig_done(&r);
}

/* Mended, but the text is refused all the same: it blocks nobody. */
static void
both_can_be_to_blame(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
	refuse_text(&r);
	answer(&r, DELIVERY_REJECTED, 400, 0);
	pass(&r, 15 * 60 * 1000);
	assert_true(next(&r));
	answer(&r, DELIVERY_DELIVERED, 204, 0);
	refuse_text(&r);
	answer(&r, DELIVERY_DELIVERED, 204, 0);
	assert_int_equal(webhook(&r)->queued, 0);
	assert_int_equal(webhook(&r)->set_aside, 1);
	rig_done(&r);
}

/* The bare form met a closed door: once that is open, all is tried from the beginning. */
static void
a_closed_door_says_nothing_of_forms(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
	refuse_text(&r);
	answer(&r, DELIVERY_DENIED, 401, 0);
	assert_true(webhook(&r)->paused);
	outbox_probe(r.ob);
	assert_true(next(&r));
	assert_int_equal(r.job.form, NOTICE_FULL);
	answer(&r, DELIVERY_DELIVERED, 204, 0);
	assert_int_equal(webhook(&r)->queued, 0);
	assert_int_equal(webhook(&r)->set_aside, 0);
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
what_fits_no_message_is_set_aside(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 1, 0);
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
	for (int form = NOTICE_FULL; form <= NOTICE_BARE; form++) {
		assert_true(next(&r));
		assert_int_equal(r.job.form, form);
		outbox_unsendable(r.ob, r.job.id, &r.now);
	}
	assert_int_equal(webhook(&r)->queued, 0);
	assert_int_equal(webhook(&r)->set_aside, 1);
	assert_false(webhook(&r)->paused);
	assert_int_equal(webhook(&r)->failures, 0); /* the service was not asked */
	put(&r, CHANNEL_WEBHOOK, 2, NOTICE_FIRE);
	assert_true(next(&r)); /* its token is free again */
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
	outbox_probe(r.ob);
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
	assert_int_equal(count_logged(log, "channel webhook does not let us in"), 1);
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
	assert_int_equal(count_logged(log, "channel webhook fails (503 text)"), 1);
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

/* What is set aside can be read in the log. */
static void
what_is_set_aside_is_named(void **state)
{
	struct rig r;
	FILE *log;

	(void)state;
	rig_init(&r, 0, 0);
	log = catch_log(LOGL_INFO);
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
	refuse_text(&r);
	answer(&r, DELIVERY_DELIVERED, 204, 0);
	assert_int_equal(
	    count_logged(
	        log, "refuses the text of a notice: it was told without: disk.usage_percent"),
	    1);
	release_log(log);
	rig_done(&r);
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
	assert_string_equal(webhook(&r)->last_error, "503 text");
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
	    cmocka_unit_test(trouble_of_our_own_is_not_held_against_the_service),
	    cmocka_unit_test(a_clock_that_differs_is_known_until_it_agrees),
	    cmocka_unit_test(a_clock_that_was_set_is_not_complained_of),
	    cmocka_unit_test(a_service_that_says_when_is_obeyed),
	    cmocka_unit_test(a_notice_whose_text_is_refused_is_told_without),
	    cmocka_unit_test(a_channel_that_refuses_even_the_bare_form_pauses),
	    cmocka_unit_test(both_can_be_to_blame),
	    cmocka_unit_test(a_closed_door_says_nothing_of_forms),
	    cmocka_unit_test(a_refusal_between_is_not_the_end_of_a_failure),
	    cmocka_unit_test(what_fits_no_message_is_set_aside),
	    cmocka_unit_test(a_closed_channel_pauses_and_is_probed),
	    cmocka_unit_test(a_channel_that_opens_says_so_once),
	    cmocka_unit_test(a_channel_that_fails_says_so_once),
	    cmocka_unit_test(what_a_delivery_says_is_logged),
	    cmocka_unit_test(what_is_set_aside_is_named),
	    cmocka_unit_test(what_went_wrong_is_shown_until_it_is_well),
	};

	return cmocka_run_group_tests_name("receipt", tests, NULL, NULL);
}
