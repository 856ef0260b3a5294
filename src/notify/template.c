/*
 * Fills a compiled template with the facts of an alert. Values are from outside: each goes through
 * the channel's escape and is cut to a length of its own. The words between them are the
 * operator's: those of a channel's own template are in its markup already, those of the default are
 * plain text. Of parts that do not fit, whole ones are left out.
 */
#include "notify/template.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/zone.h"
#include "conf/placeholder.h"
#include "notify/fact_text.h"

#define SCRATCH_CAP 24576
#define NAME_UNITS 100
#define LABELS_UNITS 400
#define SENTENCE_UNITS 500
#define ELLIPSIS "\xe2\x80\xa6"

struct fill {
	const struct message *msg;
	const struct alert_facts *facts;
};

static void
add_value(const struct fill *f, const char *text, size_t units, struct buf *b)
{
	escape_add(b, f->msg->escape, text, units);
}

static void
add_hostname(const struct fill *f, struct buf *b)
{
	add_value(f, f->msg->ctx->hostname, NAME_UNITS, b);
}

static void
add_severity(const struct fill *f, struct buf *b)
{
	const char *name = severity_name(f->facts->severity);

	add_value(f, facts_is_resolved(f->facts) ? "resolved" : name, NAME_UNITS, b);
}

static void
add_metric(const struct fill *f, struct buf *b)
{
	add_value(f, fact_text_metric(f->facts), NAME_UNITS, b);
}

static void
add_number(const struct fill *f, double number, struct buf *b)
{
	char text[METRIC_VALUE_MAX];

	fact_text_value(f->facts, number, text);
	add_value(f, text, NAME_UNITS, b);
}

static void
add_current(const struct fill *f, struct buf *b)
{
	add_number(f, f->facts->value, b);
}

static void
add_threshold(const struct fill *f, struct buf *b)
{
	add_number(f, f->facts->limit, b);
}

/* Our sentence, and what the rule says of itself. */
static void
add_message(const struct fill *f, struct buf *b)
{
	sentence_add(f->msg, f->facts, b);
	if (f->facts->message[0] != '\0' && isfinite(f->facts->value)) {
		buf_adds(b, ": ");
		add_value(f, f->facts->message, SENTENCE_UNITS, b);
	}
}

static void
add_timestamp(const struct fill *f, struct buf *b)
{
	char text[CLOCK_ISO8601_MAX];

	add_value(f,
	    zone_rfc3339(clock_shown_ms(&f->msg->notice->created, &f->msg->ctx->now), text),
	    NAME_UNITS, b);
}

static void
add_labels(const struct fill *f, struct buf *b)
{
	const struct label_set *labels = &f->facts->subject.labels;
	size_t from = b->len;

	for (size_t i = 0; i < labels->count; i++) {
		buf_adds(b, i == 0 ? "" : ", ");
		add_value(f, labels->keys[i], NAME_UNITS, b);
		buf_addc(b, '=');
		add_value(f, label_set_value(labels, i), NAME_UNITS, b);
	}
	escape_shorten(b, from, LABELS_UNITS);
}

static void
add_trend(const struct fill *f, struct buf *b)
{
	char span[STR_SPAN_MAX];

	double full_secs = fact_text_full_secs(f->facts);

	if (isfinite(f->facts->eta_secs) && !facts_is_resolved(f->facts))
		buf_addf(b, "limit in about %s", str_span((int64_t)f->facts->eta_secs, span));
	else if (isfinite(full_secs))
		buf_addf(b, "full in about %s", str_span((int64_t)full_secs, span));
}

static void
add_cause(const struct fill *f, struct buf *b)
{
	add_value(f, f->facts->cause, SENTENCE_UNITS, b);
}

static void (*const add_placeholder[PLACEHOLDER_COUNT])(const struct fill *f, struct buf *b) = {
    [PLACEHOLDER_HOSTNAME] = add_hostname,
    [PLACEHOLDER_SEVERITY] = add_severity,
    [PLACEHOLDER_METRIC] = add_metric,
    [PLACEHOLDER_VALUE] = add_current,
    [PLACEHOLDER_THRESHOLD] = add_threshold,
    [PLACEHOLDER_MESSAGE] = add_message,
    [PLACEHOLDER_TIMESTAMP] = add_timestamp,
    [PLACEHOLDER_LABELS] = add_labels,
    [PLACEHOLDER_TREND] = add_trend,
    [PLACEHOLDER_CAUSE] = add_cause,
};

/* Line feeds and tabs are the operator's layout, not bytes to be spelled. */
static void
add_literal(const struct fill *f, const struct placeholder_part *part, bool plain, struct buf *b)
{
	escape_fn *escape = plain ? f->msg->escape : buf_add;

	for (size_t i = 0; i < part->len;) {
		const char *text = part->text + i;
		size_t n = 0;

		while (i + n < part->len && text[n] != '\n' && text[n] != '\t')
			n++;
		escape(b, text, n);
		if (i + n < part->len)
			buf_addc(b, text[n] == '\t' ? ' ' : '\n');
		i += n + 1;
	}
}

/* As many parts as fit whole. */
static void
fill(const struct message *msg, struct buf *b)
{
	const struct placeholder_list *list = msg->ctx->channel->template;
	const struct fill f = {msg, &msg->notice->facts[0]};

	for (size_t i = 0; i < list->count; i++) {
		const struct placeholder_part *part = &list->parts[i];
		struct buf_mark before = buf_mark(b);

		if (part->what == PLACEHOLDER_LITERAL)
			add_literal(&f, part, list->plain, b);
		else
			add_placeholder[part->what](&f, b);
		if (b->full) {
			buf_rewind(b, before);
			buf_adds(b, ELLIPSIS);
			return;
		}
	}
}

bool
template_applies(const struct message *msg)
{
	const struct notice *n = msg->notice;

	return msg->ctx->channel != NULL && msg->ctx->channel->template != NULL &&
	       !msg->ctx->minimal && n->fact_count == 1 && notice_total(n) == 1 &&
	       (n->kind == NOTICE_FIRE || n->kind == NOTICE_RESOLVE);
}

static void
add_shortened(struct buf *b, const char *text, size_t len, size_t units)
{
	size_t from = b->len;

	buf_add(b, text, len);
	escape_shorten(b, from, units);
}

void
template_add_line(const struct message *msg, struct buf *b)
{
	char storage[SCRATCH_CAP];
	struct buf text;

	buf_init(&text, storage, sizeof(storage));
	fill(msg, &text);
	add_shortened(b, storage, strcspn(storage, "\n"), TEMPLATE_LINE_UNITS);
}

void
template_add_text(const struct message *msg, struct buf *b)
{
	char storage[SCRATCH_CAP];
	size_t first, len;
	struct buf text;

	buf_init(&text, storage, sizeof(storage));
	fill(msg, &text);
	first = strcspn(storage, "\n");
	len = text.len;
	while (first < len && storage[first] == '\n')
		first++;
	while (len > first && storage[len - 1] == '\n')
		len--;
	add_shortened(b, storage + first, len - first, TEMPLATE_TEXT_UNITS);
}
