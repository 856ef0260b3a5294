/*
 * Alerts as rows on disk: damaged ones are refused, an older version's are taken, a newer one's
 * left.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/alert/alert_json.c"

#include "tests/unit/alert_rig.h"

static void
damaged_alerts_are_refused(void **state)
{
	struct alert_rig r;
	struct alert_table *table;
	char *json;
	size_t len;

	(void)state;
	rig_init_windows(&r);
	rig_fires(&r, SEV_WARN);
	rig_save(&r);
	json = rig_only_row(&r, KEPT_ALERT);
	len = strlen(json);
	table = rig_new_table(&r);
	for (size_t i = 0; i < len; i++)
		assert_int_not_equal(JSON_READ_OK, alert_load(table, json, i, &r.now));
	for (size_t i = 0; i < len; i++) {
		char was = json[i];

		for (int c = 0; c < 256; c += 7) {
			struct alert_table *fresh = rig_new_table(&r);

			json[i] = (char)c;
			alert_load(fresh, json, len, &r.now);
			alert_free(fresh);
		}
		json[i] = was;
	}
	assert_int_equal(JSON_READ_OK, alert_load(table, json, len, &r.now));
	assert_int_equal(
	    JSON_READ_OK, alert_load(table, json, len, &r.now)); /* a row that comes twice */
	assert_int_equal(alert_count(table, ALERT_FIRING), 1);
	alert_free(table);
	rig_done(&r);
}

/* As the version before subjects wrote it: without subject, event, case_host, events, quiet_ms. */
static const char old_row[] =
    "{\"announced\":\"critical\",\"interval_ms\":10000,\"found\":\"critical\","
    "\"silenced\":false,\"inhibitor\":\"0000000000000000\",\"evaluations\":1,"
    "\"due_wall_ms\":0,\"critical_since_wall_ms\":1789999900000,\"flap_since_wall_ms\":0,"
    "\"flap_changes\":0,\"state\":\"firing\",\"told\":[\"discord\",\"webhook\"],\"brief\":[],"
    "\"fired\":{\"critical\":{\"sent_wall_ms\":1789999900000,\"count\":1}},"
    "\"flap\":\"steady\",\"edges\":[1789999900000],"
    "\"facts\":{\"fingerprint\":\"cfe1e506bb30b19d\",\"rule\":\"disk.usage_percent\","
    "\"metric\":\"disk.usage_percent\",\"labels\":{\"mountpoint\":\"/0\",\"device\":\"/0\","
    "\"fstype\":\"ext4\"},\"severity\":\"critical\",\"value\":95.0,\"limit\":80.0,"
    "\"worst\":97.0,\"op\":\">=\",\"since_wall_ms\":1789999900000,\"resolved_wall_ms\":0,"
    "\"gone\":false,\"count\":1,\"count_secs\":0,\"message\":\"\",\"cause\":\"\","
    "\"flap\":\"no\",\"unheard\":false,\"also\":\"\",\"also_count\":0,\"seq\":7,"
    "\"raised_from\":\"none\"}}";

static void
a_row_of_an_older_version_is_the_same_alert(void **state)
{
	struct alert_rig r;
	const struct alert_facts *f;

	(void)state;
	rig_init_windows(&r);
	assert_int_equal(alert_load(r.table, old_row, sizeof(old_row) - 1, &r.now), JSON_READ_OK);
	assert_string_equal(rig_fires(&r, SEV_CRITICAL), "");
	assert_int_equal(alert_count(r.table, ALERT_FIRING), 1);
	assert_string_equal(rig_clears(&r), "webhook resolve critical; discord resolve critical");
	f = r.out.items[0]->facts;
	assert_true(f->fingerprint == 0xcfe1e506bb30b19d);
	assert_true(f->subject.hash == series_at(r.series, r.refs[METRIC_DISK_USAGE][0].id)->hash);
	assert_int_equal(f->subject.group, GROUP_DISK);
	assert_int_equal(f->subject.unit, UNIT_PERCENT);
	assert_false(f->event);
	assert_string_equal(f->case_host, "");
	assert_true(f->worst == 97);
	rig_done(&r);
}

