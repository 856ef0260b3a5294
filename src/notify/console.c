/*
 * A notice as one line for a terminal or a journal. Every untrusted byte that could move a cursor
 * or start a line of its own comes out spelled.
 */
#include "notify/notify.h"

#include <math.h>

#include "base/clock.h"
#include "base/str.h"
#include "notify/template.h"
#include "notify/words.h"

#define TEXT_UNITS 300
#define LIST_MAX 12

static const char *const colours[SEV_COUNT] = {
    "", "\x1b[36m", "\x1b[33m", "\x1b[31m", "\x1b[1;35m"};
#define GREEN "\x1b[32m"
#define PLAIN "\x1b[0m"

static const char *
colour(const struct notice *n)
{
	if (n->kind == NOTICE_RESOLVE)
		return GREEN;
	return (unsigned)n->severity < SEV_COUNT ? colours[n->severity] : "";
}

/* What the headline leaves out, where there is one alert only. */
static void
add_details(const struct words *w, const struct alert_facts *f, struct buf *b)
{
	char span[STR_SPAN_MAX];

	if (!words_is_resolved(f) || f->unheard) {
		buf_adds(b, ", since ");
		words_since(w, f, b);
	}
	if (f->count > 1 && f->flap == FLAP_NONE) {
		buf_adds(b, ", ");
		words_count(f, b);
	}
	if (isfinite(f->eta_secs) && !words_is_resolved(f))
		buf_addf(b, ", limit in about %s", str_span((int64_t)f->eta_secs, span));
	if (f->message[0] != '\0' && isfinite(f->value)) {
		buf_adds(b, ": ");
		escape_add(b, w->escape, f->message, TEXT_UNITS);
	}
	if (f->raised_from != SEV_NONE) {
		buf_adds(b, ", raised from ");
		words_raised(f, b);
	}
	if (f->also_count > 0) {
		buf_adds(b, words_is_resolved(f) ? "; it held back: " : "; it holds back: ");
		words_also(w, f, b);
	}
	if (f->cause[0] != '\0') {
		buf_adds(b, "; likely cause: ");
		escape_add(b, w->escape, f->cause, TEXT_UNITS);
	}
}

/* The lines of a template below its first, on the same line. */
static void
add_text(const struct words *w, struct buf *b)
{
	size_t from = b->len;

	buf_addc(b, ' ');
	template_add_text(w, b);
	for (size_t i = from; i < b->len; i++) {
		if (b->data[i] == '\n')
			b->data[i] = ' ';
	}
	if (b->len == from + 1)
		b->data[--b->len] = '\0';
}

/* The alerts of a digest, as many as a line may hold. */
static void
add_list(const struct words *w, struct buf *b)
{
	const struct notice *n = w->notice;
	size_t i;

	for (i = 0; i < n->fact_count && i < LIST_MAX; i++) {
		const struct alert_facts *f = &n->facts[i];

		buf_addf(b, "%s%s: ", i == 0 ? ": " : "; ",
		    words_is_resolved(f) ? "resolved" : severity_name(f->severity));
		words_fact(w, f, b);
	}
	if (i > 0 && i < words_total(n))
		buf_addf(b, " and %llu more", words_total(n) - i);
}

static bool
render(const struct notice *n, const struct notify_context *ctx, struct buf *body)
{
	const struct words w = {n, ctx, buf_add_visible};
	const char *code = ctx->colour ? colour(n) : "";
	char when[CLOCK_ISO8601_MAX];

	buf_addf(body, "%s %s", clock_iso8601(n->created_wall_ms, when), code);
	words_headline(&w, body);
	buf_adds(body, code[0] == '\0' ? "" : PLAIN);
	if (template_applies(&w))
		add_text(&w, body);
	else if (n->fact_count == 1 && n->kind != NOTICE_TEST && !ctx->minimal)
		add_details(&w, &n->facts[0], body);
	else if (n->kind == NOTICE_DIGEST && !ctx->minimal)
		add_list(&w, body);
	buf_addc(body, '\n');
	return !body->full;
}

const struct notify_channel notify_CONSOLE = {
    "text/plain; charset=utf-8", NOTIFY_LOCAL, render, .apart = false};
