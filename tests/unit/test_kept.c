/*
 * What outlives the agent as rows: each kind comes back, twice as well as once, and what is of no
 * use says why.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/core/kept.c"

#include "alert/silence_set.h"
#include "tests/unit/core_scene.h"
#include "tests/unit/log_help.h"

/* Alert, detector, silence, notice and the count of boots, as another process finds them. */
static void
what_is_kept_is_loaded(void **state)
{
	struct alert_silence silence = {.match = "mem.*"};
	struct scene *s = scene_begin();

	(void)state;
	core_start_judging(&s->core);
	boot_count_look(&s->core.boot_count, "11111111-aaaa\n");
	boot_count_look(&s->core.boot_count, "22222222-bbbb\n");
	silence.until.wall_ms = s->now.wall_ms + 3600000;
	silence_set_add(alert_silences(s->core.alerts), &silence, &s->now);
	assert_string_equal(scene_cycle(s, 95), "fire critical disk.usage_percent");
	scene_see_log_line(s, SEV_WARN);
	core_judge(&s->core, NULL, &s->outside, &s->now); /* queued, and not told */
	core_help_save(&s->core, &s->disk, ++s->txn);
	assert_int_equal(fake_disk_count(&s->disk, KEPT_ALERT), 2);
	assert_int_equal(fake_disk_count(&s->disk, KEPT_NOTICE), 1);
	assert_int_equal(fake_disk_count(&s->disk, KEPT_SILENCE), 1);
	assert_int_equal(fake_disk_count(&s->disk, KEPT_META), 1);
	core_done(&s->core);
	scene_start(s);
	assert_int_equal(s->core.boot_count.reboots, -1);
	core_help_load(&s->core, &s->disk, &s->now);
	core_help_load(&s->core, &s->disk, &s->now); /* twice */
	core_start_judging(&s->core);
	assert_int_equal(s->core.boot_count.reboots, 1);
	boot_count_look(&s->core.boot_count, "22222222-bbbb\n");
	assert_int_equal(s->core.boot_count.reboots, 1);
	boot_count_look(&s->core.boot_count, "33333333-cccc\n");
	assert_int_equal(s->core.boot_count.reboots, 2);
	assert_string_equal(silence_set_at(alert_silences(s->core.alerts), 0)->match, "mem.*");
	assert_null(silence_set_at(alert_silences(s->core.alerts), 1));
	assert_string_equal(scene_told(s), "fire warn oom_kill");
	assert_string_equal(
	    scene_cycle(s, 87), ""); /* in its band: the detector knows that it fires */
	assert_string_equal(scene_cycle(s, 50), "resolve critical disk.usage_percent");
	scene_end(s);
}

static enum json_read
load_row(struct scene *s, int kind, const char *key, const char *json)
{
	return kept_load(&s->core, (enum kept_kind)kind, key, json, strlen(json), &s->now);
}

