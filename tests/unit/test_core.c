/*
 * The cycle without a host: samples and findings in, notices in the outbox; what must not happen
 * between cycles or before judging begins, and what is kept of it all.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/core/core.c"

#include <math.h>

#include "base/buf.h"
#include "base/log.h"
#include "tests/unit/core_help.h"

#define STEP_MS 10000

struct scene {
	struct conf *conf;
	struct core core;
	struct series_ref mount;
	struct findings outside;
	struct subject log;
	struct now now;
	struct fake_disk disk;
	uint64_t txn;
	char text[2048];
};

/* What a host was told, and when. */
static struct {
	void *arg;
	int looks, explains;
	size_t found, notices, queued; /* at the last call */
	struct now now;
	const struct outbox *outbox;
	bool explained_before_look;
} host;

static void
look(void *arg, const struct findings *findings, const struct now *now)
{
	host.arg = arg;
	host.looks++;
	host.found = findings->len;
	host.now = *now;
}

static void
explain(void *arg, struct notices *notices, const struct now *now)
{
	assert_ptr_equal(arg, host.arg);
	assert_memory_equal(now, &host.now, sizeof(*now));
	host.explained_before_look = host.explains >= host.looks;
	host.explains++;
	host.notices = notices->len;
	host.queued = outbox_queued(host.outbox);
	for (size_t i = 0; i < notices->len; i++)
		str_copy(notices->items[i]->facts->cause, NOTICE_CAUSE_MAX, "somebody");
}

static void
start_core(struct scene *s)
{
	const struct core_host hooks = {s, look, explain};

	core_init(&s->core, s->conf, 1, &hooks);
	host.outbox = s->core.outbox;
	s->mount = (struct series_ref){0};
}

/* All defaults, but for a webhook and no waiting for groups. */
static struct conf *
make_conf(void)
{
	struct conf_report report;
	struct conf *conf = conf_load(NULL, &report);

	assert_non_null(conf);
	conf->channels[CHANNEL_CONSOLE].enabled = false;
	conf->channels[CHANNEL_WEBHOOK].enabled = true;
	conf->channels[CHANNEL_WEBHOOK].severities = SEV_DEFAULT_MASK;
	conf->alert.group_window_secs = 0;
	return conf;
}

static struct scene *
begin(void)
{
	struct scene *s = mem_zalloc(1, sizeof(*s));

	memset(&host, 0, sizeof(host));
	s->now = (struct now){.boot_ns = 1000 * NS_PER_SEC, .wall_ms = 1790000000000};
	s->conf = make_conf();
	findings_init(&s->outside, 8);
	start_core(s);
	return s;
}

static void
end(struct scene *s)
{
	core_done(&s->core);
	findings_done(&s->outside);
	conf_free(s->conf);
	fake_disk_done(&s->disk);
	mem_free(s);
}

static void
pass(struct scene *s, int64_t ms)
{
	s->now.boot_ns += ms * NS_PER_MS;
	s->now.wall_ms += ms;
}

/* What leaves now: "fire critical disk.usage_percent; ...". All of it arrives. */
static const char *
told(struct scene *s)
{
	static const char *const kinds[] = {"fire", "resolve", "test", "digest"};
	struct outbox_job job;
	struct buf b;

	buf_init(&b, s->text, sizeof(s->text));
	core_help_save(&s->core, &s->disk, ++s->txn);
	while (outbox_next(s->core.outbox, &s->now, &job)) {
		struct outbox_receipt receipt = {
		    .id = job.id, .attempt = job.attempt, .outcome = OUTBOX_DELIVERED, .text = ""};

		buf_addf(&b, "%s%s %s %s%s", b.len > 0 ? "; " : "", kinds[job.notice->kind],
		    severity_name(job.notice->severity), job.notice->facts->subject.name,
		    job.notice->facts->gone ? " gone" : "");
		assert_string_equal(job.notice->facts->cause, "somebody");
		outbox_receipt(s->core.outbox, &receipt, &s->now);
	}
	core_help_save(&s->core, &s->disk, ++s->txn);
	return s->text;
}

static void
sample_mount(struct scene *s, double usage)
{
	const char *const values[] = {"/var", "sda1", "ext4"};

	s->core.batch.interval_ms = STEP_MS;
	batch_add(&s->core.batch, METRIC_CPU_LOAD_1M, 1, NAN);
	if (!isnan(usage))
		batch_add_labelled(
		    &s->core.batch, &s->mount, METRIC_DISK_USAGE, values, usage, NAN);
}

