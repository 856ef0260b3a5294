/*
 * The cycle without a host: samples and findings in, notices in the outbox; and what must not
 * happen between cycles or before judging begins.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/core/core.c"

#include "tests/unit/core_scene.h"
#include "tests/unit/log_help.h"

static void
a_cycle_goes_from_samples_to_the_outbox(void **state)
{
	struct scene *s = scene_begin();

	(void)state;
	core_start_judging(&s->core);
	assert_string_equal(scene_cycle(s, 50), "");
	assert_string_equal(scene_cycle(s, 95), "fire critical disk.usage_percent");
	assert_string_equal(scene_cycle(s, 95), "");
	assert_string_equal(scene_cycle(s, 50), "resolve critical disk.usage_percent");
	scene_end(s);
}

static void
between_cycles_nothing_ages_and_nothing_is_collected(void **state)
{
	struct scene *s = scene_begin();
	uint64_t samples;

	(void)state;
	core_start_judging(&s->core);
	assert_string_equal(scene_cycle(s, 95), "fire critical disk.usage_percent");
	samples = scene_samples_kept(s);
	assert_int_equal(samples, 2);
	for (int i = 0; i < 100; i++)
		assert_string_equal(scene_between(s, SCENE_STEP_MS), "");
	assert_int_equal(scene_samples_kept(s), samples);
	assert_int_equal(alert_count(s->core.alerts, ALERT_FIRING), 1);
	assert_true(latest_value(&s->core.latest, s->mount.id) == 95);
	/* Cycles without it do. */
	for (int i = 0; i < GONE_INTERVALS - 1; i++)
		assert_string_equal(scene_cycle(s, NAN), "");
	assert_string_equal(scene_cycle(s, NAN), "resolve critical disk.usage_percent gone");
	scene_end(s);
}

static void
findings_from_outside_become_notices(void **state)
{
	struct scene *s = scene_begin();

	(void)state;
	core_start_judging(&s->core);
	scene_see_log_line(s, SEV_WARN);
	assert_string_equal(scene_between(s, 100), "fire warn oom_kill");
	/* With a cycle's samples as well. */
	scene_see_log_line(s, SEV_CRITICAL);
	scene_pass(s, SCENE_STEP_MS);
	core_begin(&s->core, &s->now);
	scene_sample(s, 95);
	core_judge(&s->core, &s->core.batch, &s->outside, &s->now);
	assert_string_equal(
	    scene_told(s), "fire critical disk.usage_percent; fire critical oom_kill");
	scene_end(s);
}

static void
before_judging_nothing_is_told_but_all_is_kept(void **state)
{
	struct scene *s = scene_begin();

	(void)state;
	for (int i = 1; i <= 5; i++) {
		assert_string_equal(scene_cycle(s, 95), "");
		assert_int_equal(s->core.findings.len, 0);
		scene_see_log_line(s, SEV_WARN);
		assert_string_equal(scene_between(s, 100), "");
		assert_int_equal(scene_samples_kept(s), 2 * i);
	}
	assert_int_equal(alert_count(s->core.alerts, ALERT_FIRING), 0);
	assert_true(latest_value(&s->core.latest, s->mount.id) == 95);
	assert_int_equal(host.looks + host.explains, 0);
	core_start_judging(&s->core);
	assert_string_equal(scene_cycle(s, 95), "fire critical disk.usage_percent");
	scene_end(s);
}

static void
the_alert_of_a_mount_that_does_not_answer_stays(void **state)
{
	const char *const values[] = {"/var", "sda1", "ext4"};
	struct scene *s = scene_begin();

	(void)state;
	core_start_judging(&s->core);
	assert_string_equal(scene_cycle(s, 95), "fire critical disk.usage_percent");
	for (int i = 0; i < 50; i++) {
		scene_pass(s, SCENE_STEP_MS);
		core_begin(&s->core, &s->now);
		scene_sample(s, NAN);
		batch_hold(&s->core.batch, &s->mount, METRIC_DISK_USAGE, values);
		core_judge(&s->core, &s->core.batch, NULL, &s->now);
		assert_string_equal(scene_told(s), "");
	}
	assert_true(isnan(latest_value(&s->core.latest, s->mount.id)));
	assert_int_equal(alert_count(s->core.alerts, ALERT_FIRING), 1);
	assert_string_equal(scene_cycle(s, 87), ""); /* it answers, within its band */
	assert_string_equal(scene_cycle(s, 50), "resolve critical disk.usage_percent");
	scene_end(s);
}

