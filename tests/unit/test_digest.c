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
	n->created_wall_ms = since;
	n->facts[0] = (struct alert_facts){.fingerprint = fingerprint,
	    .severity = severity,
	    .since_wall_ms = since,
	    .resolved_wall_ms = ended ? since + 1000 : 0};
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
	assert_int_equal(digest->created_wall_ms, 5000);
	assert_int_equal(digest->channel, 1);
	assert_int_equal(digest->facts[0].fingerprint, 1);
	assert_int_not_equal(digest->facts[0].resolved_wall_ms, 0);
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
	assert_int_equal(digest->fact_count, DIGEST_FACTS_MAX);
	assert_int_equal(digest->total, 102);
	assert_int_equal(digest->facts[0].fingerprint, 1000);
	assert_int_equal(digest->facts[1].fingerprint, 99);
	for (size_t i = 1; i < digest->fact_count; i++) {
		assert_int_equal(digest->facts[i].severity, SEV_WARN);
		assert_int_equal(digest->facts[i].resolved_wall_ms, 0);
	}
	notice_free(digest);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_alert_that_fired_and_ended_is_told_by_its_end),
	    cmocka_unit_test(the_worst_are_kept_and_come_first),
	};

	return cmocka_run_group_tests_name("fold", tests, NULL, NULL);
}
