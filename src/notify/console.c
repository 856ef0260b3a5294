/*
 * Turns a notice into one line for a terminal or a journal. No text is trusted: every byte that
 * could move a cursor or start a line of its own comes out spelled. A list that is too long for a
 * line ends with how many are left out.
 */
#include "notify/notify.h"

#include <math.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/zone.h"
#include "notify/detail.h"
#include "notify/headline.h"
#include "notify/style.h"
#include "notify/template.h"

#define TEXT_UNITS 300
#define LIST_MAX 12

static const char *const colours[STYLE_COUNT] = {
    [SEV_NONE] = "",
    [SEV_INFO] = "\x1b[36m",
    [SEV_WARN] = "\x1b[33m",
    [SEV_CRITICAL] = "\x1b[31m",
    [SEV_EMERGENCY] = "\x1b[1;35m",
    [STYLE_RESOLVED] = "\x1b[32m",
    [STYLE_UNWATCHED] = "",
    [STYLE_TEST] = "",
};
#define PLAIN "\x1b[0m"

/* What the headline leaves out, where there is one alert only. */
static void
add_details(const struct message *msg, const struct alert_facts *f, struct buf *b)
{
	char span[STR_SPAN_MAX];

	if (!facts_is_resolved(f) || f->unheard) {
		buf_adds(b, ", since ");
		detail_add(DETAIL_SINCE, msg, f, b);
	}
	if (f->count > 1 && f->flap == FLAP_NONE) {
		buf_adds(b, ", ");
		detail_add(DETAIL_TIMES, msg, f, b);
	}
	if (f->space_known) {
		buf_adds(b, ", free: ");
		detail_add(DETAIL_FREE, msg, f, b);
	}
	if (isfinite(f->eta_secs) && !facts_is_resolved(f))
		buf_addf(b, ", limit in about %s", str_span((int64_t)f->eta_secs, span));
	if (f->message[0] != '\0' && isfinite(f->value)) {
		buf_adds(b, ": ");
		escape_add(b, msg->escape, f->message, TEXT_UNITS);
	}
	if (f->raised_from != SEV_NONE) {
		buf_adds(b, ", raised from ");
		detail_add(DETAIL_RAISED, msg, f, b);
	}
	if (f->also_count > 0) {
		buf_adds(b, facts_is_resolved(f) ? "; it suppressed: " : "; it suppresses: ");
		detail_add(DETAIL_ALSO, msg, f, b);
	}
	if (f->cause[0] != '\0') {
		buf_adds(b, "; likely cause: ");
		escape_add(b, msg->escape, f->cause, TEXT_UNITS);
	}
}

/* The lines of a template below its first, on the same line. */
static void
add_text(const struct message *msg, struct buf *b)
{
	size_t from = b->len;

	buf_addc(b, ' ');
	template_add_text(msg, b);
	for (size_t i = from; i < b->len; i++) {
		if (b->data[i] == '\n')
			b->data[i] = ' ';
	}
	if (b->len == from + 1)
		b->data[--b->len] = '\0';
}

/* The alerts of a digest, as many as a line may hold. */
static void
add_list(const struct message *msg, struct buf *b)
{
	const struct notice *n = msg->notice;
	size_t i;

	for (i = 0; i < n->fact_count && i < LIST_MAX; i++) {
		const struct alert_facts *f = &n->facts[i];

		buf_adds(b, i == 0 ? ": " : "; ");
		detail_add_item(msg, f, b);
	}
	if (i > 0 && i < notice_total(n))
		buf_addf(b, " and %llu more", notice_total(n) - i);
}

static bool
render(const struct notice *n, const struct notify_context *ctx, struct buf *body)
{
	const struct message msg = {n, ctx, buf_add_visible};
	const char *code = ctx->colour ? colours[style_of(n)] : "";
	char when[CLOCK_ISO8601_MAX];

	buf_addf(body, "%s %s", zone_rfc3339(clock_shown_ms(&n->created, &ctx->now), when), code);
	headline_add(&msg, body);
	buf_adds(body, code[0] == '\0' ? "" : PLAIN);
	if (template_applies(&msg))
		add_text(&msg, body);
	else if (n->fact_count == 1 && n->kind != NOTICE_TEST && !ctx->minimal)
		add_details(&msg, &n->facts[0], body);
	else if (n->kind == NOTICE_DIGEST && !ctx->minimal)
		add_list(&msg, body);
	buf_addc(body, '\n');
	return !body->full;
}

const struct notify_channel notify_CONSOLE = {
    .content_type = "text/plain; charset=utf-8",
    .transport = NOTIFY_LOCAL,
    .render = render,
};
