/*
 * What a digest says of many notices.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/outbox/digest.c"

static void
add(struct notice *digest, uint64_t fingerprint, enum severity severity, int64_t since, bool ended)
{
	struct notice *n = notice_new(ended ? NOTICE_RESOLVE : NOTICE_FIRE, 0, 1);

	n->severity = severity;
	n->created.wall_ms = since;
	n->facts[0] = (struct alert_facts){.fingerprint = fingerprint,
	    .severity = severity,
	    .since.wall_ms = since,
	    .resolved.wall_ms = ended ? since + 1000 : 0};
	digest_add_notice(digest, n);
	notice_free(n);
}

static void
an_alert_that_fired_and_ended_is_told_by_its_end(void **state)
{
	struct notice *digest = digest_new(1);

	(void)state;
	add(digest, 1, SEV_WARN, 5000, false);
	add(digest, 2, SEV_WARN, 6000, false);
	add(digest, 1, SEV_CRITICAL, 5000, false);
	add(digest, 1, SEV_CRITICAL, 5000, true);
	assert_int_equal(digest->fact_count, 2);
	assert_int_equal(digest->total, 2);
	assert_int_equal(digest->severity, SEV_CRITICAL);
	assert_int_equal(digest->created.wall_ms, 5000);
	assert_int_equal(digest->channel, 1);
	assert_int_equal(digest->facts[0].fingerprint, 1);
	assert_int_not_equal(digest->facts[0].resolved.wall_ms, 0);
	notice_free(digest);
}

static void
the_worst_are_kept_and_come_first(void **state)
{
	struct notice *digest = digest_new(0);

	(void)state;
	for (uint64_t i = 0; i < 100; i++)
		add(digest, i, SEV_WARN, (int64_t)i, i % 2 == 0);
	add(digest, 1000, SEV_CRITICAL, 1, true);
	add(digest, 1001, SEV_INFO, 1000, false);
	assert_int_equal(digest->fact_count, NOTICE_FACTS_MAX);
	assert_int_equal(digest->total, 102);
	assert_int_equal(digest->facts[0].fingerprint, 1000);
	assert_int_equal(digest->facts[1].fingerprint, 99);
	for (size_t i = 1; i < digest->fact_count; i++) {
		assert_int_equal(digest->facts[i].severity, SEV_WARN);
		assert_int_equal(digest->facts[i].resolved.wall_ms, 0);
	}
	notice_free(digest);
}

static struct alert_facts
facts_of(uint64_t fingerprint, int64_t seq, enum severity severity, bool ended)
{
	return (struct alert_facts){.fingerprint = fingerprint,
	    .seq = (uint64_t)seq,
	    .severity = severity,
	    .since.wall_ms = 1000,
	    .resolved.wall_ms = ended ? 2000 : 0};
}

/* Severe before mild, firing before ended, new before old; equals as they came. */
static void
lines_are_in_the_order_of_their_weight(void **state)
{
	static const struct {
		enum severity severity;
		bool ended;
		int64_t since;
	} wanted[] = {
	    {SEV_EMERGENCY, true, 5},
	    {SEV_CRITICAL, false, 9},
	    {SEV_CRITICAL, false, 3},
	    {SEV_CRITICAL, true, 7},
	    {SEV_WARN, false, 2},
	    {SEV_WARN, false, 1},
	    {SEV_INFO, true, 99},
	};
	const size_t n = sizeof(wanted) / sizeof(wanted[0]);

	(void)state;
	for (size_t first = 0; first < n; first++) {
		struct notice *digest = digest_new(0);

		for (size_t i = 0; i < n; i++) {
			size_t at = (first + i * 3) % n;

			add(digest, at, wanted[at].severity, wanted[at].since, wanted[at].ended);
		}
		for (size_t i = 0; i < n; i++)
			assert_int_equal(digest->facts[i].fingerprint, i);
		assert_int_equal(digest->severity, SEV_EMERGENCY);
		notice_free(digest);
	}
}