/* A cycle; NAN: the mount says nothing. */
static const char *
cycle(struct scene *s, double usage)
{
	pass(s, STEP_MS);
	core_begin(&s->core, &s->now);
	sample_mount(s, usage);
	core_judge(&s->core, &s->core.batch, NULL, &s->now);
	return told(s);
}

static const char *
between(struct scene *s, int64_t ms)
{
	pass(s, ms);
	core_judge(&s->core, NULL, &s->outside, &s->now);
	findings_reset(&s->outside);
	return told(s);
}

static void
see_log_line(struct scene *s, enum severity severity)
{
	struct finding *f = findings_add(&s->outside);

	s->log = (struct subject){.hash = 77, .group = GROUP_LOG, .unit = UNIT_COUNT};
	str_copy(s->log.name, sizeof(s->log.name), "oom_kill");
	f->rule = "log";
	f->subject = subject_as_is(&s->log);
	f->state = FINDING_FIRING;
	f->severity = severity;
	f->value = 1;
	f->limit = NAN;
	f->since_ns = s->now.boot_ns;
	f->interval_ms = STEP_MS;
	f->event = true;
	f->quiet_ms = 60000;
}

static uint64_t
samples_kept(const struct scene *s)
{
	struct store_stats stats;

	store_stats(s->core.store, &stats);
	return stats.samples;
}

static void
a_cycle_goes_from_samples_to_the_outbox(void **state)
{
	struct scene *s = begin();

	(void)state;
	core_start_judging(&s->core);
	assert_string_equal(cycle(s, 50), "");
	assert_string_equal(cycle(s, 95), "fire critical disk.usage_percent");
	assert_string_equal(cycle(s, 95), "");
	assert_string_equal(cycle(s, 50), "resolve critical disk.usage_percent");
	end(s);
}

static void
between_cycles_nothing_ages_and_nothing_is_collected(void **state)
{
	struct scene *s = begin();
	uint64_t samples;

	(void)state;
	core_start_judging(&s->core);
	assert_string_equal(cycle(s, 95), "fire critical disk.usage_percent");
	samples = samples_kept(s);
	assert_int_equal(samples, 2);
	for (int i = 0; i < 100; i++)
		assert_string_equal(between(s, STEP_MS), "");
	assert_int_equal(samples_kept(s), samples);
	assert_int_equal(alert_count(s->core.alerts, ALERT_FIRING), 1);
	assert_true(latest_value(&s->core.latest, s->mount.id) == 95);
	/* Cycles without it do. */
	for (int i = 0; i < GONE_INTERVALS - 1; i++)
		assert_string_equal(cycle(s, NAN), "");
	assert_string_equal(cycle(s, NAN), "resolve critical disk.usage_percent gone");
	end(s);
}

static void
findings_from_outside_become_notices(void **state)
{
	struct scene *s = begin();

	(void)state;
	core_start_judging(&s->core);
	see_log_line(s, SEV_WARN);
	assert_string_equal(between(s, 100), "fire warn oom_kill");
	/* With a cycle's samples as well. */
	see_log_line(s, SEV_CRITICAL);
	pass(s, STEP_MS);
	core_begin(&s->core, &s->now);
	sample_mount(s, 95);
	core_judge(&s->core, &s->core.batch, &s->outside, &s->now);
	assert_string_equal(told(s), "fire critical disk.usage_percent; fire critical oom_kill");
	end(s);
}

static void
before_judging_nothing_is_told_but_all_is_kept(void **state)
{
	struct scene *s = begin();

	(void)state;
	for (int i = 1; i <= 5; i++) {
		assert_string_equal(cycle(s, 95), "");
		assert_int_equal(s->core.findings.len, 0);
		see_log_line(s, SEV_WARN);
		assert_string_equal(between(s, 100), "");
		assert_int_equal(samples_kept(s), 2 * i);
	}
	assert_int_equal(alert_count(s->core.alerts, ALERT_FIRING), 0);
	assert_true(latest_value(&s->core.latest, s->mount.id) == 95);
	assert_int_equal(host.looks + host.explains, 0);
	core_start_judging(&s->core);
	assert_string_equal(cycle(s, 95), "fire critical disk.usage_percent");
	end(s);
}