/* Without a finding it is gone after its intervals, or held by its series, as any other. */
static void
a_row_of_an_older_version_may_be_held(void **state)
{
	const char *const values[] = {"/0", "/0", "ext4"};
	struct alert_rig r;

	(void)state;
	rig_init_windows(&r);
	assert_int_equal(alert_load(r.table, old_row, sizeof(old_row) - 1, &r.now), JSON_READ_OK);
	for (int i = 0; i < 10; i++) {
		series_hold(r.series, &r.refs[METRIC_DISK_USAGE][0], METRIC_DISK_USAGE, values,
		    r.now.boot_ns, RIG_STEP_MS);
		assert_string_equal(rig_apply(&r), "");
	}
	rig_done(&r);
}

/* old_row with one text in place of another, loaded into an empty table. */
static enum json_read
load_with(const char *old, const char *new)
{
	char row[sizeof(old_row) + 64];
	const char *at = strstr(old_row, old);
	struct alert_rig r;
	enum json_read read;

	assert_non_null(at);
	snprintf(row, sizeof(row), "%.*s%s%s", (int)(at - old_row), old_row, new, at + strlen(old));
	rig_init(&r);
	read = alert_load(r.table, row, strlen(row), &r.now);
	assert_int_equal(alert_count(r.table, ALERT_FIRING) + alert_count(r.table, ALERT_RESOLVED),
	    read == JSON_READ_OK);
	rig_done(&r);
	return read;
}

/* What a newer version wrote is left as it is; what nobody wrote is damaged. */
static void
words_that_are_not_known_are_no_damage(void **state)
{
	static const struct {
		const char *old, *new;
		enum json_read read;
	} cases[] = {
	    {"\"metric\":\"disk.usage_percent\"", "\"metric\":\"gpu.heat\"", JSON_READ_UNKNOWN},
	    {"\"severity\":\"critical\"", "\"severity\":\"dire\"", JSON_READ_UNKNOWN},
	    {"\"announced\":\"critical\"", "\"announced\":\"dire\"", JSON_READ_UNKNOWN},
	    {"\"flap\":\"steady\"", "\"flap\":\"rocking\"", JSON_READ_UNKNOWN},
	    {"\"flap\":\"no\"", "\"flap\":\"often\"", JSON_READ_UNKNOWN},
	    {"\"state\":\"firing\"", "\"state\":\"asleep\"", JSON_READ_UNKNOWN},
	    {"\"op\":\">=\"", "\"op\":\"~\"", JSON_READ_UNKNOWN},
	    {"[\"discord\",", "[\"carrier pigeon\",", JSON_READ_OK},
	    {"\"brief\":[],", "\"brief\":[],\"future\":{\"a\":[1]},", JSON_READ_OK},
	    {"\"metric\":\"disk.usage_percent\"", "\"metric\":4", JSON_READ_DAMAGED},
	    {"\"severity\":\"critical\"", "\"severity\":3", JSON_READ_DAMAGED},
	    {"\"severity\":\"critical\"", "\"severity\":\"none\"", JSON_READ_DAMAGED},
	    {"\"flap\":\"steady\"", "\"flap\":0", JSON_READ_DAMAGED},
	    {"\"flap\":\"no\"", "\"flap\":false", JSON_READ_DAMAGED},
	    {"\"state\":\"firing\"", "\"state\":\"pending\"", JSON_READ_DAMAGED},
	    {"\"state\":\"firing\",", "", JSON_READ_DAMAGED},
	    {"\"interval_ms\":10000", "\"interval_ms\":0", JSON_READ_DAMAGED},
	    {"\"interval_ms\":10000", "\"interval_ms\":1", JSON_READ_OK},
	    {"\"interval_ms\":10000", "\"interval_ms\":316224000000", JSON_READ_OK}, /* ten years */
	    {"\"interval_ms\":10000", "\"interval_ms\":316224000001", JSON_READ_DAMAGED},
	    {"\"silenced\":false", "\"silenced\":false,\"quiet_ms\":-1", JSON_READ_DAMAGED},
	    {"\"silenced\":false", "\"silenced\":false,\"quiet_ms\":316224000000", JSON_READ_OK},
	    {"\"silenced\":false", "\"silenced\":false,\"quiet_ms\":316224000001",
	        JSON_READ_DAMAGED},
	    {"\"told\":[\"discord\",", "\"told\":[5,", JSON_READ_DAMAGED},
	    {"\"edges\":[1789999900000]", "\"edges\":[1,2,3,4,5,6]", JSON_READ_DAMAGED},
	    {"\"edges\":[1789999900000]", "\"edges\":[-9223372036854775808]", JSON_READ_DAMAGED},
	    /* Both at once: what is damaged is so in any version. */
	    {"\"flap\":\"steady\",\"edges\":[1789999900000]", "\"flap\":\"rocking\",\"edges\":7",
	        JSON_READ_DAMAGED},
	};

	(void)state;
	for (size_t i = 0; i < JSON_LEN(cases); i++) {
		if (load_with(cases[i].old, cases[i].new) != cases[i].read)
			fail_msg("%s is not read as %d", cases[i].new, cases[i].read);
	}
}

