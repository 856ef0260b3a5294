/*
 * Makes the details of a message from the facts of an alert, and a list of several alerts. The
 * texts of a fact are untrusted and go through the channel's escape; numbers that are not there say
 * nothing, and how many alerts found no room in a list is said.
 */
#include "notify/detail.h"

#include <math.h>
#include <string.h>

#include "base/str.h"
#include "notify/fact_text.h"
#include "notify/labels.h"
#include "notify/template.h"

#define NOTE_UNITS 500
#define ALSO_UNITS 200
#define MORE_BYTES 40 /* "and 12 more" */

static void
add_value(const struct message *msg, const struct alert_facts *f, struct buf *b)
{
	char value[METRIC_VALUE_MAX];

	(void)msg;
	if (f->gone)
		return; /* there is none any more */
	fact_text_value(f, f->value, value);
	buf_adds(b, value);
}

static void
add_limit(const struct message *msg, const struct alert_facts *f, struct buf *b)
{
	char value[METRIC_VALUE_MAX];

	(void)msg;
	if (fact_text_is_state(f) || f->gone)
		return;
	fact_text_value(f, f->limit, value);
	buf_adds(b, value);
}

static void
add_eta(const struct message *msg, const struct alert_facts *f, struct buf *b)
{
	char span[STR_SPAN_MAX];

	(void)msg;
	if (isfinite(f->eta_secs) && !facts_is_resolved(f))
		buf_adds(b, str_span((int64_t)f->eta_secs, span));
}

/* "4.8 GiB, filling at 12.0 MiB/s, full in about 6 min" */
static void
add_free(const struct message *msg, const struct alert_facts *f, struct buf *b)
{
	char size[STR_SIZE_MAX], rate[METRIC_VALUE_MAX], span[STR_SPAN_MAX];
	double secs = fact_text_full_secs(f);

	(void)msg;
	if (!f->space_known)
		return;
	buf_adds(b, str_size(f->free_bytes, size));
	if (isfinite(secs))
		buf_addf(b, ", filling at %s, full in about %s",
		    metric_format(UNIT_BYTES_PER_SEC, f->fill_rate, rate),
		    str_span((int64_t)secs, span));
}

/* Our headline says for how long: of what is over, and in reminders. */
static bool
tells_span(const struct alert_facts *f)
{
	return f->still || (facts_is_resolved(f) && f->flap == FLAP_NONE);
}

static void
add_since(const struct message *msg, const struct alert_facts *f, struct buf *b)
{
	fact_text_add_time(b, &f->since, &msg->ctx->now);
	if (tells_span(f) && !template_applies(msg))
		return;
	buf_adds(b, " (");
	fact_text_add_since(b, &f->since, facts_is_resolved(f) ? &f->resolved : &msg->ctx->now);
	buf_adds(b, ")");
}

static void
add_times(const struct message *msg, const struct alert_facts *f, struct buf *b)
{
	(void)msg;
	if (f->count <= 1 || f->flap != FLAP_NONE)
		return;
	buf_addf(b, "%u times", (unsigned)f->count);
	if (f->count_secs > 0) {
		buf_adds(b, " in the last ");
		fact_text_add_span(b, f->count_secs * 1000);
	}
}

static void
add_note(const struct message *msg, const struct alert_facts *f, struct buf *b)
{
	if (isfinite(f->value) || facts_is_resolved(f)) /* else it is in the headline */
		escape_add(b, msg->escape, f->message, NOTE_UNITS);
}

static void
add_cause(const struct message *msg, const struct alert_facts *f, struct buf *b)
{
	escape_add(b, msg->escape, f->cause, NOTE_UNITS);
}

static void
add_also(const struct message *msg, const struct alert_facts *f, struct buf *b)
{
	uint32_t named = 1;

	if (f->also_count == 0)
		return;
	for (const char *p = f->also; (p = strstr(p, ", ")) != NULL; p += 2)
		named++;
	escape_add(b, msg->escape, f->also, ALSO_UNITS);
	if (f->also_count > named)
		buf_addf(b, " and %u more", (unsigned)(f->also_count - named));
}

static void
add_raised(const struct message *msg, const struct alert_facts *f, struct buf *b)
{
	(void)msg;
	if (f->raised_from != SEV_NONE)
		buf_adds(b, severity_name(f->raised_from));
}

