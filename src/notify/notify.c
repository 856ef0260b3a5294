/*
 * Finds the row of a channel and renders by it. Each row is the last thing in the channel's own
 * file; a channel of conf/channel.h without one does not link. A body that does not fit is none.
 */
#include "notify/notify.h"

static const struct notify_channel *const rows[CHANNEL_COUNT] = {
#define X(id, name, title) [CHANNEL_##id] = &notify_##id,
    CHANNELS(X)
#undef X
};

const struct notify_channel *
notify_channel(int channel)
{
	return channel >= 0 && channel < CHANNEL_COUNT ? rows[channel] : NULL;
}

bool
notify_render(const struct notice *n, const struct notify_context *ctx, struct buf *body)
{
	const struct notify_channel *row = notify_channel(n->channel);

	return row != NULL && row->render(n, ctx, body) && !body->full &&
	       body->len <= NOTIFY_BODY_MAX;
}
