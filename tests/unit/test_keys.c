/*
 * Keys by their names: which there are, which tables, and which was probably meant.
 */
#include "src/conf/keys.c"

#include "tests/unit/conf_help.h"

static void
test_tables(void **state)
{
	static const char *const tables[] = {"agent", "collector", "collector.cpu", "thresholds",
	    "alerting", "alerting.email", "alerting.dedup", "storage", "rules",
	    "alerting.silences"};
	static const char *const others[] = {"agen", "agentt", "agent.user", "collector.cp",
	    "alerting.emai", "user", "agent.", "rule"};

	(void)state;
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		if (!keys_is_table(tables[i]))
			fail_msg("%s is no table", tables[i]);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (keys_is_table(others[i]))
			fail_msg("%s is a table", others[i]);
}

static void
test_every_name_is_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < KEY_ROWS; i++)
		if (conf_keys[i].name != NULL)
			assert_ptr_equal(keys_find(conf_keys[i].name), &conf_keys[i]);
	for (size_t l = 0; l < LIST_COUNT; l++) {
		const struct conf_list *list = &conf_lists[l];

		assert_ptr_equal(keys_find_list(list->name), list);
		for (size_t i = 0; i < list->key_count; i++)
			assert_ptr_equal(keys_find_in(list, list->keys[i].name), &list->keys[i]);
		assert_null(keys_find_in(list, "rules.nothing"));
	}
	assert_null(keys_find("agent.use"));
	assert_null(keys_find("agent.userr"));
	assert_null(keys_find(""));
	assert_null(keys_find_list("agent"));
}

/* As many letters may be wrong as a third of the word, and one more. */
static void
test_what_was_meant(void **state)
{
	static const struct {
		const char *name, *near;
	} cases[] = {
	    {"agnet", "agent"},
	    {"agent.usr", "agent.user"},
	    {"agent.uxyr", "agent.user"},
	    {"agent.qqqq", NULL},
	    {"thresholds.cpu_warn_percnt", "thresholds.cpu_warn_percent"},
	    {"cpu_warn_percent", "thresholds.cpu_warn_percent"},
	    {"agent.cpu_warn_percent", "thresholds.cpu_warn_percent"},
	    {"rules.critcal", "rules.critical"},
	    {"alerting.silences.mach", "alerting.silences.match"},
	    {"alerting.emial", "alerting.email"},
	    {"emial", "alerting.email"},
	    {"alertin.email.to", "alerting.email.to"},
	    {"alertin.slack.webhook_url", "alerting.slack.webhook_url"},
	    {"alerting_slack", "alerting.slack"},
	    {"", NULL},
	};
	char word[200];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *near = keys_nearest(cases[i].name);

		if (cases[i].near == NULL ? near != NULL
		                          : near == NULL || !str_eq(near, cases[i].near))
			fail_msg("%s: %s", cases[i].name, near == NULL ? "none" : near);
	}
	memset(word, 'x', sizeof(word));
	word[199] = '\0';
	assert_null(keys_nearest(word));
}

static void
test_the_order_of_places(void **state)
{
	const struct place a = {1, 2, 3};

	(void)state;
	assert_false(keys_later(a, a));
	assert_true(keys_later(a, (struct place){0, 9, 9}));
	assert_false(keys_later(a, (struct place){2, 1, 1}));
	assert_true(keys_later(a, (struct place){1, 1, 9}));
	assert_false(keys_later(a, (struct place){1, 3, 1}));
	assert_true(keys_later(a, (struct place){1, 2, 2}));
	assert_false(keys_later(a, (struct place){1, 2, 4}));
}

static void
test_parts_of_a_name(void **state)
{
	(void)state;
	assert_string_equal(keys_leaf("a.b.c"), "c");
	assert_string_equal(keys_leaf("a"), "a");
	assert_ptr_equal(keys_sibling(keys_find("alerting.email.to"), "enabled"),
	    keys_find("alerting.email.enabled"));
	assert_null(keys_sibling(keys_find("alerting.email.to"), "nothing"));
	assert_int_equal(keys_longest(keys_find("agent.user")), 32);
	assert_int_equal(keys_longest(keys_find("alerting.email.password")), KEY_STRING_MAX);
}

/* Each value of a list of words is stored, and nothing beside it. */
static void
test_words_are_numbers(void **state)
{
	(void)state;
	KEYS_EACH (key) {
		if (key->type != KEY_ENUM || (key->flags & KEY_UNSUPPORTED) != 0)
			continue;
		for (int i = 0; key->names[i] != NULL; i++) {
			char member[2 * sizeof(int)], before[sizeof(member)];

			memset(member, 0x55, sizeof(member));
			memcpy(before, member, sizeof(member));
			keys_enum_set(key, member, keys_enum_find(key, key->names[i]));
			assert_int_equal(keys_enum_get(key, member), i);
			assert_memory_equal(member + key->size, before, sizeof(member) - key->size);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_tables),
	    cmocka_unit_test(test_every_name_is_found),
	    cmocka_unit_test(test_what_was_meant),
	    cmocka_unit_test(test_the_order_of_places),
	    cmocka_unit_test(test_parts_of_a_name),
	    cmocka_unit_test(test_words_are_numbers),
	};

	return cmocka_run_group_tests_name("keys", tests, NULL, NULL);
}
