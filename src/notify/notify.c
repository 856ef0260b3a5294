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

/* One alert alone is itself: "1 alert was held back" tells nobody anything. */
static struct notice
as_told(const struct notice *n)
{
	struct notice told = *n;

	if (n->kind == NOTICE_DIGEST && n->fact_count == 1 && notice_total(n) == 1)
		told.kind = facts_is_resolved(n->facts) ? NOTICE_RESOLVE : NOTICE_FIRE;
	return told;
}

bool
notify_render(const struct notice *n, const struct notify_context *ctx, struct buf *body)
{
	const struct notify_channel *row = notify_channel(n->channel);
	const struct notice told = as_told(n);

	return row != NULL && row->render(&told, ctx, body) && !body->full &&
	       body->len <= NOTIFY_BODY_MAX;
}
