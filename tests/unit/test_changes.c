/* What a reload does with each key is what its row, and so docs/CONFIGURATION.md, says of it. */
#include "tests/unit/conf_help.h"

#include "conf/changes.h"
#include "conf/keys.h"

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
no_change_asks_for_more_than_its_row_says(void **state)
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

static void
the_most_of_several_counts(void **state)
{
	struct conf *before = load_ok("");
	struct conf *limit = load_ok("thresholds.cpu_percent = 70\n");
	struct conf *interval =
	    load_ok("thresholds.cpu_percent = 70\ncollector.cpu.interval_secs = 3\n");
	struct conf *ring =
	    load_ok("storage.ring_buffer_size = 9\ncollector.cpu.interval_secs = 3\n");

	(void)state;
	assert_int_equal(changes_find(before, before), RELOAD_AT_ONCE);
	assert_int_equal(changes_find(before, limit), RELOAD_AT_ONCE);
	assert_int_equal(changes_find(limit, interval), RELOAD_COLLECTORS);
	assert_int_equal(changes_find(ring, before), RELOAD_AGENT);
	conf_free(before);
	conf_free(limit);
	conf_free(interval);
	conf_free(ring);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(no_change_asks_for_more_than_its_row_says),
	    cmocka_unit_test(the_most_of_several_counts),
	};

	return cmocka_run_group_tests_name("changes", tests, NULL, NULL);
}
