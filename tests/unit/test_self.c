/*
 * self: what the agent tells is passed on, what it costs is measured on the live system only.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/collect/self.c"

#include "fake_host.h"

static void
test_told(void **state)
{
	struct collect_self told = {
	    .last_cycle_cpu_ns = 2500000, .samples_dropped = 3, .alerts_queued = 2, .reboots = -1};
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_open(&f, &collector_self);
	fake_collect(&f, 10);
	assert_int_equal(f.batch.len, 0);
	told.channel_enabled[CHANNEL_WEBHOOK] = true;
	told.channel_failures[CHANNEL_WEBHOOK] = 5;
	told.channel_failures[CHANNEL_CONSOLE] = 9;
	collector_self.inform(f.state, &told);
	fake_collect(&f, 20);
	assert_int_equal(f.batch.len, 5);
	assert_near(fake_value(&f, METRIC_AGENT_CYCLE, NULL), 2.5);
	assert_near(fake_value(&f, METRIC_AGENT_SAMPLES_DROPPED, NULL), 3);
	assert_near(fake_value(&f, METRIC_AGENT_ALERTS_QUEUED, NULL), 2);
	assert_near(fake_value(&f, METRIC_AGENT_CHANNEL_FAILURES, "webhook"), 5);
	/* Every channel that is enabled; of a cycle that was not measured there is no sample. */
	told.last_cycle_cpu_ns = 0;
	for (int i = 0; i < CHANNEL_COUNT; i++) {
		told.channel_enabled[i] = true;
		told.channel_failures[i] = (uint64_t)i + 1;
	}
	collector_self.inform(f.state, &told);
	fake_collect(&f, 30);
	assert_int_equal(f.batch.len, 3 + CHANNEL_COUNT);
	assert_false(fake_has(&f, METRIC_AGENT_CYCLE, NULL));
	for (int i = 0; i < CHANNEL_COUNT; i++)
		assert_near(
		    fake_value(&f, METRIC_AGENT_CHANNEL_FAILURES, channel_name((enum channel_id)i)),
		    i + 1);
	fake_done(&f);
}

/* Those of the last hour count, and do not for ever. */
static void
test_restarts(void **state)
{
	const int64_t hour = 3600 * NS_PER_SEC;
	struct collect_self told = {.failed_ns = {10 * hour, 9 * hour, 9 * hour - 1}};
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_open(&f, &collector_self);
	collector_self.inform(f.state, &told);
	fake_collect(&f, 36000.0);
	assert_near(fake_value(&f, METRIC_AGENT_RESTARTS, NULL), 1);
	fake_collect(&f, 35999.0);
	assert_near(fake_value(&f, METRIC_AGENT_RESTARTS, NULL), 3);
	fake_collect(&f, 39600.0);
	assert_near(fake_value(&f, METRIC_AGENT_RESTARTS, NULL), 0);
	fake_done(&f);
}

static void
test_live(void **state)
{
	struct fake f;
	double percent;

	(void)state;
	fake_init(&f);
	host_close(&f.host);
	assert_true(host_open(&f.host, "/proc", "/sys"));
	fake_open(&f, &collector_self);
	fake_collect(&f, 10);
	assert_true(fake_value(&f, METRIC_AGENT_RSS, NULL) > 500000);
	assert_false(fake_has(&f, METRIC_AGENT_CPU, NULL));
	fake_collect(&f, 10000);
	percent = fake_value(&f, METRIC_AGENT_CPU, NULL);
	assert_true(percent >= 0 && percent < 1);
	fake_done(&f);
}

static void
test_statm(void **state)
{
	uint64_t pages;

	(void)state;
	assert_true(self_parse_statm("1000 234 100 1 0 50 0\n", 22, &pages));
	assert_int_equal(pages, 234);
	assert_false(self_parse_statm("1000\n", 5, &pages));
	assert_false(self_parse_statm("x 23\n", 5, &pages));
	assert_true(self_parse_statm("1000 23\n", 8, &pages));
	assert_false(self_parse_statm("1000 -2\n", 8, &pages));
	assert_false(self_parse_statm("1000 23", 7, &pages));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_told),
	    cmocka_unit_test(test_restarts),
	    cmocka_unit_test(test_live),
	    cmocka_unit_test(test_statm),
	};

	return cmocka_run_group_tests_name("self", tests, NULL, NULL);
}
