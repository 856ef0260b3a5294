/* What a core keeps, takes over and begins anew when another configuration comes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/core/core.c"

#include "tests/unit/load_bytes.h"
#include "tests/unit/core_scene.h"
#include "tests/unit/log_help.h"

/* After a reload: what fires goes on, by the new limits, and the history stays. */
static void
another_configuration_takes_over_what_was_learnt(void **state)
{
	struct scene *s = scene_begin();
	struct conf *other = make_conf();

	(void)state;
	core_start_judging(&s->core);
	assert_string_equal(scene_cycle(s, 91), "fire critical disk.usage_percent");
	core_configure(&s->core, other);
	conf_free(s->conf);
	s->conf = other;
	assert_string_equal(scene_cycle(s, 87), ""); /* in its band */
	assert_int_equal(alert_count(s->core.alerts, ALERT_FIRING), 1);
	assert_int_equal(scene_samples_kept(s), 4);
	assert_string_equal(scene_cycle(s, 50), "resolve critical disk.usage_percent");
	scene_end(s);
}

/* The defaults of make_conf(), with these lines. */
static struct conf *
make_conf_with(const char *text)
{
	struct conf_report report;

	return with_webhook(load_bytes("t.toml", text, strlen(text), &report));
}

#define RULE(name, warn)            \
	"[[rules]]\nname = \"" name \
	"\"\nmetric = \"disk.usage_percent\"\nop = \">=\"\nwarn = " warn "\nfor_secs = 0\n"

/* Rules of either configuration watch as if they had always been there. */
static void
rules_are_added_renamed_and_removed(void **state)
{
	struct scene *s = scene_begin();

	(void)state;
	core_start_judging(&s->core);
	assert_string_equal(scene_cycle(s, 70), "");
	scene_configure(s, make_conf_with(RULE("low", "60")));
	assert_string_equal(scene_cycle(s, 70), "fire warn disk.usage_percent");
	scene_configure(s, make_conf_with(RULE("low", "60") RULE("lower", "50")));
	assert_string_equal(scene_cycle(s, 70), "fire warn disk.usage_percent");
	assert_int_equal(alert_count(s->core.alerts, ALERT_FIRING), 2);
	/* One goes on under its name, though its number is another; the other has no rule. */
	scene_configure(s, make_conf_with(RULE("lower", "50") RULE("new", "90")));
	for (int i = 0; i < GONE_INTERVALS - 1; i++)
		assert_string_equal(scene_cycle(s, 70), "");
	assert_string_equal(scene_cycle(s, 70), "resolve warn disk.usage_percent unwatched");
	assert_int_equal(alert_count(s->core.alerts, ALERT_FIRING), 1);
	scene_configure(s, make_conf());
	assert_string_equal(scene_cycle(s, 70), "");
	assert_string_equal(scene_cycle(s, 92), "fire critical disk.usage_percent"); /* built in */
	assert_string_equal(scene_cycle(s, 92), "resolve warn disk.usage_percent unwatched");
	assert_string_equal(scene_cycle(s, 50), "resolve critical disk.usage_percent");
	scene_end(s);
}

static void
note_key(void *arg, const struct alert_view *view)
{
	*(uint64_t *)arg = view->facts->case_key;
}

/* Nobody is told of a rule's other name; the case keeps its key through both, and a restart. */
static void
the_alerts_of_a_renamed_rule_go_on(void **state)
{
	struct scene *s = scene_begin();
	uint64_t key = 0;

	(void)state;
	scene_configure(s, make_conf_with(RULE("low", "60")));
	core_start_judging(&s->core);
	assert_string_equal(scene_cycle(s, 70), "fire warn disk.usage_percent");
	for (int times = 0; times < 2; times++) {
		scene_configure(
		    s, make_conf_with(times == 0 ? RULE("lower", "60") : RULE("three", "60")));
		for (int i = 0; i < 2 * GONE_INTERVALS; i++)
			assert_string_equal(scene_cycle(s, 70), "");
		assert_int_equal(alert_count(s->core.alerts, ALERT_FIRING), 1);
		assert_int_equal(fake_disk_count(&s->disk, KEPT_ALERT), 1);
		alert_each(s->core.alerts, note_key, &key);
		assert_int_equal(
		    key, fingerprint_of("low", series_at(s->core.series, s->mount.id)->hash));
	}
	core_done(&s->core);
	scene_start(s);
	core_help_load(&s->core, &s->disk, &s->now);
	core_start_judging(&s->core);
	assert_string_equal(scene_cycle(s, 50), "resolve warn disk.usage_percent");
	scene_cycle(s, 70); /* another case */
	alert_each(s->core.alerts, note_key, &key);
	assert_int_equal(key, 0);
	scene_end(s);
}