static void
add_metric(const struct message *msg, const struct alert_facts *f, struct buf *b)
{
	escape_add(b, msg->escape, fact_text_metric(f), NOTE_UNITS);
}

static void
add_labels(const struct message *msg, const struct alert_facts *f, struct buf *b)
{
	labels_add_text(&f->subject.labels, &msg->ctx->labels, msg->escape, DETAIL_UNITS, b);
}

static void
add_rest(const struct message *msg, const struct alert_facts *f, struct buf *b)
{
	labels_add_unsaid(&f->subject.labels, msg->escape, b);
}

static const struct {
	const char *name;
	void (*add)(const struct message *msg, const struct alert_facts *f, struct buf *b);
	bool is_long;
} details[DETAIL_COUNT] = {
    [DETAIL_VALUE] = {"Value", add_value, false},
    [DETAIL_LIMIT] = {"Limit", add_limit, false},
    [DETAIL_SINCE] = {"Since", add_since, false},
    [DETAIL_FREE] = {"Free", add_free, true},
    [DETAIL_ETA] = {"Limit reached in about", add_eta, false},
    [DETAIL_TIMES] = {"Fired", add_times, false},
    [DETAIL_NOTE] = {"Note", add_note, true},
    [DETAIL_CAUSE] = {"Likely cause", add_cause, true},
    [DETAIL_ALSO] = {"Suppresses", add_also, true},
    [DETAIL_RAISED] = {"Raised from", add_raised, false},
    [DETAIL_REST] = {"Labels", add_rest, true},
    [DETAIL_METRIC] = {"Metric", add_metric, false},
    [DETAIL_LABELS] = {"Labels", add_labels, true},
};

/* In the order of reading. The first two are in our own headline. */
static const struct below {
	enum detail what;
	bool in_headline;
} below[] = {
    {DETAIL_VALUE, true},
    {DETAIL_LIMIT, true},
    {DETAIL_SINCE, false},
    {DETAIL_TIMES, false},
    {DETAIL_FREE, false},
    {DETAIL_ETA, false},
    {DETAIL_CAUSE, false},
    {DETAIL_ALSO, false},
    {DETAIL_RAISED, false},
    {DETAIL_REST, false},
};

const char *
detail_name(enum detail what)
{
	return details[what].name;
}

bool
detail_is_long(enum detail what)
{
	return details[what].is_long;
}

bool
detail_names_host(const struct message *msg)
{
	return template_applies(msg);
}

size_t
detail_below(const struct message *msg, enum detail out[DETAIL_COUNT])
{
	size_t n = 0;

	for (size_t i = 0; i < sizeof(below) / sizeof(below[0]); i++) {
		if (!below[i].in_headline || template_applies(msg))
			out[n++] = below[i].what;
	}
	return n;
}

bool
detail_add(enum detail what, const struct message *msg, const struct alert_facts *f, struct buf *b)
{
	size_t from = b->len;

	details[what].add(msg, f, b);
	escape_shorten(b, from, DETAIL_UNITS);
	return b->len > from;
}

void
detail_add_item(const struct message *msg, const struct alert_facts *f, struct buf *b)
{
	char size[STR_SIZE_MAX];

	if (msg->notice->kind == NOTICE_DIGEST)
		buf_addf(b, "%s: ", facts_is_resolved(f) ? "resolved" : severity_name(f->severity));
	sentence_add(msg, f, b);
	if (f->space_known && !facts_is_resolved(f))
		buf_addf(b, ", %s free", str_size(f->free_bytes, size));
}

void
detail_add_list(const struct message *msg, const char *bullet, size_t max_bytes, struct buf *b)
{
	const struct notice *n = msg->notice;
	size_t from = b->len, i;

	for (i = 0; i < n->fact_count; i++) {
		const struct alert_facts *f = &n->facts[i];
		struct buf_mark before = buf_mark(b);

		buf_addf(b, "%s%s", before.len == from ? "" : "\n", bullet);
		detail_add_item(msg, f, b);
		if (b->full || b->len - from + MORE_BYTES > max_bytes) {
			buf_rewind(b, before);
			break;
		}
	}
	if (i < notice_total(n))
		buf_addf(b, "%sand %llu more", b->len == from ? "" : "\n", notice_total(n) - i);
}
