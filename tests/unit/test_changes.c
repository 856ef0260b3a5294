/*
 * What a reload does: the worst of all keys that have changed, whichever they are.
 */
#include "src/conf/changes.c"

#include "tests/unit/conf_help.h"

static enum key_reload
between(const char *before, const char *after)
{
	struct conf *a = load_ok(before), *b = load_ok(after);
	enum key_reload most = changes_find(a, b);

	assert_int_equal(changes_find(b, a), most);
	conf_free(a);
	conf_free(b);
	return most;
}

static enum key_reload
reload_of(const char *name)
{
	const struct conf_key *key = keys_find(name);

	assert_non_null(key);
	return key->reload;
}

static void
test_each_kind_of_value(void **state)
{
	static const struct {
		const char *name, *before, *after;
	} cases[] = {
	    {"agent.data_dir", "'/a'", "'/b'"},
	    {"agent.labels", "{a = 'x'}", "{a = 'y'}"},
	    {"agent.labels", "{a = 'x'}", "{b = 'x'}"},
	    {"agent.labels", "{a = 'x'}", "{}"},
	    {"agent.labels", "{a = 'x', b = 'x'}", "{a = 'x', b = 'y'}"},
	    {"collector.process.track_patterns", "['a', 'b']", "['a', 'c']"},
	    {"collector.process.track_patterns", "['a']", "['b']"},
	    {"collector.process.track_patterns", "['a']", "['a', 'b']"},
	    {"collector.cpu.per_core", "true", "false"},
	    {"collector.cpu.interval_secs", "5", "6"},
	    {"storage.ring_buffer_size", "100", "101"},
	    {"agent.user", "'a'", "'b'"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char before[100], after[100];

		snprintf(before, sizeof(before), "%s = %s\n", cases[i].name, cases[i].before);
		snprintf(after, sizeof(after), "%s = %s\n", cases[i].name, cases[i].after);
		assert_int_equal(between(before, before), RELOAD_AT_ONCE);
		if (between(before, after) != reload_of(cases[i].name))
			fail_msg("%s: %s to %s", cases[i].name, cases[i].before, cases[i].after);
	}
	assert_int_equal(reload_of("collector.cpu.per_core"), RELOAD_COLLECTORS);
}

static void
test_the_worst_counts(void **state)
{
	enum key_reload storage = reload_of("storage.ring_buffer_size"),
	                user = reload_of("agent.user");

	(void)state;
	assert_true(storage > RELOAD_COLLECTORS);
	assert_int_equal(
	    between("", "collector.cpu.per_core = false\nstorage.ring_buffer_size = 9\n"), storage);
	assert_int_equal(between("", "storage.ring_buffer_size = 9\nagent.user = 'x'\n"),
	    storage > user ? storage : user);
	/* Rules are followed at once. */
	assert_int_equal(between("", "[[rules]]\nname = 'r'\nmetric = 'cpu.load_1m'\nwarn = 1\n"),
	    RELOAD_AT_ONCE);
}

/* The key with a value that is not its default; false for types that are not tried here. */
static bool
write_other_value(const struct conf_key *key, char *out, size_t cap)
{
	double other = key->def < key->max ? key->def + 1 : key->def - 1;

	if (key->type == KEY_BOOL)
		snprintf(out, cap, "%s = %s\n", key->name, key->def != 0 ? "false" : "true");
	else if (key->type == KEY_INT)
		snprintf(out, cap, "%s = %.0f\n", key->name, other < key->min ? key->min : other);
	else
		return false;
	return true;
}

/* Also where others take their default from it. */
static void
test_no_change_asks_for_more_than_its_row_says(void **state)
{
	struct conf *before = load_ok("");
	int tried = 0;

	(void)state;
	for (size_t i = 0; i < KEY_ROWS; i++) {
		const struct conf_key *key = &conf_keys[i];
		enum key_reload asked;
		struct conf *after;
		char text[256];

		if (key->name == NULL || !write_other_value(key, text, sizeof(text)))
			continue;
		after = load_text(text);
		if (after == NULL) /* not without others, or not yet */
			continue;
		asked = changes_find(before, after);
		if (asked > key->reload)
			fail_msg("%s asks for %d, its row says %d", key->name, asked, key->reload);
		conf_free(after);
		tried++;
	}
	assert_in_range(tried, 40, KEY_ROWS);
	conf_free(before);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_each_kind_of_value),
	    cmocka_unit_test(test_the_worst_counts),
	    cmocka_unit_test(test_no_change_asks_for_more_than_its_row_says),
	};

	return cmocka_run_group_tests_name("changes", tests, NULL, NULL);
}
