/*
 * Stub.
 */
#include "notify/notify.h"

static bool
render(const struct notice *n, const struct notify_context *ctx, struct buf *body)
{
	(void)n;
	(void)ctx;
	buf_adds(body, "-");
	return !body->full;
}

const struct notify_channel notify_SYSLOG = {"text/plain", NOTIFY_SYSLOG, render};
