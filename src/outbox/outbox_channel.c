/*
 * Compares the clock of a channel's service with ours. What a service says of the time is not
 * trusted further than model/delivery.h bounds it.
 */
#include "outbox/outbox_channel.h"

#include "model/delivery.h"

static int64_t
boot_wall_ms(const struct now *now)
{
	return now->wall_ms - now->boot_ns / NS_PER_MS;
}

static bool
is_tolerated(int64_t ahead_ms, int64_t tolerated_ms)
{
	return ahead_ms >= -tolerated_ms && ahead_ms <= tolerated_ms;
}

/* What was known is over at half of what is tolerated: a difference at the limit would come and go
 * with the way that each answer takes. */
void
outbox_channel_note_ahead(struct outbox_channel *channel, int64_t ahead_ms, const struct now *now)
{
	int64_t tolerated_ms = DELIVERY_AHEAD_TOLERATED_MS / (channel->ahead_ms == 0 ? 1 : 2);

	channel->ahead_ms = is_tolerated(ahead_ms, tolerated_ms) ? 0 : ahead_ms;
	channel->boot_wall_ms = boot_wall_ms(now);
}

int64_t
outbox_channel_ahead_ms(const struct outbox_channel *channel, const struct now *now)
{
	int64_t ahead_ms = channel->ahead_ms + boot_wall_ms(now) - channel->boot_wall_ms;

	if (channel->ahead_ms == 0 || is_tolerated(ahead_ms, DELIVERY_AHEAD_TOLERATED_MS / 2))
		return 0;
	return ahead_ms;
}