static void
the_alert_of_a_mount_that_does_not_answer_stays(void **state)
{
	const char *const values[] = {"/var", "sda1", "ext4"};
	struct scene *s = begin();

	(void)state;
	core_start_judging(&s->core);
	assert_string_equal(cycle(s, 95), "fire critical disk.usage_percent");
	for (int i = 0; i < 50; i++) {
		pass(s, STEP_MS);
		core_begin(&s->core, &s->now);
		sample_mount(s, NAN);
		batch_hold(&s->core.batch, &s->mount, METRIC_DISK_USAGE, values);
		core_judge(&s->core, &s->core.batch, NULL, &s->now);
		assert_string_equal(told(s), "");
	}
	assert_true(isnan(latest_value(&s->core.latest, s->mount.id)));
	assert_int_equal(alert_count(s->core.alerts, ALERT_FIRING), 1);
	assert_string_equal(cycle(s, 87), ""); /* it answers, within its band */
	assert_string_equal(cycle(s, 50), "resolve critical disk.usage_percent");
	end(s);
}

static void
the_host_is_asked_once_a_judged_call(void **state)
{
	struct scene *s = begin();

	(void)state;
	core_start_judging(&s->core);
	cycle(s, 95);
	assert_ptr_equal(host.arg, s);
	assert_int_equal(host.looks, 1);
	assert_int_equal(host.explains, 1);
	assert_int_equal(host.found, 1);
	assert_int_equal(host.notices, 1);
	assert_int_equal(host.queued, 0); /* not queued yet when it is explained */
	assert_false(host.explained_before_look);
	assert_memory_equal(&host.now, &s->now, sizeof(s->now));
	cycle(s, 95);
	assert_int_equal(host.found, 1);
	assert_int_equal(host.notices, 0);
	between(s, 100);
	assert_int_equal(host.looks, 3);
	assert_int_equal(host.explains, 3);
	assert_int_equal(host.found, 0);
	end(s);
}

static void
a_core_without_a_host_judges_all_the_same(void **state)
{
	struct scene *s = begin();

	(void)state;
	core_done(&s->core);
	core_init(&s->core, s->conf, 1, NULL);
	core_start_judging(&s->core);
	pass(s, STEP_MS);
	core_begin(&s->core, &s->now);
	sample_mount(s, 95);
	core_judge(&s->core, &s->core.batch, NULL, &s->now);
	assert_int_equal(outbox_queued(s->core.outbox), 1);
	end(s);
}

/* Alert, detector, silence, notice and the count of boots, as another process finds them. */
static void
what_is_kept_is_loaded(void **state)
{
	struct alert_silence silence = {.match = "mem.*"};
	struct scene *s = begin();

	(void)state;
	core_start_judging(&s->core);
	boot_count_look(&s->core.boot_count, "11111111-aaaa\n");
	boot_count_look(&s->core.boot_count, "22222222-bbbb\n");
	silence.until_wall_ms = s->now.wall_ms + 3600000;
	alert_silence_add(s->core.alerts, &silence, &s->now);
	assert_string_equal(cycle(s, 95), "fire critical disk.usage_percent");
	see_log_line(s, SEV_WARN);
	core_judge(&s->core, NULL, &s->outside, &s->now); /* queued, and not told */
	core_help_save(&s->core, &s->disk, ++s->txn);
	assert_int_equal(fake_disk_count(&s->disk, KEPT_ALERT), 2);
	assert_int_equal(fake_disk_count(&s->disk, KEPT_NOTICE), 1);
	assert_int_equal(fake_disk_count(&s->disk, KEPT_SILENCE), 1);
	assert_int_equal(fake_disk_count(&s->disk, KEPT_META), 1);
	core_done(&s->core);
	start_core(s);
	assert_int_equal(s->core.boot_count.reboots, -1);
	core_help_load(&s->core, &s->disk, &s->now);
	core_help_load(&s->core, &s->disk, &s->now); /* twice */
	core_start_judging(&s->core);
	assert_int_equal(s->core.boot_count.reboots, 1);
	boot_count_look(&s->core.boot_count, "22222222-bbbb\n");
	assert_int_equal(s->core.boot_count.reboots, 1);
	boot_count_look(&s->core.boot_count, "33333333-cccc\n");
	assert_int_equal(s->core.boot_count.reboots, 2);
	assert_string_equal(alert_silence_at(s->core.alerts, 0)->match, "mem.*");
	assert_null(alert_silence_at(s->core.alerts, 1));
	assert_string_equal(told(s), "fire warn oom_kill");
	assert_string_equal(cycle(s, 87), ""); /* in its band: the detector knows that it fires */
	assert_string_equal(cycle(s, 50), "resolve critical disk.usage_percent");
	end(s);
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
	    {KEPT_SILENCE, "1", "{}", JSON_READ_DAMAGED},
	    {KEPT_NOTICE, "5", NOTICE("webhook", "fire"), JSON_READ_OK},
	    {KEPT_NOTICE, "5", NOTICE("carrier pigeon", "fire"), JSON_READ_UNKNOWN},
	    {KEPT_NOTICE, "5", NOTICE("webhook", "sigh"), JSON_READ_UNKNOWN},
	    {KEPT_NOTICE, "5", "{\"id\":5}", JSON_READ_DAMAGED},
	    {KEPT_NOTICE, "5", "", JSON_READ_DAMAGED},
	};
