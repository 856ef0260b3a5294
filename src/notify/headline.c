/*
 * Makes the headline of a notice. Trusts the numbers and enumerations of a notice as far as they
 * index tables (checked), and none of its texts. A notice that speaks of no alert has a headline
 * that says who speaks and nothing more.
 */
#include "notify/headline.h"

#include "base/str.h"
#include "notify/fact_text.h"
#include "notify/summary.h"
#include "notify/template.h"

#define HOST_UNITS 80
#define DELAYED_MS 60000

static const char *const tags[SEV_COUNT] = {
    "[NOTICE]", "[INFO]", "[WARN]", "[CRITICAL]", "[EMERGENCY]"};

bool
headline_is_delayed(const struct message *msg)
{
	const struct notice *n = msg->notice;

	/* Of a digest over the limit its age is said anyway. */
	return clock_span_ms(&n->created, &msg->ctx->now) > DELAYED_MS &&
	       !(n->kind == NOTICE_DIGEST && n->reason == DIGEST_LIMIT);
}

static void
add_clock(const struct message *msg, struct buf *b)
{
	char ahead[STR_AHEAD_MAX];

	if (msg->ctx->ahead_ms != 0)
		buf_addf(b, "clock: this host's is %s this service's",
		    str_ahead(msg->ctx->ahead_ms, ahead));
}

static void
add_delay(const struct message *msg, struct buf *b)
{
	if (!headline_is_delayed(msg))
		return;
	buf_adds(b, "delayed: this is of ");
	fact_text_add_time(b, &msg->notice->created, &msg->ctx->now);
	buf_adds(b, ", ");
	fact_text_add_since(b, &msg->notice->created, &msg->ctx->now);
	buf_adds(b, " ago");
}

void
headline_add_remarks(const struct message *msg, struct buf *b)
{
	size_t from = b->len;

	add_delay(msg, b);
	if (b->len > from && msg->ctx->ahead_ms != 0)
		buf_adds(b, "; ");
	add_clock(msg, b);
}

static const char *
tag(const struct notice *n)
{
	switch (n->kind) {
	case NOTICE_FIRE:
		break;
	case NOTICE_RESOLVE:
		return notice_is_of_unwatched(n) ? "[NOT WATCHED]" : "[RESOLVED]";
	case NOTICE_TEST:
		return "[TEST]";
	case NOTICE_DIGEST:
		return "[DIGEST]";
	}
	return tags[severity_checked(n->severity)];
}

void
headline_add_origin(const struct message *msg, struct buf *b)
{
	buf_addf(b, "%s ", tag(msg->notice));
	escape_add(b, msg->escape, msg->ctx->hostname, HOST_UNITS);
}

static void
add_said(const struct message *msg, struct buf *b)
{
	const struct notice *n = msg->notice;

	if (n->kind == NOTICE_TEST)
		buf_adds(b, "this is a test: alerts of this host arrive here");
	else if (n->kind == NOTICE_DIGEST)
		summary_add_digest(msg, b);
	else if (n->fact_count == 1)
		sentence_add(msg, &n->facts[0], b);
	else if (n->fact_count > 1)
		summary_add_group(msg, b);
}

void
headline_add_text(const struct message *msg, struct buf *b)
{
	if (template_applies(msg))
		template_add_line(msg, b);
	else
		add_said(msg, b);
	if (headline_is_delayed(msg))
		buf_adds(b, " (delayed)");
}

void
headline_add(const struct message *msg, struct buf *b)
{
	if (!template_applies(msg)) {
		headline_add_origin(msg, b);
		buf_adds(b, ": ");
	}
	headline_add_text(msg, b);
}
