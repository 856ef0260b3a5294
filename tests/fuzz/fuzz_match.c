/*
 * Matchers and kept silences from any bytes: what is well-formed can be asked about, what is not
 * matches nothing; a silence that was taken in comes out the same.
 */
#include <assert.h>
#include <string.h>

#include "alert/alert.h"
#include "alert/silence_set.h"
#include "base/mem.h"
#include "base/str.h"
#include "model/match.h"
#include "tests/unit/subject_help.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
count(void *arg, const char *key, char *json)
{
	(void)key;
	*(size_t *)arg += json != NULL;
	mem_free(json);
}

static void
check_matcher(const char *text)
{
	struct alert_facts facts = {.rule = "disk", .subject = metric_subject(METRIC_DISK_USAGE)};

	label_set_add(&facts.subject.labels, "mountpoint", "/backup");
	if (match_check(text) != NULL)
		assert(!match_facts(text, &facts));
	else
		match_facts(text, &facts);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = mem_strndup((const char *)data, size);
	struct conf_alert conf = {.recovery_enabled = true};
	struct alert_table *table = alert_new(&conf, "web-01", NULL, 0);
	const struct alert_silence *silence;
	struct now now = {.boot_ns = NS_PER_SEC, .wall_ms = 1};
	size_t kept = 0;

	check_matcher(text);
	if (silence_set_load(alert_silences(table), text, strlen(text), &now) == JSON_READ_OK) {
		silence = silence_set_at(alert_silences(table), 0);
		assert(silence != NULL && match_check(silence->match) == NULL);
		assert(silence_set_load(alert_silences(table), text, strlen(text), &now) ==
		       JSON_READ_OK); /* again */
		assert(silence_set_at(alert_silences(table), 1) == NULL);
		silence_set_mark_all(alert_silences(table));
		silence_set_take_changes(alert_silences(table), count, &kept);
		assert(kept == 1 && silence_set_remove(alert_silences(table), silence->id));
	}
	alert_load(table, text, strlen(text), &now);
	alert_free(table);
	mem_free(text);
	return 0;
}

#include "tests/fuzz/replay_main.h"
