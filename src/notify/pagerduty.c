/*
 * Not written yet: the headline alone.
 */
#include "notify/notify.h"

#include "notify/words.h"

static bool
render(const struct notice *n, const struct notify_context *ctx, struct buf *body)
{
	const struct words w = {n, ctx, buf_add_visible};

	words_headline(&w, body);
	return !body->full;
}

const struct notify_channel notify_PAGERDUTY = {"application/json", NOTIFY_HTTP, render};
