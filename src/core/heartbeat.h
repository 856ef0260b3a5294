/*
 * The dead man's switch: while everything works, somebody far away hears of it; when they do not,
 * they raise the alarm. Policy only: whoever owns it asks on each of its ticks whether a ping is
 * due, sends it, and brings back the receipt. It has no timer of its own.
 */
#ifndef CORE_HEARTBEAT_H
#define CORE_HEARTBEAT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "outbox/outbox.h"

#define HEARTBEAT_TIMEOUT_MS 10000
#define HEARTBEAT_STUCK_SECS 900 /* a notice that its channel fails to deliver for so long */

/* What must hold for a ping to leave. Times are boot times. */
struct heartbeat_health {
	int64_t collected_ns; /* when the host was last seen to say something; 0: never */
	int64_t interval_ns;  /* how often that is to be */
	bool judging;         /* findings become alerts */
	bool kept;            /* the state is on disk */
	const char *stuck;    /* a channel that fails to deliver; NULL: none */
};

struct heartbeat {
	bool enabled;
	int64_t interval_ns;
	int64_t sent_ns;   /* when the last ping left; 0: none did */
	int64_t before_ns; /* the same of the one before */
	uint64_t id;       /* of the last ping */
	bool in_flight;
	uint64_t answered, failed;
	struct now last_ok;                /* wall_ms 0: none yet */
	const char *fault;                 /* why no ping leaves; NULL: all is well */
	char last_error[OUTBOX_ERROR_MAX]; /* "" after a ping that arrived */
};

void heartbeat_init(struct heartbeat *h, bool enabled, int64_t interval_secs);

/* Other settings, after a reload; what was counted stays. */
void heartbeat_configure(struct heartbeat *h, bool enabled, int64_t interval_secs);

/* tick_ns: time between calls. True: a ping with h->id is to leave now. Says once what ails. */
bool heartbeat_due(struct heartbeat *h, const struct heartbeat_health *health,
    const struct now *now, int64_t tick_ns);

/* The ping found no room: the next call tries again. */
void heartbeat_unsent(struct heartbeat *h);

/* Of a ping; what is not about the last one is passed over. */
void heartbeat_receipt(
    struct heartbeat *h, const struct delivery_receipt *receipt, const struct now *now);

/* A channel of the outbox that fails to deliver what has waited for HEARTBEAT_STUCK_SECS. */
const char *heartbeat_find_stuck(const struct outbox *ob, const struct now *now);

#endif
