/*
 * Which rules are in force, and which of them watch a series.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/detect/rules.c"

#include <stdio.h>
#include <string.h>

#include "tests/unit/limits_help.h"

static struct conf_detect
default_conf(void)
{
	struct conf_detect conf = {.for_secs = -1, .clear_percent = 5};

	take_default_limits(&conf);
	return conf;
}

static struct conf_rule
a_rule(const char *name, enum metric_id metric, struct string_pair *label)
{
	static char message[] = "call ops";

	return (struct conf_rule){.name = (char *)(uintptr_t)name,
	    .metric = metric,
	    .labels = {label, label == NULL ? 0 : 1},
	    .op = OP_GT,
	    .warn = 98,
	    .critical = NAN,
	    .for_secs = 20,
	    .message = message,
	    .enabled = true};
}

static struct series
mount(const char *where)
{
	struct series s = {.metric = METRIC_DISK_USAGE, .gen = 1, .label_count = 3};

	str_copy(s.text, 100, where);
	s.label_at[1] = s.label_at[2] = 100;
	return s;
}

/* "backup,archive": names of the rules on a series. */
static const char *
names_on(const struct rule_set *set, const struct series *s)
{
	static char text[1200];
	uint16_t on[RULES_A_SERIES_MAX];
	size_t n = rules_match(set, s, on);

	text[0] = '\0';
	for (size_t i = 0; i < n; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i > 0 ? "," : "",
		    set->items[on[i]].name);
	return text;
}

static const struct rule *
find(const struct rule_set *set, const char *name)
{
	for (size_t i = 0; i < set->len; i++) {
		if (str_eq(set->items[i].name, name))
			return &set->items[i];
	}
	return NULL;
}

static void
built_in_rules_take_configured_limits(void **state)
{
	struct conf_detect conf = default_conf();
	struct rule_set set;

	(void)state;
	conf.warn[LIMIT_CPU] = NAN;
	conf.critical[LIMIT_CPU] = 90;
	conf.clear_percent = 7;
	rules_init(&set, &conf);
	assert_true(isnan(find(&set, "cpu")->warn));
	assert_true(find(&set, "cpu")->critical == 90);
	assert_int_equal(find(&set, "cpu")->for_ms, 30000);
	assert_int_equal(find(&set, "disk")->for_ms, 0);
	assert_true(find(&set, "disk")->clear_percent == 7);
	assert_int_equal(find(&set, "process_fd")->metric, METRIC_PROC_FD_USAGE);
	assert_true(find(&set, "link_down")->transition);
	rules_done(&set);
	conf.for_secs = 5;
	conf.critical[LIMIT_CPU] = NAN;
	rules_init(&set, &conf);
	assert_null(find(&set, "cpu"));
	assert_int_equal(find(&set, "disk")->for_ms, 5000);
	/* One answer that came late wakes up nobody. */
	assert_true(find(&set, "stale_mount")->for_ms > 0);
	assert_true(find(&set, "stale_mount")->for_ms <= 1000);
	rules_done(&set);
}

static void
a_users_rule_replaces_the_built_in_on_its_series_only(void **state)
{
	struct conf_detect conf = default_conf();
	char key[] = "mountpoint", all[] = "/backup*", one[] = "/backup/archive";
	struct string_pair backups = {key, all}, archives = {key, one};
	struct conf_rule rules[] = {a_rule("backup", METRIC_DISK_USAGE, &backups),
	    a_rule("archive", METRIC_DISK_USAGE, &archives),
	    a_rule("other", METRIC_DISK_INODE_USAGE, NULL)};
	struct series root = mount("/"), backup = mount("/backup"), both = mount("/backup/archive");
	struct series inodes = mount("/");
	struct rule_set set;

	(void)state;
	inodes.metric = METRIC_DISK_INODE_USAGE;
	conf.rules = rules;
	conf.rule_count = 3;
	rules_init(&set, &conf);
	assert_string_equal(names_on(&set, &root), "disk");
	assert_string_equal(names_on(&set, &backup), "backup");
	assert_string_equal(names_on(&set, &both), "backup,archive");
	assert_string_equal(names_on(&set, &inodes), "other");
	rules_done(&set);
}

