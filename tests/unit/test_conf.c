/*
 * What is asked of a configuration that is loaded.
 */
#include "src/conf/conf.c"

#include "tests/unit/conf_help.h"

static void
the_shortest_interval_is_of_what_is_enabled(void **state)
{
	struct conf *conf = load_ok("[collector]\nenabled_collectors = ['process', 'fd']\n"
	                            "cpu.interval_secs = 1\nfd.interval_secs = 45\n");

	(void)state;
	assert_int_equal(conf_collect_shortest_secs(&conf->collect), 30);
	conf->collect.each[COLLECTOR_PROCESS].enabled = false;
	assert_int_equal(conf_collect_shortest_secs(&conf->collect), 45);
	conf->collect.each[COLLECTOR_FD].enabled = false;
	assert_int_equal(conf_collect_shortest_secs(&conf->collect), 0);
	conf_free(conf);
}

static void
the_traffic_of_disks_counts_where_disks_do(void **state)
{
	struct conf *conf = load_ok("[collector.disk]\ninterval_secs = 60\nio_interval_secs = 5\n");

	(void)state;
	assert_int_equal(conf_collect_shortest_secs(&conf->collect), 5);
	conf->collect.each[COLLECTOR_DISK].enabled = false;
	assert_int_equal(conf_collect_shortest_secs(&conf->collect), 10);
	conf_free(conf);
	conf =
	    load_ok("collector.enabled_collectors = ['disk']\ncollector.disk.interval_secs = 2\n");
	assert_int_equal(conf_collect_shortest_secs(&conf->collect), 2);
	conf_free(conf);
}

static void
collectors_have_names(void **state)
{
	(void)state;
	assert_string_equal(conf_collector_name(COLLECTOR_CPU), "cpu");
	assert_string_equal(conf_collector_name(COLLECTOR_KERNEL), "kernel");
	assert_null(conf_collector_name(COLLECTOR_COUNT));
}

static void
channels_have_names(void **state)
{
	(void)state;
	assert_string_equal(channel_name(CHANNEL_CONSOLE), "console");
	for (int i = 0; i < CHANNEL_COUNT; i++)
		assert_int_equal(channel_find(channel_name((enum channel_id)i)), i);
	assert_string_equal(channel_name(CHANNEL_COUNT), "unknown");
	assert_int_equal(channel_find("unknown"), CHANNEL_COUNT);
	assert_int_equal(channel_find(""), CHANNEL_COUNT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_shortest_interval_is_of_what_is_enabled),
	    cmocka_unit_test(the_traffic_of_disks_counts_where_disks_do),
	    cmocka_unit_test(collectors_have_names),
	    cmocka_unit_test(channels_have_names),
	};

	return cmocka_run_group_tests_name("conf", tests, NULL, NULL);
}