static void
the_host_is_asked_once_a_judged_call(void **state)
{
	struct scene *s = scene_begin();

	(void)state;
	core_start_judging(&s->core);
	scene_cycle(s, 95);
	assert_ptr_equal(host.arg, s);
	assert_int_equal(host.looks, 1);
	assert_int_equal(host.explains, 1);
	assert_int_equal(host.found, 1);
	assert_int_equal(host.notices, 1);
	assert_int_equal(host.queued, 0); /* not queued yet when it is explained */
	assert_false(host.explained_before_look);
	assert_memory_equal(&host.now, &s->now, sizeof(s->now));
	scene_cycle(s, 95);
	assert_int_equal(host.found, 1);
	assert_int_equal(host.notices, 0);
	scene_between(s, 100);
	assert_int_equal(host.looks, 3);
	assert_int_equal(host.explains, 3);
	assert_int_equal(host.found, 0);
	scene_end(s);
}

static void
a_core_without_a_host_judges_all_the_same(void **state)
{
	struct scene *s = scene_begin();

	(void)state;
	core_done(&s->core);
	core_init(&s->core, s->conf, 1, NULL);
	core_start_judging(&s->core);
	scene_pass(s, SCENE_STEP_MS);
	core_begin(&s->core, &s->now);
	scene_sample(s, 95);
	core_judge(&s->core, &s->core.batch, NULL, &s->now);
	assert_int_equal(outbox_count(s->core.outbox), 1);
	scene_end(s);
}

/* What the alerts and the outbox are told of each channel. */
static void
channels_are_listed_as_their_rows_say(void **state)
{
	struct conf *conf = make_conf();
	struct alert_channel list[CHANNEL_COUNT];
	struct channel_traits traits[CHANNEL_COUNT];

	(void)state;
	assert_int_equal(list_channels(conf, list), 1);
	assert_int_equal(list[0].id, CHANNEL_WEBHOOK);
	for (int id = 0; id < CHANNEL_COUNT; id++) {
		conf->channels[id].enabled = true;
		conf->channels[id].severities = SEV_BIT(id % SEV_COUNT);
	}
	assert_int_equal(list_channels(conf, list), CHANNEL_COUNT);
	for (int id = 0; id < CHANNEL_COUNT; id++) {
		assert_int_equal(list[id].id, id);
		assert_int_equal(list[id].severities, SEV_BIT(id % SEV_COUNT));
		assert_int_equal(list[id].traits.alerts_max, notify_channel(id)->traits.alerts_max);
		assert_int_equal(list[id].traits.alerts_max == 1, id == CHANNEL_PAGERDUTY);
		assert_int_equal(list[id].traits.keeps_cases,
		    id == CHANNEL_PAGERDUTY || id == CHANNEL_ALERTMANAGER);
	}
	list_traits(traits);
	for (int id = 0; id < CHANNEL_COUNT; id++)
		assert_int_equal(traits[id].alerts_max, list[id].traits.alerts_max);
	conf_free(conf);
}

/* A service that forgets alerts is told again, once a minute, with their causes. */
static void
what_fires_is_told_again_to_a_service_that_forgets(void **state)
{
	struct scene *s = scene_begin();
	size_t jobs = 0;

	(void)state;
	scene_configure(s, make_conf_of(CHANNEL_ALERTMANAGER, CHANNEL_WEBHOOK));
	core_start_judging(&s->core);
	for (int i = 0; i < 30; i++) {
		scene_judge(s, 92);
		assert_int_equal(
		    outbox_channel(s->core.outbox, CHANNEL_WEBHOOK)->queued, i == 0 ? 1 : 0);
		jobs += scene_jobs_of(s, CHANNEL_ALERTMANAGER);
		for (int k = 0; k < 3; k++) { /* between cycles nothing is told again */
			core_judge(&s->core, NULL, NULL, &s->now);
			assert_int_equal(outbox_count(s->core.outbox), 0);
		}
	}
	assert_int_equal(jobs, 1 + 5); /* the first minute has the news themselves */
	scene_end(s);
}

