/*
 * Notices on their way out: which may leave when, and what becomes of those that do not arrive.
 * Policy only: whoever owns it carries jobs to the courier, receipts back, and changes to the
 * keeper. Time is the caller's.
 *
 * A channel is a queue in order, with one job in flight. A notice is delivered at least once: it
 * stays until its receipt says so. Past a day, or past QUEUE_MAX (queue.h), the oldest that may
 * be are summed up in a digest, which does not expire and of which there may be more.
 */
#ifndef OUTBOX_OUTBOX_H
#define OUTBOX_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "conf/conf.h"
#include "model/delivery.h"
#include "model/json_field.h"
#include "model/kept_kind.h"
#include "model/notice.h"
#include "outbox/outbox_channel.h"

struct outbox_job {
	uint64_t id;
	uint32_t attempt;            /* from 1; a receipt names both */
	int channel;                 /* of the notice */
	const struct notice *notice; /* lives until the next call of any outbox function */
	enum notice_form form;
	uint32_t timeout_ms;
};

struct outbox;

/*
 * channels: CHANNEL_COUNT of them; traits: as many; NULL: as they were, zero at first.
 * Copies what it needs; seed is for jitter.
 */
struct outbox *outbox_new(const struct conf_alert *conf, const struct conf_channel *channels,
    const struct channel_traits *traits, uint64_t seed);
void outbox_free(struct outbox *ob);

/* Other settings, after a reload: what waits stays, but for channels that are not enabled now. */
void outbox_configure(struct outbox *ob, const struct conf_alert *conf,
    const struct conf_channel *channels, const struct channel_traits *traits);

/*
 * Queues the notices and gives them their ids; the list is left empty. A transient one is not kept,
 * takes no token, and is dropped after its first attempt, whatever came of it.
 */
void outbox_put(struct outbox *ob, struct notices *notices, const struct now *now);

/*
 * What must outlive a restart, as far as it changed since the last call. outbox_written: the
 * transaction these went into; outbox_confirmed: all up to that one are on disk, so their notices
 * may leave; outbox_unkept: the disk takes nothing, so all may leave. Without either a notice
 * leaves after 2 s.
 */
void outbox_take_changes(struct outbox *ob, kept_change_fn *fn, void *arg);
void outbox_written(struct outbox *ob, uint64_t txn);
void outbox_confirmed(struct outbox *ob, uint64_t txn);
void outbox_unkept(struct outbox *ob);
void outbox_mark_all(struct outbox *ob); /* everything counts as changed */
/* A job left without being known to be on disk, and no confirmation has come since. */
bool outbox_degraded(const struct outbox *ob);

/* A notice of an earlier life. It may come late or twice. */
enum json_read outbox_load(struct outbox *ob, const char *json, size_t len, const struct now *now);

/* A job that may leave now; it counts as in flight from here on. False: none. */
bool outbox_next(struct outbox *ob, const struct now *now, struct outbox_job *job);
/*
 * Of a job of that channel. Of what is not in flight only a delivery counts: of an earlier attempt,
 * or of a notice of an earlier life, even if that is loaded only after it.
 */
void outbox_receipt(
    struct outbox *ob, int channel, const struct delivery_receipt *receipt, const struct now *now);
/* The courier is new: what was in flight is lost and leaves again. */
void outbox_new_courier(struct outbox *ob);
/* The job could not be handed over at all (it does not fit a message): as if refused. */
void outbox_unsendable(struct outbox *ob, uint64_t id, const struct now *now);
/* Channels that wait after a failure are tried at once: after a reload. One whose service has said
 * when to come again waits on. */
void outbox_try_all(struct outbox *ob);
/* A service that is no channel's was reached, see outage_note_reached(). */
void outbox_note_reached(struct outbox *ob, bool was_out, const struct now *now);
/* Boot time at which outbox_next() may have something; INT64_MAX: not before the next call. */
int64_t outbox_deadline(const struct outbox *ob, const struct now *now);

/* Is given the alert's facts_case_key(): its rule may have been renamed since. */
typedef void outbox_alert_fn(void *arg, uint64_t case_key, int channel, const struct now *now);

/*
 * Alerts whose firing went into a digest of what is too old, since the last call. Told anew, one
 * that still fires brings the digest up to date; where that is full, or on its way, it leaves by
 * itself: see alert_again().
 */
void outbox_take_expired(struct outbox *ob, outbox_alert_fn *fn, void *arg, const struct now *now);

/* Alerts that were told without their words, or not at all, since the last call: their service
 * refused them. */
void outbox_take_refused(struct outbox *ob, outbox_alert_fn *fn, void *arg, const struct now *now);

/* Where the news of an alert is, on that channel. */
enum outbox_place outbox_place(
    const struct outbox *ob, int channel, const struct alert_facts *facts);

const struct outbox_channel *outbox_channel(const struct outbox *ob, int channel);
/* Boot time since which the oldest notice of the channel waits, a rest only if there is nothing
 * else; INT64_MAX: none does. */
int64_t outbox_oldest_ns(const struct outbox *ob, int channel);
bool outbox_in_flight(const struct outbox *ob); /* a job's receipt is awaited */

#endif
