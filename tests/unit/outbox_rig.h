/*
 * An outbox on a fake clock, with a disk that survives it, for tests: put a notice, let a job
 * leave, answer it, let time pass, restart.
 */
#ifndef TESTS_OUTBOX_RIG_H
#define TESTS_OUTBOX_RIG_H

#include "outbox/outbox.h"
#include "tests/unit/fake_disk.h"
#include "tests/unit/log_help.h"
#include "tests/unit/outbox_count.h"

#define HOUR_MS (3600 * 1000)

struct rig {
	struct conf_alert conf;
	struct conf_channel channels[CHANNEL_COUNT];
	struct outbox *ob;
	struct now now;
	struct fake_disk disk;
	struct outbox_job job; /* the last that left */
	uint64_t txn;
};

static inline void
rig_init(struct rig *r, int64_t per_minute, int64_t per_hour)
{
	set_log_level(LOGL_ERROR + 1); /* refusals are said loudly */
	*r = (struct rig){
	    .conf = {.rate_limit_per_minute = per_minute, .rate_limit_per_hour = per_hour}};
	for (int id = 0; id < CHANNEL_COUNT; id++)
		r->channels[id] = (struct conf_channel){.enabled = true, .timeout_secs = 10};
	r->now = (struct now){.boot_ns = 5 * NS_PER_SEC, .wall_ms = 1790000000000};
	r->ob = outbox_new(&r->conf, r->channels, NULL, 42);
}

static inline void
rig_done(struct rig *r)
{
	outbox_free(r->ob);
	fake_disk_done(&r->disk);
}

static inline void
pass(struct rig *r, int64_t ms)
{
	r->now.boot_ns += ms * NS_PER_MS;
	r->now.wall_ms += ms;
}

static inline void
save(struct rig *r)
{
	outbox_take_changes(r->ob, fake_disk_put_notice, &r->disk);
	outbox_written(r->ob, ++r->txn);
}

static inline void
save_and_confirm(struct rig *r)
{
	save(r);
	outbox_confirmed(r->ob, r->txn);
}

/* Notices on disk. */
static inline size_t
kept(const struct rig *r)
{
	return fake_disk_count(&r->disk, KEPT_NOTICE);
}

/* An outbox that knows nothing yet. */
static inline void
forget(struct rig *r)
{
	outbox_free(r->ob);
	r->ob = outbox_new(&r->conf, r->channels, NULL, 43);
}

static inline void
load_all(struct rig *r)
{
	for (size_t i = 0; i < r->disk.used; i++) {
		const char *json = r->disk.rows[i].json;

		if (json != NULL)
			assert_int_equal(
			    JSON_READ_OK, outbox_load(r->ob, json, strlen(json), &r->now));
	}
}

/* Another process on another boot. */
static inline void
restart(struct rig *r)
{
	forget(r);
	r->now.boot_ns += 12345 * NS_PER_SEC;
	load_all(r);
}

/* A warning that begins then; over: and ends as well. */
static inline struct alert_facts
facts_on(uint64_t fingerprint, bool over, int64_t wall_ms)
{
	return (struct alert_facts){.fingerprint = fingerprint,
	    .subject.name = "disk.usage_percent",
	    .severity = SEV_WARN,
	    .since.wall_ms = wall_ms,
	    .resolved.wall_ms = over ? wall_ms : 0};
}

/* Made now, and not on disk yet. */
static inline void
put_notice_unkept(struct rig *r, struct notice *n)
{
	struct notices list = {.items = NULL};

	n->created = r->now;
	notices_add(&list, n);
	outbox_put(r->ob, &list, &r->now);
	assert_int_equal(list.len, 0);
	notices_done(&list);
}

static inline void
put_unkept(struct rig *r, int channel, uint64_t fingerprint, enum notice_kind kind,
    enum severity severity, int64_t seq)
{
	struct notice *n = notice_new(kind, channel, 1);

	n->severity = severity;
	n->facts[0] = facts_on(fingerprint, kind == NOTICE_RESOLVE, r->now.wall_ms);
	n->facts[0].severity = severity;
	n->facts[0].value = (double)seq;
	put_notice_unkept(r, n);
}

/* Alerts 1, 2 and 3 as one notice; one is critical, the others warn. Not on disk yet. */
static inline void
put_group_unkept(struct rig *r, uint64_t critical)
{
	const size_t n = 3;
	struct notice *notice = notice_new(NOTICE_FIRE, CHANNEL_WEBHOOK, n);

	for (size_t i = 0; i < n; i++)
		notice->facts[i] = (struct alert_facts){
		    .fingerprint = i + 1, .severity = i + 1 == critical ? SEV_CRITICAL : SEV_WARN};
	notice->severity = SEV_CRITICAL;
	notice->total = n;
	put_notice_unkept(r, notice);
}

/* A notice about no alert, on disk. */
static inline void
put_test(struct rig *r)
{
	put_notice_unkept(r, notice_new(NOTICE_TEST, CHANNEL_WEBHOOK, 0));
	save_and_confirm(r);
}

static inline void
put(struct rig *r, int channel, uint64_t fingerprint, enum notice_kind kind)
{
	put_unkept(r, channel, fingerprint, kind, SEV_WARN, 0);
	save_and_confirm(r);
}

/* A renewal leaves at once whatever the limits and the disk say, and is never owed. */
static inline void
put_transient(struct rig *r, uint64_t fingerprint)
{
	struct notice *n = notice_new(NOTICE_FIRE, CHANNEL_ALERTMANAGER, 1);

	n->transient = true;
	n->severity = SEV_WARN;
	n->facts[0] = (struct alert_facts){.fingerprint = fingerprint, .severity = SEV_WARN};
	put_notice_unkept(r, n);
}

static inline bool
next(struct rig *r)
{
	return outbox_next(r->ob, &r->now, &r->job);
}

static inline void
answer(struct rig *r, enum delivery_outcome outcome, uint32_t status, uint32_t retry_after_ms)
{
	outbox_receipt(r->ob, r->job.channel,
	    &(struct delivery_receipt){
	        r->job.id, r->job.attempt, outcome, status, retry_after_ms, 0, "text", NULL, 0},
	    &r->now);
}

/* How long until there is something to do, in ms; -1: nothing ever. */
static inline int64_t
wait_ms(const struct rig *r)
{
	int64_t at = outbox_deadline(r->ob, &r->now);

	return at == INT64_MAX ? -1 : (at - r->now.boot_ns) / NS_PER_MS;
}

static inline const struct outbox_channel *
webhook(const struct rig *r)
{
	return outbox_channel(r->ob, CHANNEL_WEBHOOK);
}

/* What the job says of that alert; NULL: nothing. */
static inline const struct alert_facts *
told_of(const struct rig *r, uint64_t fingerprint)
{
	return notice_find(r->job.notice, &(struct alert_facts){.fingerprint = fingerprint});
}

#endif