static void
rows_of_no_use_say_why(void **state)
{
#define FACTS                                                                                    \
	"\"facts\":[{\"fingerprint\":\"00000000000000ff\",\"rule\":\"r\",\"metric\":\"cpu.load_" \
	"1m\","                                                                                  \
	"\"labels\":{},\"severity\":\"warn\",\"op\":\">=\",\"since_wall_ms\":5}]"
#define NOTICE(channel, kind)                                                                      \
	"{\"id\":5,\"kind\":\"" kind "\",\"severity\":\"warn\",\"created_wall_ms\":5,\"total\":1," \
	"\"channel\":\"" channel "\"," FACTS "}"
	static const struct {
		int kind;
		const char *key, *json;
		enum json_read read;
	} cases[] = {
	    {99, "k", "{}", JSON_READ_UNKNOWN},
	    {0, "k", "not even JSON", JSON_READ_UNKNOWN},
	    {KEPT_META, "moon phase", "{}", JSON_READ_UNKNOWN},
	    {KEPT_META, BOOT_COUNT_KEY, "{\"boot_id\":\"a\",\"reboots\":4}", JSON_READ_OK},
	    {KEPT_META, BOOT_COUNT_KEY, "{\"boot_id\":\"a\",\"reboots\":-4}", JSON_READ_DAMAGED},
	    {KEPT_META, BOOT_COUNT_KEY, "{\"boot_id\":7,\"reboots\":4}", JSON_READ_DAMAGED},
	    {KEPT_META, BOOT_COUNT_KEY, "{\"boot_", JSON_READ_DAMAGED},
	    {KEPT_ALERT, "k", "{}", JSON_READ_DAMAGED},
	    {KEPT_ALERT, "a key of 63 bytes, which is as long as a key of ours is at most", "{}",
	        JSON_READ_DAMAGED},
	    {KEPT_ALERT, "a key of 64 bytes, which is longer than any key of ours can ever", "{}",
	        JSON_READ_UNKNOWN},
	    {KEPT_SILENCE, "1", "{}", JSON_READ_DAMAGED},
	    {KEPT_NOTICE, "5", NOTICE("webhook", "fire"), JSON_READ_OK},
	    {KEPT_NOTICE, "5", NOTICE("carrier pigeon", "fire"), JSON_READ_UNKNOWN},
	    {KEPT_NOTICE, "5", NOTICE("webhook", "sigh"), JSON_READ_UNKNOWN},
	    {KEPT_NOTICE, "5", "{\"id\":5}", JSON_READ_DAMAGED},
	    {KEPT_NOTICE, "5", "", JSON_READ_DAMAGED},
	};
#undef NOTICE
#undef FACTS
	struct scene *s = scene_begin();

	(void)state;
	for (size_t i = 0; i < JSON_LEN(cases); i++) {
		if (load_row(s, cases[i].kind, cases[i].key, cases[i].json) != cases[i].read)
			fail_msg("%s: %s", cases[i].key, cases[i].json);
	}
	assert_int_equal(outbox_count(s->core.outbox), 1);
	scene_end(s);
}

/* The keeper lost its rows: all come again, and only what is. */
static void
all_is_kept_again_when_the_disk_lost_it(void **state)
{
	struct alert_silence silence = {.match = "mem.*"};
	struct scene *s = scene_begin();

	(void)state;
	core_start_judging(&s->core);
	boot_count_look(&s->core.boot_count, "11111111-aaaa\n");
	silence.until.wall_ms = s->now.wall_ms + 3600000;
	silence_set_add(alert_silences(s->core.alerts), &silence, &s->now);
	scene_cycle(s, 95);
	s->disk.writes = 0;
	scene_told(s);
	assert_int_equal(s->disk.writes, 0);
	fake_disk_done(&s->disk);
	kept_mark_all(&s->core);
	scene_told(s);
	assert_int_equal(fake_disk_count(&s->disk, KEPT_ALERT), 1);
	assert_int_equal(fake_disk_count(&s->disk, KEPT_SILENCE), 1);
	assert_int_equal(fake_disk_count(&s->disk, KEPT_META), 1);
	assert_int_equal(fake_disk_count(&s->disk, KEPT_NOTICE), 0);
	scene_end(s);
}

/* An id that is absent or no id is not a boot. */
static void
only_a_boot_id_counts_as_a_boot(void **state)
{
	struct boot_count b = {.reboots = -1};

	(void)state;
	boot_count_look(&b, "");
	boot_count_look(&b, "\n");
	boot_count_look(&b, "0123456789012345678901234567890123456789\n"); /* 40 */
	assert_int_equal(b.reboots, -1);
	assert_false(b.changed);
	boot_count_look(&b, "012345678901234567890123456789012345678\n");
	assert_int_equal(b.reboots, 0);
	assert_true(b.changed);
	b.changed = false;
	boot_count_look(&b, "012345678901234567890123456789012345678");
	assert_int_equal(b.reboots, 0);
	assert_false(b.changed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_kept_is_loaded),
	    cmocka_unit_test(rows_of_no_use_say_why),
	    cmocka_unit_test(all_is_kept_again_when_the_disk_lost_it),
	    cmocka_unit_test(only_a_boot_id_counts_as_a_boot),
	};

	set_log_level(LOGL_ERROR + 1);
	return cmocka_run_group_tests_name("kept", tests, NULL, NULL);
}
