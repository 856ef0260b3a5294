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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(damaged_alerts_are_refused),
	};

	return cmocka_run_group_tests_name("alert_json", tests, NULL, NULL);
}