/* What went unsent for a day was summed up: while it fires, it is told anew. */
static void
what_expired_and_still_fires_is_told_anew(void **state)
{
	struct scene *s = scene_begin();
	struct outbox_job job;

	(void)state;
	core_start_judging(&s->core);
	scene_judge(s, 92);
	for (int i = 0; i < 25 * 360; i++)
		scene_judge(s, 92);
	assert_false(outbox_next(s->core.outbox, &s->now, &job)); /* the digest is to be kept */
	assert_int_equal(outbox_count(s->core.outbox), 1);
	core_help_save(&s->core, &s->disk, ++s->txn);
	assert_true(outbox_next(s->core.outbox, &s->now, &job));
	assert_int_equal(job.notice->kind, NOTICE_DIGEST);
	scene_judge(s, 92);
	assert_int_equal(outbox_count(s->core.outbox), 2);
	scene_end(s);
}

static void
note_found(void *arg, const struct alert_view *view)
{
	*(enum severity *)arg = view->found;
}

/* A detector knows nothing of escalation: it goes on at the level that it had found. */
static void
an_escalated_alert_is_restored_as_it_was_found(void **state)
{
	struct scene *s = scene_begin();
	enum severity found = SEV_NONE;

	(void)state;
	s->conf->alert.escalate_warn_after = 2;
	core_configure(&s->core, s->conf);
	core_start_judging(&s->core);
	assert_string_equal(scene_cycle(s, 82), "fire warn disk.usage_percent");
	assert_string_equal(scene_cycle(s, 82), "fire critical disk.usage_percent");
	core_configure(&s->core, s->conf);
	assert_string_equal(scene_cycle(s, 87), ""); /* in the band of critical */
	alert_each(s->core.alerts, note_found, &found);
	assert_int_equal(found, SEV_WARN);
	core_done(&s->core);
	scene_start(s);
	core_help_load(&s->core, &s->disk, &s->now);
	core_start_judging(&s->core);
	assert_string_equal(scene_cycle(s, 87), "");
	alert_each(s->core.alerts, note_found, &found);
	assert_int_equal(found, SEV_WARN);
	scene_end(s);
}

/* Gone, and told so: within the old band it is well when it is back, after a restart as without. */
static void
an_alert_that_ended_is_not_resumed(void **state)
{
	(void)state;
	for (int restart = 0; restart < 2; restart++) {
		struct scene *s = scene_begin();

		core_start_judging(&s->core);
		assert_string_equal(scene_cycle(s, 82), "fire warn disk.usage_percent");
		if (restart) {
			core_done(&s->core);
			scene_start(s);
			core_help_load(&s->core, &s->disk, &s->now);
			core_start_judging(&s->core);
		}
		for (int i = 0; i < GONE_INTERVALS + restart - 1; i++)
			assert_string_equal(scene_cycle(s, NAN), "");
		assert_string_equal(scene_cycle(s, NAN), "resolve warn disk.usage_percent gone");
		for (int i = 0; i < 100; i++)
			assert_string_equal(scene_cycle(s, NAN), "");
		assert_string_equal(scene_cycle(s, 78), "");
		assert_int_equal(alert_count(s->core.alerts, ALERT_FIRING), 0);
		scene_end(s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_cycle_goes_from_samples_to_the_outbox),
	    cmocka_unit_test(between_cycles_nothing_ages_and_nothing_is_collected),
	    cmocka_unit_test(findings_from_outside_become_notices),
	    cmocka_unit_test(before_judging_nothing_is_told_but_all_is_kept),
	    cmocka_unit_test(the_alert_of_a_mount_that_does_not_answer_stays),
	    cmocka_unit_test(the_host_is_asked_once_a_judged_call),
	    cmocka_unit_test(a_core_without_a_host_judges_all_the_same),
	    cmocka_unit_test(channels_are_listed_as_their_rows_say),
	    cmocka_unit_test(what_fires_is_told_again_to_a_service_that_forgets),
	    cmocka_unit_test(what_expired_and_still_fires_is_told_anew),
	    cmocka_unit_test(an_escalated_alert_is_restored_as_it_was_found),
	    cmocka_unit_test(an_alert_that_ended_is_not_resumed),
	};

	return cmocka_run_group_tests_name("core", tests, NULL, NULL);
}
