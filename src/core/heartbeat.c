/*
 * Health and time in, pings out. A ping that fails is tried again after a quarter of the interval,
 * so that one lost packet raises no alarm; a ping that is never answered is forgotten when the next
 * one is due.
 */
#include "core/heartbeat.h"

#include <stdio.h>

#include "base/log.h"
#include "base/str.h"
#include "conf/channel.h"
#include "model/series.h"

#define A_CHANNEL "a channel does not deliver: "

void
heartbeat_init(struct heartbeat *h, bool enabled, int64_t interval_secs)
{
	*h = (struct heartbeat){.enabled = false};
	heartbeat_configure(h, enabled, interval_secs);
}

void
heartbeat_configure(struct heartbeat *h, bool enabled, int64_t interval_secs)
{
	h->enabled = enabled;
	h->interval_ns = interval_secs * NS_PER_SEC;
}

static const char *
find_fault(const struct heartbeat_health *health, const struct now *now)
{
	if (health->collected_ns == 0 ||
	    now->boot_ns - health->collected_ns > GONE_INTERVALS * health->interval_ns)
		return "nothing is collected";
	if (!health->judging)
		return "the state of an earlier run is being read";
	if (!health->kept)
		return "the state is not kept on disk";
	return health->stuck != NULL ? A_CHANNEL : NULL;
}

static void
log_health_change(struct heartbeat *h, const struct heartbeat_health *health, const struct now *now)
{
	const char *fault = find_fault(health, now), *before = h->fault;

	h->fault = fault;
	if (h->sent_ns == 0)
		return;
	if (fault == NULL && before != NULL)
		log_info("the heartbeat goes on");
	else if (fault != NULL && (before == NULL || !str_eq(before, fault)))
		log_warn("%s: %s%s",
		    before == NULL ? "no heartbeat from here on" : "still no heartbeat", fault,
		    str_eq(fault, A_CHANNEL) ? health->stuck : "");
}

bool
heartbeat_due(struct heartbeat *h, const struct heartbeat_health *health, const struct now *now,
    int64_t tick_ns)
{
	int64_t wait_ns = h->interval_ns;

	if (!h->enabled)
		return false;
	log_health_change(h, health, now);
	if (h->fault != NULL)
		return false;
	if (h->last_error[0] != '\0' && !h->in_flight)
		wait_ns /= 4;
	/* A tick comes a little early or late: half of one is near enough. */
	if (h->sent_ns != 0 && now->boot_ns - h->sent_ns + tick_ns / 2 < wait_ns)
		return false;
	h->id++;
	h->in_flight = true;
	h->before_ns = h->sent_ns;
	h->sent_ns = now->boot_ns;
	return true;
}

void
heartbeat_unsent(struct heartbeat *h)
{
	h->in_flight = false;
	h->sent_ns = h->before_ns;
}

void
heartbeat_receipt(
    struct heartbeat *h, const struct delivery_receipt *receipt, const struct now *now)
{
	bool first;

	if (!h->in_flight || receipt->id != h->id)
		return;
	if (receipt->outcome == DELIVERY_BUSY) {
		heartbeat_unsent(h); /* the next tick tries again */
		return;
	}
	h->in_flight = false;
	if (receipt->outcome == DELIVERY_DELIVERED) {
		h->answered++;
		h->last_ok = *now;
		h->last_error[0] = '\0';
		return;
	}
	first = h->last_error[0] == '\0';
	h->failed++;
	str_copy(h->last_error, sizeof(h->last_error), delivery_reason(receipt->text));
	if (first)
		log_warn("heartbeat: %s", h->last_error);
}

const char *
heartbeat_find_stuck(const struct outbox *ob, const struct now *now)
{
	for (int id = 0; id < CHANNEL_COUNT; id++) {
		const struct outbox_channel *ch = outbox_channel(ob, id);

		if (ch->queued > ch->rests && ch->last_error[0] != '\0' &&
		    now->boot_ns - outbox_oldest_ns(ob, id) > HEARTBEAT_STUCK_SECS * NS_PER_SEC)
			return channel_name((enum channel_id)id);
	}
	return NULL;
}