/* What two rules could be is not guessed at; and one that watches otherwise is another rule. */
static void
a_rule_that_is_not_plainly_renamed_is_another(void **state)
{
	static const char *const others[] = {RULE("a", "60") RULE("b", "60"), RULE("a", "61"), ""};

	(void)state;
	for (size_t k = 0; k < sizeof(others) / sizeof(others[0]); k++) {
		struct scene *s = scene_begin();

		scene_configure(s, make_conf_with(RULE("low", "60")));
		core_start_judging(&s->core);
		assert_string_equal(scene_cycle(s, 70), "fire warn disk.usage_percent");
		scene_configure(s, make_conf_with(others[k]));
		scene_cycle(s, 70);
		for (int i = 0; i < GONE_INTERVALS - 2; i++)
			assert_string_equal(scene_cycle(s, 70), "");
		assert_string_equal(
		    scene_cycle(s, 70), "resolve warn disk.usage_percent unwatched");
		scene_end(s);
	}
}

enum why { MOUNT_EXCLUDED, COLLECTOR_OFF, RULE_REMOVED, RULE_NARROWED, RULE_REPLACED, NOTHING };

static struct conf *
make_conf_without(enum why why)
{
	static const char *const texts[] = {[RULE_REMOVED] = "",
	    [RULE_NARROWED] = RULE("low", "60") "labels = { mountpoint = \"/srv\" }\n",
	    [RULE_REPLACED] = RULE("other", "80"),
	    [NOTHING] = RULE("low", "60")};
	struct conf *conf = make_conf_with(texts[texts[why] != NULL ? why : NOTHING]);

	conf->collect.each[COLLECTOR_DISK].enabled = why != COLLECTOR_OFF;
	return conf;
}

/* It has not normalized and is not gone: nobody looks. Found out also by a life that begins so. */
static void
what_is_watched_no_longer_is_not_called_gone(void **state)
{
	static const struct {
		enum why why;
		bool restart;
		double value; /* NAN: there is no sample of it */
		const char *told;
	} cases[] = {{MOUNT_EXCLUDED, false, NAN, " unwatched"},
	    {COLLECTOR_OFF, false, NAN, " unwatched"}, {COLLECTOR_OFF, true, NAN, " unwatched"},
	    {RULE_REMOVED, false, NAN, " unwatched"}, {RULE_REMOVED, true, 70, " unwatched"},
	    {RULE_NARROWED, false, 70, " unwatched"}, {RULE_NARROWED, true, 70, " unwatched"},
	    {RULE_REPLACED, false, 70, " unwatched"}, {RULE_REPLACED, true, 70, " unwatched"},
	    {NOTHING, true, NAN, " gone"}};

	(void)state;
	for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
		struct scene *s = scene_begin();
		char told[64];

		scene_configure(s, make_conf_with(RULE("low", "60")));
		core_start_judging(&s->core);
		assert_string_equal(scene_cycle(s, 70), "fire warn disk.usage_percent");
		if (cases[k].restart) {
			core_done(&s->core);
			conf_free(s->conf);
			s->conf = make_conf_without(cases[k].why);
			scene_start(s);
			core_help_load(&s->core, &s->disk, &s->now);
			core_start_judging(&s->core);
		} else {
			scene_configure(s, make_conf_without(cases[k].why));
		}
		for (int i = 0; i < GONE_INTERVALS - !cases[k].restart; i++)
			assert_string_equal(scene_cycle(s, cases[k].value), "");
		snprintf(told, sizeof(told), "resolve warn disk.usage_percent%s", cases[k].told);
		assert_string_equal(scene_cycle(s, cases[k].value), told);
		scene_end(s);
	}
}

/* A reload excuses nothing that was seen after it. */
static void
what_was_seen_after_a_reload_is_gone_when_it_is(void **state)
{
	struct scene *s = scene_begin();

	(void)state;
	core_start_judging(&s->core);
	assert_string_equal(scene_cycle(s, 95), "fire critical disk.usage_percent");
	scene_configure(s, make_conf());
	assert_string_equal(scene_cycle(s, 95), "");
	for (int i = 0; i < GONE_INTERVALS - 1; i++)
		assert_string_equal(scene_cycle(s, NAN), "");
	assert_string_equal(scene_cycle(s, NAN), "resolve critical disk.usage_percent gone");
	scene_end(s);
}

static const char *
cycle_memory(struct scene *s, double usage)
{
	scene_pass(s, SCENE_STEP_MS);
	core_begin(&s->core, &s->now);
	scene_sample(s, 20);
	batch_add(&s->core.batch, METRIC_MEM_USAGE, usage, NAN);
	core_judge(&s->core, &s->core.batch, NULL, &s->now);
	return scene_told(s);
}

