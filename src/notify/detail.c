/*
 * Alert facts to the details of a message. The texts of a fact are untrusted and go through the
 * escape of the words; numbers that are not there say nothing.
 */
#include "notify/detail.h"

#include <math.h>

#include "base/str.h"
#include "notify/phrase.h"

#define NOTE_UNITS 500
#define KEY_UNITS 40
#define LABEL_UNITS 120
#define MORE_BYTES 40 /* "and 12 more" */

static void
add_value(const struct words *w, const struct alert_facts *f, struct buf *b)
{
	char value[METRIC_VALUE_MAX];

	(void)w;
	phrase_value(f, f->value, value);
	buf_adds(b, value);
}

static void
add_limit(const struct words *w, const struct alert_facts *f, struct buf *b)
{
	char value[METRIC_VALUE_MAX];

	(void)w;
	if (phrase_is_state(f))
		return;
	phrase_value(f, f->limit, value);
	buf_adds(b, value);
}

static void
add_eta(const struct words *w, const struct alert_facts *f, struct buf *b)
{
	char span[STR_SPAN_MAX];

	(void)w;
	if (isfinite(f->eta_secs) && !words_is_resolved(f))
		buf_adds(b, str_span((int64_t)f->eta_secs, span));
}

static void
add_times(const struct words *w, const struct alert_facts *f, struct buf *b)
{
	(void)w;
	words_count(f, b);
}

static void
add_note(const struct words *w, const struct alert_facts *f, struct buf *b)
{
	if (isfinite(f->value) || words_is_resolved(f)) /* else it is in the headline */
		escape_add(b, w->escape, f->message, NOTE_UNITS);
}

static void
add_cause(const struct words *w, const struct alert_facts *f, struct buf *b)
{
	escape_add(b, w->escape, f->cause, NOTE_UNITS);
}

static void
add_raised(const struct words *w, const struct alert_facts *f, struct buf *b)
{
	(void)w;
	words_raised(f, b);
}

static void
add_metric(const struct words *w, const struct alert_facts *f, struct buf *b)
{
	escape_add(b, w->escape, phrase_metric(f), NOTE_UNITS);
}

static void
add_label(const struct words *w, const char *key, const char *value, size_t from, struct buf *b)
{
	buf_adds(b, b->len == from ? "" : ", ");
	escape_add(b, w->escape, key, KEY_UNITS);
	buf_adds(b, "=");
	escape_add(b, w->escape, value, LABEL_UNITS);
}

static void
add_labels(const struct words *w, const struct alert_facts *f, struct buf *b)
{
	const struct string_pairs *own = &w->ctx->labels;
	size_t from = b->len;

	for (size_t i = 0; i < f->subject.labels.count; i++)
		add_label(
		    w, f->subject.labels.keys[i], label_set_value(&f->subject.labels, i), from, b);
	for (size_t i = 0; i < own->len && b->len - from < DETAIL_UNITS; i++)
		add_label(w, own->items[i].key, own->items[i].value, from, b);
}

static const struct {
	const char *name;
	void (*add)(const struct words *w, const struct alert_facts *f, struct buf *b);
} details[DETAIL_COUNT] = {
    [DETAIL_VALUE] = {"Value", add_value},
    [DETAIL_LIMIT] = {"Limit", add_limit},
    [DETAIL_SINCE] = {"Since", words_since},
    [DETAIL_ETA] = {"Limit reached in about", add_eta},
    [DETAIL_TIMES] = {"Fired", add_times},
    [DETAIL_NOTE] = {"Note", add_note},
    [DETAIL_CAUSE] = {"Likely cause", add_cause},
    [DETAIL_ALSO] = {"Holds back", words_also},
    [DETAIL_RAISED] = {"Raised from", add_raised},
    [DETAIL_METRIC] = {"Metric", add_metric},
    [DETAIL_LABELS] = {"Labels", add_labels},
};

const char *
detail_name(enum detail what)
{
	return details[what].name;
}

bool
detail_add(enum detail what, const struct words *w, const struct alert_facts *f, struct buf *b)
{
	size_t from = b->len;

	details[what].add(w, f, b);
	escape_shorten(b, from, DETAIL_UNITS);
	return b->len > from;
}

void
detail_add_list(const struct words *w, const char *bullet, size_t max_bytes, struct buf *b)
{
	const struct notice *n = w->notice;
	size_t from = b->len, i;

	for (i = 0; i < n->fact_count; i++) {
		const struct alert_facts *f = &n->facts[i];
		size_t before = b->len;

		buf_addf(b, "%s%s", before == from ? "" : "\n", bullet);
		if (n->kind == NOTICE_DIGEST)
			buf_addf(b,
			    "%s: ", words_is_resolved(f) ? "resolved" : severity_name(f->severity));
		words_fact(w, f, b);
		if (b->full || b->len - from + MORE_BYTES > max_bytes) {
			b->len = before;
			b->data[before] = '\0';
			b->full = false;
			break;
		}
	}
	if (i < words_total(n))
		buf_addf(b, "%sand %llu more", b->len == from ? "" : "\n", words_total(n) - i);
}