/* When there is no room, what weighs the same as the last line does not push it out. */
static void
what_weighs_the_same_stays_outside(void **state)
{
	struct notice *digest = digest_new(0);

	(void)state;
	for (uint64_t i = 0; i < NOTICE_FACTS_MAX; i++)
		add(digest, i, SEV_WARN, 1000, false);
	add(digest, 500, SEV_WARN, 1000, false);
	assert_int_equal(digest->fact_count, NOTICE_FACTS_MAX);
	assert_int_equal(digest->total, NOTICE_FACTS_MAX + 1);
	for (size_t i = 0; i < NOTICE_FACTS_MAX; i++)
		assert_true(digest->facts[i].fingerprint != 500);
	add(digest, 501, SEV_WARN, 1001, false);
	assert_int_equal(digest->facts[0].fingerprint, 501);
	assert_int_equal(digest->total, NOTICE_FACTS_MAX + 2);
	notice_free(digest);
}

/* News that come out of order: the newest of an alert stands. */
static void
the_newest_of_an_alert_stands(void **state)
{
	struct notice *digest = digest_new(0);
	struct alert_facts later = facts_of(1, 5, SEV_WARN, false);
	struct alert_facts earlier = facts_of(1, 4, SEV_CRITICAL, true);
	struct alert_facts same = facts_of(1, 5, SEV_WARN, true);

	(void)state;
	digest_add_facts(digest, &later);
	digest_add_facts(digest, &earlier);
	assert_int_equal(digest->total, 1);
	assert_int_equal(digest->severity, SEV_WARN);
	assert_int_equal(digest->facts[0].resolved.wall_ms, 0);
	digest_add_facts(digest, &same);
	assert_int_equal(digest->total, 1);
	assert_true(digest->facts[0].unheard); /* it fired here, and ended here */
	digest_add_facts(digest, &same);
	assert_true(digest->facts[0].unheard); /* and stays so */
	notice_free(digest);
	/* An end alone was heard of before. */
	digest = digest_new(0);
	digest_add_facts(digest, &same);
	assert_false(digest->facts[0].unheard);
	digest_add_facts(digest, &same);
	assert_false(digest->facts[0].unheard);
	notice_free(digest);
}

/* Alerts of which a notice has only the number stay a number; the oldest notice dates it. */
static void
what_a_notice_only_counts_is_counted(void **state)
{
	struct notice *digest = digest_new(0), *n = notice_new(NOTICE_FIRE, 0, 1);

	(void)state;
	n->facts[0] = facts_of(1, 1, SEV_WARN, false);
	n->severity = SEV_WARN;
	n->total = 60;
	n->created.wall_ms = 5000;
	digest_add_notice(digest, n);
	assert_int_equal(digest->total, 60);
	assert_int_equal(digest->fact_count, 1);
	n->total = 0; /* not said */
	n->created.wall_ms = 4000;
	n->facts[0].fingerprint = 2;
	digest_add_notice(digest, n);
	assert_int_equal(digest->total, 61);
	assert_int_equal(digest->created.wall_ms, 4000);
	n->created.wall_ms = 6000;
	digest_add_notice(digest, n);
	assert_int_equal(digest->created.wall_ms, 4000);
	notice_free(n);
	notice_free(digest);
}

static void
all_of_a_group_are_in_it(void **state)
{
	struct notice *digest = digest_new(0), *n = notice_new(NOTICE_FIRE, 0, 3);

	(void)state;
	for (size_t i = 0; i < 3; i++)
		n->facts[i] = facts_of(i + 1, 1, i == 1 ? SEV_CRITICAL : SEV_WARN, false);
	n->total = 3;
	digest_add_notice(digest, n);
	assert_int_equal(digest->fact_count, 3);
	assert_int_equal(digest->total, 3);
	assert_int_equal(digest->severity, SEV_CRITICAL);
	assert_int_equal(digest->facts[0].fingerprint, 2);
	notice_free(n);
	notice_free(digest);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_alert_that_fired_and_ended_is_told_by_its_end),
	    cmocka_unit_test(the_worst_are_kept_and_come_first),
	    cmocka_unit_test(lines_are_in_the_order_of_their_weight),
	    cmocka_unit_test(what_weighs_the_same_stays_outside),
	    cmocka_unit_test(the_newest_of_an_alert_stands),
	    cmocka_unit_test(all_of_a_group_are_in_it),
	    cmocka_unit_test(what_a_notice_only_counts_is_counted),
	};

	return cmocka_run_group_tests_name("fold", tests, NULL, NULL);
}
