/*
 * The queue of one channel in the outbox: order, back-off, rate and the one job in flight.
 */
#ifndef OUTBOX_CHANNEL_QUEUE_H
#define OUTBOX_CHANNEL_QUEUE_H

#include "base/clock.h"
#include "conf/conf.h"
#include "model/notice.h"
#include "outbox/outbox_channel.h"
#include "outbox/quota.h"

/* A notice not known to be on disk by then leaves from memory. */
#define CHANNEL_QUEUE_KEEP_WAIT_MS 2000

#define CHANNEL_QUEUE_REFUSED_MAX 64 /* between two cycles */

struct queue_item {
	struct queue_item *prev, *next;
	struct notice *notice;
	int64_t born_ns; /* boot time it was made, or would have been on this boot */
	int64_t put_ns;
	uint64_t txn;     /* transaction that keeps it; 0: not known yet */
	uint32_t attempt; /* of the last job made of it */
	bool confirmed;   /* on disk, or will not be */
	bool changed, kept;
	bool loaded;           /* of an earlier life, which may have sent it */
	bool delivered;        /* by an earlier attempt than the one in flight */
	enum notice_form form; /* to be tried next */
	bool bare_refused;     /* the last form was refused as well */
	/* Of a rest (outbox/rest.h): when it may be tried, boot time, and how often it was. */
	int64_t rest_at_ns;
	uint32_t rest_tries;
};

/* Some recipients have it, it waits for the others. */
static inline bool
channel_queue_is_rest(const struct queue_item *item)
{
	return item->notice->owed_count > 0;
}

struct channel_queue {
	const char *name;          /* of the channel */
	struct queue_item *items;  /* oldest first; utlist */
	struct queue_item *flight; /* one of items */
	int64_t lease_ns;          /* when the flight counts as lost */
	int64_t not_before_ns;     /* back-off, Retry-After or the next probe */
	int64_t asked_ns;          /* of it, what the service asked for, which is always obeyed */
	int64_t out_since_ns; /* boot time since which each attempt failed; 0: the last did not */
	bool hastened;        /* while in flight: should that fail, it goes again at once */
	uint32_t limited_in_row; /* answers 429 since the last delivery */
	uint32_t failed_in_row;  /* attempts, for the back-off */
	int64_t timeout_ms;
	bool enabled;
	struct channel_traits traits;
	/* Alerts that were set aside, by facts_case_key(), until somebody asks; past the bound only
	 * the log has them. */
	uint64_t refused[CHANNEL_QUEUE_REFUSED_MAX];
	size_t refused_count;
	struct quota quota;
	struct quota *all; /* of all channels together */
	struct outbox_channel stats;
};

/* Notices may be summed up: one message may name several alerts. */
static inline bool
channel_queue_sums(const struct channel_queue *queue)
{
	return queue->traits.alerts_max != 1;
}

/* To be configured before anything else. */
void channel_queue_init(struct channel_queue *queue, const char *name, struct quota *all);
void channel_queue_configure(
    struct channel_queue *queue, const struct conf_alert *conf, const struct conf_channel *channel);
void channel_queue_done(struct channel_queue *queue);

/* In the order of ids. False: there is one of that id. */
bool channel_queue_insert(struct channel_queue *queue, struct queue_item *item);
void channel_queue_remove(struct channel_queue *queue, struct queue_item *item); /* not freed */
struct queue_item *channel_queue_find(const struct channel_queue *queue, uint64_t id);

/* What the item says has changed: it must be kept anew before it leaves. */
void channel_queue_touch(struct queue_item *item, const struct now *now);

/* Where the news of an alert is; what is only said again does not count. */
enum outbox_place channel_queue_place(
    const struct channel_queue *queue, const struct alert_facts *facts);

/*
 * The oldest that may be summed up: not a digest, not a rest and not on its way; where each alert
 * has a case, only what never had one. NULL: none.
 */
struct queue_item *channel_queue_oldest_to_sum(const struct channel_queue *queue);

/* When the item may leave, the limits apart. */
int64_t channel_queue_ready_at(const struct channel_queue *queue, const struct queue_item *item);

/*
 * The item that may leave first, and when, from boot_ns on; NULL: nothing, or one is in flight.
 * Rests apart, see outbox/rest.h.
 */
struct queue_item *channel_queue_candidate(
    const struct channel_queue *queue, int64_t boot_ns, int64_t *at_ns);

/* When the limits let the next one leave; may be long past. */
int64_t channel_queue_free_at(const struct channel_queue *queue);

/* Since when the oldest waits, see outbox_oldest_ns(). */
int64_t channel_queue_oldest_ns(const struct channel_queue *queue);

/* The candidate leaves. */
void channel_queue_depart(struct channel_queue *queue, struct queue_item *item, int64_t boot_ns);

/* The flight is over and was not a delivery: its tokens come back. */
void channel_queue_return(struct channel_queue *queue);

/* Nothing leaves for so long; after an attempt that was hastened, hardly at all. */
void channel_queue_wait(struct channel_queue *queue, int64_t wait_ms, int64_t boot_ns);

/* One more failed attempt: waits with full jitter, at least at_least_ms. */
void channel_queue_back_off(
    struct channel_queue *queue, uint64_t *rng, int64_t at_least_ms, int64_t boot_ns);

#endif
