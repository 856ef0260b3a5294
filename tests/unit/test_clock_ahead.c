/* What is known, and said, of how far this host's clock is ahead of a service's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/outbox/receipt.c"

#include "tests/unit/outbox_rig.h"

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
	FILE *log;

	(void)state;
	rig_init(&r, 0, 0);
	log = catch_log(LOGL_INFO);
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
	assert_int_equal(count_logged(log, "clock is 30s ahead of that of channel webhook's"), 1);
	assert_int_equal(count_logged(log, "clock is 40s ahead of that of channel webhook's"), 1);
	assert_int_equal(count_logged(log, "clock agrees with channel webhook's service again"), 2);
	assert_int_equal(count_logged(log, "clock"), 4);
	release_log(log);
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_clock_that_differs_is_known_until_it_agrees),
	    cmocka_unit_test(a_clock_that_was_set_is_not_complained_of),
	};

	return cmocka_run_group_tests_name("clock_ahead", tests, NULL, NULL);
}