#undef NOTICE
#undef FACTS
	struct scene *s = begin();

	(void)state;
	for (size_t i = 0; i < JSON_LEN(cases); i++) {
		if (load_row(s, cases[i].kind, cases[i].key, cases[i].json) != cases[i].read)
			fail_msg("%s: %s", cases[i].key, cases[i].json);
	}
	assert_int_equal(outbox_queued(s->core.outbox), 1);
	end(s);
}

/* The keeper lost its rows: all come again, and only what is. */
static void
all_is_kept_again_when_the_disk_lost_it(void **state)
{
	struct alert_silence silence = {.match = "mem.*"};
	struct scene *s = begin();

	(void)state;
	core_start_judging(&s->core);
	boot_count_look(&s->core.boot_count, "11111111-aaaa\n");
	silence.until_wall_ms = s->now.wall_ms + 3600000;
	alert_silence_add(s->core.alerts, &silence, &s->now);
	cycle(s, 95);
	s->disk.writes = 0;
	told(s);
	assert_int_equal(s->disk.writes, 0);
	fake_disk_done(&s->disk);
	kept_mark_all(&s->core);
	told(s);
	assert_int_equal(fake_disk_count(&s->disk, KEPT_ALERT), 1);
	assert_int_equal(fake_disk_count(&s->disk, KEPT_SILENCE), 1);
	assert_int_equal(fake_disk_count(&s->disk, KEPT_META), 1);
	assert_int_equal(fake_disk_count(&s->disk, KEPT_NOTICE), 0);
	end(s);
}

/* After a reload: what fires goes on, by the new limits, and the history stays. */
static void
another_configuration_takes_over_what_was_learnt(void **state)
{
	struct scene *s = begin();
	struct conf *other = make_conf();

	(void)state;
	core_start_judging(&s->core);
	assert_string_equal(cycle(s, 91), "fire critical disk.usage_percent");
	core_configure(&s->core, other);
	conf_free(s->conf);
	s->conf = other;
	assert_string_equal(cycle(s, 87), ""); /* in its band */
	assert_int_equal(alert_count(s->core.alerts, ALERT_FIRING), 1);
	assert_int_equal(samples_kept(s), 4);
	assert_string_equal(cycle(s, 50), "resolve critical disk.usage_percent");
	end(s);
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
	struct scene *s = begin();
	enum severity found = SEV_NONE;

	(void)state;
	s->conf->alert.escalate_warn_after = 2;
	core_configure(&s->core, s->conf);
	core_start_judging(&s->core);
	assert_string_equal(cycle(s, 82), "fire warn disk.usage_percent");
	assert_string_equal(cycle(s, 82), "fire critical disk.usage_percent");
	core_configure(&s->core, s->conf);
	assert_string_equal(cycle(s, 87), ""); /* in the band of critical */
	alert_each(s->core.alerts, note_found, &found);
	assert_int_equal(found, SEV_WARN);
	core_done(&s->core);
	start_core(s);
	core_help_load(&s->core, &s->disk, &s->now);
	core_start_judging(&s->core);
	assert_string_equal(cycle(s, 87), "");
	alert_each(s->core.alerts, note_found, &found);
	assert_int_equal(found, SEV_WARN);
	end(s);
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
	    cmocka_unit_test(what_is_kept_is_loaded),
	    cmocka_unit_test(rows_of_no_use_say_why),
	    cmocka_unit_test(all_is_kept_again_when_the_disk_lost_it),
	    cmocka_unit_test(another_configuration_takes_over_what_was_learnt),
	    cmocka_unit_test(an_escalated_alert_is_restored_as_it_was_found),
	};

	log_set_level((enum log_level)(LOGL_ERROR + 1));
	return cmocka_run_group_tests_name("core", tests, NULL, NULL);
}