static void
a_users_rule_is_what_was_configured(void **state)
{
	struct conf_detect conf = default_conf();
	char key[] = "device", glob[] = "sd*";
	struct string_pair label = {key, glob};
	struct conf_rule given = a_rule("mine", METRIC_DISK_USAGE, &label);
	struct rule_set set;
	const struct rule *rule;

	(void)state;
	conf.rules = &given;
	conf.rule_count = 1;
	conf.clear_percent = 7;
	rules_init(&set, &conf);
	rule = find(&set, "mine");
	assert_true(rule == &set.items[0] && rule->user && !rule->transition);
	assert_null(rule->labels[0]);
	assert_string_equal(rule->labels[1], "sd*");
	assert_null(rule->labels[2]);
	assert_int_equal(rule->op, OP_GT);
	assert_true(rule->warn == 98 && isnan(rule->critical) && rule->clear_percent == 7);
	assert_int_equal(rule->for_ms, 20000);
	assert_string_equal(rule->message, "call ops");
	rules_done(&set);
}

static void
more_rules_than_a_series_takes_are_cut(void **state)
{
	struct conf_detect conf = default_conf();
	struct conf_rule rules[RULES_A_SERIES_MAX + 5];
	struct series root = mount("/");
	uint16_t on[RULES_A_SERIES_MAX];
	struct rule_set set;

	(void)state;
	for (size_t i = 0; i < RULES_A_SERIES_MAX + 5; i++)
		rules[i] = a_rule("r", METRIC_DISK_USAGE, NULL);
	conf.rules = rules;
	conf.rule_count = RULES_A_SERIES_MAX + 5;
	rules_init(&set, &conf);
	assert_int_equal(rules_match(&set, &root, on), RULES_A_SERIES_MAX);
	rules_done(&set);
}

/* No band reaches where no value can get. */
static void
a_firing_level_stops_past_its_band(void **state)
{
	static const struct {
		enum metric_id metric;
		enum rule_op op;
		double limit, clear;
	} cases[] = {
	    {METRIC_DISK_USAGE, OP_GE, 90, 81},
	    {METRIC_DISK_USAGE, OP_GT, 90, 81},
	    {METRIC_DISK_USAGE, OP_LE, 20, 22},
	    {METRIC_DISK_USAGE, OP_LT, 20, 22},
	    {METRIC_DISK_USAGE, OP_LT, 95, 100},
	    {METRIC_DISK_USAGE, OP_LE, 100, 100},
	    {METRIC_DISK_USAGE, OP_LE, 100.5, 110.55}, /* somebody's percent go further */
	    {METRIC_DISK_USAGE, OP_EQ, 50, 50},
	    {METRIC_DISK_USAGE, OP_NE, 50, 50},
	    {METRIC_CPU_LOAD_1M, OP_LE, 95, 104.5},
	    {METRIC_CPU_LOAD_1M, OP_GE, -10, -11},
	    {METRIC_NET_LINK_UP, OP_LT, 1, 1},
	    {METRIC_KERNEL_REBOOTS, OP_GE, 9, 9}, /* counts: whole steps only */
	    {METRIC_KERNEL_REBOOTS, OP_GE, 10, 9},
	    {METRIC_KERNEL_REBOOTS, OP_GE, 30, 27},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rule rule = {
		    .metric = cases[i].metric, .op = cases[i].op, .clear_percent = 10};

		if (fabs(rules_clear_limit(&rule, cases[i].limit) - cases[i].clear) > 1e-9)
			fail_msg("case %zu: %g", i, rules_clear_limit(&rule, cases[i].limit));
	}
}

static void
the_bad_side_of_a_limit(void **state)
{
	static const struct {
		enum rule_op op;
		bool below, at, above;
	} cases[] = {
	    {OP_GE, false, true, true},
	    {OP_GT, false, false, true},
	    {OP_LE, true, true, false},
	    {OP_LT, true, false, false},
	    {OP_EQ, false, true, false},
	    {OP_NE, true, false, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(rules_past(cases[i].op, 4, 5), cases[i].below);
		assert_int_equal(rules_past(cases[i].op, 5, 5), cases[i].at);
		assert_int_equal(rules_past(cases[i].op, 6, 5), cases[i].above);
		assert_false(rules_past(cases[i].op, 5, NAN)); /* no such level */
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(built_in_rules_take_configured_limits),
	    cmocka_unit_test(a_users_rule_replaces_the_built_in_on_its_series_only),
	    cmocka_unit_test(a_users_rule_is_what_was_configured),
	    cmocka_unit_test(more_rules_than_a_series_takes_are_cut),
	    cmocka_unit_test(a_firing_level_stops_past_its_band),
	    cmocka_unit_test(the_bad_side_of_a_limit),
	};

	return cmocka_run_group_tests_name("rules", tests, NULL, NULL);
}
