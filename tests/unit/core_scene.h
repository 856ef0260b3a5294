/*
 * A core with one mount and a webhook on a fake clock: cycles and calls between them, and what
 * leaves its outbox as a short text.
 */
#ifndef TESTS_CORE_SCENE_H
#define TESTS_CORE_SCENE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "tests/unit/core_help.h"
#include "tests/unit/outbox_count.h"

#define SCENE_STEP_MS 10000

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

static inline void
look(void *arg, const struct findings *findings, const struct now *now)
{
	host.arg = arg;
	host.looks++;
	host.found = findings->len;
	host.now = *now;
}

static inline void
explain(void *arg, struct notices *notices, const struct now *now)
{
	assert_ptr_equal(arg, host.arg);
	assert_memory_equal(now, &host.now, sizeof(*now));
	host.explained_before_look = host.explains >= host.looks;
	host.explains++;
	host.notices = notices->len;
	host.queued = outbox_count(host.outbox);
	for (size_t i = 0; i < notices->len; i++)
		str_copy(notices->items[i]->facts->cause, NOTICE_CAUSE_MAX, "somebody");
}

static inline void
scene_start(struct scene *s)
{
	const struct core_host hooks = {s, look, explain};

	core_init(&s->core, s->conf, 1, &hooks);
	host.outbox = s->core.outbox;
	s->mount = (struct series_ref){0};
}

/* As it is, but for a webhook and no waiting for groups. */
static inline struct conf *
with_webhook(struct conf *conf)
{
	assert_non_null(conf);
	conf->channels[CHANNEL_CONSOLE].enabled = false;
	conf->channels[CHANNEL_WEBHOOK].enabled = true;
	conf->channels[CHANNEL_WEBHOOK].severities = SEV_DEFAULT_MASK;
	conf->alert.group_window_secs = 0;
	return conf;
}

/* All defaults, and so. */
static inline struct conf *
make_conf(void)
{
	struct conf_report report;

	return with_webhook(conf_load(NULL, NULL, NULL, &report));
}

static inline struct scene *
scene_begin(void)
{
	struct scene *s = mem_zalloc(1, sizeof(*s));

	memset(&host, 0, sizeof(host));
	s->now = (struct now){.boot_ns = 1000 * NS_PER_SEC, .wall_ms = 1790000000000};
	s->conf = make_conf();
	findings_init(&s->outside, 8);
	scene_start(s);
	return s;
}

static inline void
scene_end(struct scene *s)
{
	core_done(&s->core);
	findings_done(&s->outside);
	conf_free(s->conf);
	fake_disk_done(&s->disk);
	mem_free(s);
}

static inline void
scene_pass(struct scene *s, int64_t ms)
{
	s->now.boot_ns += ms * NS_PER_MS;
	s->now.wall_ms += ms;
}

static inline void
scene_deliver(struct scene *s, const struct outbox_job *job)
{
	struct delivery_receipt receipt = {
	    .id = job->id, .attempt = job->attempt, .outcome = DELIVERY_DELIVERED, .text = ""};

	outbox_receipt(s->core.outbox, job->channel, &receipt, &s->now);
}

/* What leaves now: "fire critical disk.usage_percent; ...". All of it arrives. */
static inline const char *
scene_told(struct scene *s)
{
	static const char *const kinds[] = {"fire", "resolve", "test", "digest"};
	struct outbox_job job;
	struct buf b;

	buf_init(&b, s->text, sizeof(s->text));
	core_help_save(&s->core, &s->disk, ++s->txn);
	while (outbox_next(s->core.outbox, &s->now, &job)) {
		buf_addf(&b, "%s%s %s %s%s", b.len > 0 ? "; " : "", kinds[job.notice->kind],
		    severity_name(job.notice->severity), job.notice->facts->subject.name,
		    job.notice->facts->unwatched ? " unwatched"
		    : job.notice->facts->gone    ? " gone"
		                                 : "");
		assert_string_equal(job.notice->facts->cause, "somebody");
		scene_deliver(s, &job);
	}
	core_help_save(&s->core, &s->disk, ++s->txn);
	return s->text;
}

static inline void
scene_sample(struct scene *s, double usage)
{
	const char *const values[] = {"/var", "sda1", "ext4"};

	s->core.batch.interval_ms = SCENE_STEP_MS;
	batch_add(&s->core.batch, METRIC_CPU_LOAD_1M, 1, NAN);
	if (!isnan(usage))
		batch_add_labelled(
		    &s->core.batch, &s->mount, METRIC_DISK_USAGE, values, usage, NAN);
}

/* A cycle, of which nothing leaves yet; NAN: the mount says nothing. */
static inline void
scene_judge(struct scene *s, double usage)
{
	scene_pass(s, SCENE_STEP_MS);
	core_begin(&s->core, &s->now);
	scene_sample(s, usage);
	core_judge(&s->core, &s->core.batch, NULL, &s->now);
}

static inline const char *
scene_cycle(struct scene *s, double usage)
{
	scene_judge(s, usage);
	return scene_told(s);
}

static inline const char *
scene_between(struct scene *s, int64_t ms)
{
	scene_pass(s, ms);
	core_judge(&s->core, NULL, &s->outside, &s->now);
	findings_reset(&s->outside);
	return scene_told(s);
}

static inline void
scene_see_log_line(struct scene *s, enum severity severity)
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
	f->interval_ms = SCENE_STEP_MS;
	f->event = true;
	f->quiet_ms = 60000;
}

static inline uint64_t
scene_samples_kept(const struct scene *s)
{
	struct store_stats stats;

	store_stats(s->core.store, &stats);
	return stats.samples;
}

static inline struct conf *
make_conf_of(int first, int second)
{
	struct conf *conf = make_conf();

	conf->channels[CHANNEL_WEBHOOK].enabled = false;
	for (int id = 0; id < CHANNEL_COUNT; id++) {
		if (id != first && id != second)
			continue;
		conf->channels[id].enabled = true;
		conf->channels[id].severities = SEV_DEFAULT_MASK;
	}
	return conf;
}

/* A reload: nothing refers to the old configuration any more. */
static inline void
scene_configure(struct scene *s, struct conf *conf)
{
	core_configure(&s->core, conf);
	conf_free(s->conf);
	s->conf = conf;
}

/* Jobs that leave now, by channel; all of them arrive. */
static inline size_t
scene_jobs_of(struct scene *s, int channel)
{
	struct outbox_job job;
	size_t n = 0;

	core_help_save(&s->core, &s->disk, ++s->txn);
	while (outbox_next(s->core.outbox, &s->now, &job)) {
		n += job.channel == channel;
		scene_deliver(s, &job);
	}
	return n;
}

#endif