/* Windows go on where they were, though the clock was set while the agent was not there. */
static void
a_clock_that_is_set_before_a_restart_moves_no_window(void **state)
{
	static const int64_t set_by_ms[] = {0, -9LL * 3600 * 1000, 3000LL * 86400 * 1000};

	(void)state;
	for (size_t i = 0; i < JSON_LEN(set_by_ms); i++) {
		struct alert_rig r;
		struct alert_entry was, is;
		const char *json;

		rig_init_windows(&r);
		r.now.boot = 7;
		rig_fires(&r, SEV_WARN);
		rig_clears(&r);
		rig_save(&r);
		json = rig_only_row(&r, KEPT_ALERT);
		assert_int_equal(alert_json_read(json, strlen(json), &r.now, &was), JSON_READ_OK);
		r.now.boot_ns += 60 * NS_PER_SEC;
		r.now.wall_ms += 60000 + set_by_ms[i];
		assert_int_equal(alert_json_read(json, strlen(json), &r.now, &is), JSON_READ_OK);
		assert_int_equal(is.fired[SEV_WARN].sent.boot_ns, was.fired[SEV_WARN].sent.boot_ns);
		for (int k = 0; k < FLAP_EDGES; k++)
			assert_int_equal(is.flap.edges[k].boot_ns, was.flap.edges[k].boot_ns);
		assert_int_equal(clock_span_ms(&is.facts.since, &r.now),
		    (r.now.boot_ns - was.facts.since.boot_ns) / NS_PER_MS);
		r.now.boot = 8; /* and across a reboot as long ago as the wall clock says */
		assert_int_equal(alert_json_read(json, strlen(json), &r.now, &is), JSON_READ_OK);
		if (i == 0)
			assert_int_equal(
			    is.fired[SEV_WARN].sent.boot_ns, was.fired[SEV_WARN].sent.boot_ns);
		else if (i == 1)
			assert_int_equal(is.fired[SEV_WARN].sent.boot_ns, r.now.boot_ns);
		rig_done(&r);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(damaged_alerts_are_refused),
	    cmocka_unit_test(a_row_of_an_older_version_is_the_same_alert),
	    cmocka_unit_test(a_row_of_an_older_version_may_be_held),
	    cmocka_unit_test(words_that_are_not_known_are_no_damage),
	    cmocka_unit_test(a_clock_that_is_set_before_a_restart_moves_no_window),
	};

	return cmocka_run_group_tests_name("alert_json", tests, NULL, NULL);
}