/* A reload each cycle: 30 s of waiting are 30 s all the same. */
static void
what_waits_to_fire_waits_on_through_reloads(void **state)
{
	struct scene *s = scene_begin();

	(void)state;
	core_start_judging(&s->core);
	assert_string_equal(cycle_memory(s, 20), "");
	for (int i = 0; i < 3; i++) {
		assert_string_equal(cycle_memory(s, 85), "");
		scene_configure(s, make_conf());
	}
	assert_string_equal(cycle_memory(s, 85), "fire warn mem.usage_percent");
	for (int i = 0; i < 3; i++) {
		scene_configure(s, make_conf());
		assert_string_equal(cycle_memory(s, 78), ""); /* in its band */
	}
	assert_int_equal(alert_count(s->core.alerts, ALERT_FIRING), 1);
	assert_string_equal(cycle_memory(s, 20), "resolve warn mem.usage_percent");
	scene_end(s);
}

static void
the_newest_values_and_the_history_stay(void **state)
{
	struct scene *s = scene_begin();
	struct rollup_row row;

	(void)state;
	core_start_judging(&s->core);
	for (int i = 0; i < 4; i++)
		scene_cycle(s, 30);
	scene_configure(s, make_conf());
	assert_int_equal(scene_samples_kept(s), 8);
	assert_true(latest_value(&s->core.latest, s->mount.id) == 30);
	for (int i = 0; i < 4; i++)
		scene_cycle(s, 60);
	assert_int_equal(scene_samples_kept(s), 16);
	/* 1010 s to 1080 s after boot: the whole minute from 1020 s on. */
	for (int i = 0; i < 6; i++)
		scene_cycle(s, 60);
	assert_true(rollup_of(s->core.rollup, s->mount.id, &row));
	assert_int_equal(row.count, 6);
	scene_end(s);
}

static void
channels_are_switched_on_and_off(void **state)
{
	struct scene *s = scene_begin();

	(void)state;
	core_start_judging(&s->core);
	scene_judge(s, 92);
	assert_int_equal(scene_jobs_of(s, CHANNEL_WEBHOOK), 1);
	scene_configure(s, make_conf_of(CHANNEL_WEBHOOK, CHANNEL_SLACK));
	scene_judge(s, 92);
	assert_int_equal(outbox_count(s->core.outbox), 1); /* the other knows of it */
	assert_int_equal(scene_jobs_of(s, CHANNEL_SLACK), 1);
	scene_judge(s, 50);
	assert_int_equal(outbox_count(s->core.outbox), 2);
	assert_int_equal(scene_jobs_of(s, CHANNEL_WEBHOOK), 1);
	scene_judge(s, 82);
	assert_int_equal(outbox_channel(s->core.outbox, CHANNEL_SLACK)->queued, 1);
	assert_int_equal(outbox_channel(s->core.outbox, CHANNEL_WEBHOOK)->queued, 1);
	/* What waits for a channel that is off goes nowhere; what waits for others stays. */
	scene_configure(s, make_conf_of(CHANNEL_SLACK, CHANNEL_SLACK));
	assert_int_equal(outbox_count(s->core.outbox), 1);
	assert_int_equal(scene_jobs_of(s, CHANNEL_SLACK), 1);
	/* On again, it is told of what it missed, and so hears no end without a beginning. */
	scene_configure(s, make_conf_of(CHANNEL_WEBHOOK, CHANNEL_SLACK));
	scene_judge(s, 82);
	assert_int_equal(outbox_count(s->core.outbox), 1);
	assert_int_equal(scene_jobs_of(s, CHANNEL_WEBHOOK), 1);
	scene_configure(s, make_conf_of(CHANNEL_SLACK, CHANNEL_SLACK));
	scene_judge(s, 50);
	assert_int_equal(outbox_count(s->core.outbox), 1);
	assert_int_equal(scene_jobs_of(s, CHANNEL_SLACK), 1);
	scene_end(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(another_configuration_takes_over_what_was_learnt),
	    cmocka_unit_test(rules_are_added_renamed_and_removed),
	    cmocka_unit_test(the_alerts_of_a_renamed_rule_go_on),
	    cmocka_unit_test(a_rule_that_is_not_plainly_renamed_is_another),
	    cmocka_unit_test(what_is_watched_no_longer_is_not_called_gone),
	    cmocka_unit_test(what_was_seen_after_a_reload_is_gone_when_it_is),
	    cmocka_unit_test(what_waits_to_fire_waits_on_through_reloads),
	    cmocka_unit_test(the_newest_values_and_the_history_stay),
	    cmocka_unit_test(channels_are_switched_on_and_off),
	};

	return cmocka_run_group_tests_name("core_reload", tests, NULL, NULL);
}
