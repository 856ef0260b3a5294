/*
 * Alert facts to sentences. Trusts the numbers and enumerations of a notice as far as they index
 * tables (checked), and none of its texts.
 */
#include "notify/words.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "notify/phrase.h"
#include "notify/template.h"

#define HOST_UNITS 80
#define WHERE_UNITS 100
#define ITEM_UNITS 40
#define ITEMS_MAX 5
#define DELAYED_MS 60000

static const char *const tags[SEV_COUNT] = {
    "[NOTICE]", "[INFO]", "[WARN]", "[CRITICAL]", "[EMERGENCY]"};
static const char *const plurals[SEV_COUNT] = {
    "notices", "notices", "warnings", "critical alerts", "emergencies"};

static enum severity
checked(enum severity sev)
{
	return (unsigned)sev < SEV_COUNT ? sev : SEV_NONE;
}

bool
words_is_resolved(const struct alert_facts *f)
{
	return f->resolved_wall_ms != 0;
}

bool
words_is_delayed(const struct words *w)
{
	return w->ctx->now_wall_ms - w->notice->created_wall_ms > DELAYED_MS;
}

static void
add_subject_where(const struct words *w, const struct alert_facts *f, struct buf *b)
{
	size_t before;

	phrase_add_subject(f, w->escape, b);
	before = b->len;
	buf_adds(b, " of ");
	if (!phrase_add_where(f, w->escape, WHERE_UNITS, b)) {
		b->len = before;
		b->data[before] = '\0';
	}
}

static void
add_span(struct buf *b, int64_t ms)
{
	char span[STR_SPAN_MAX];

	buf_adds(b, str_span(ms / 1000, span));
}

/* "2026-11-22 20:43:01 UTC" */
static void
add_time(struct buf *b, int64_t wall_ms)
{
	char text[CLOCK_ISO8601_MAX];
	const char *iso = clock_iso8601(wall_ms, text);

	buf_addf(b, "%.10s %.8s UTC", iso, iso + 11);
}

static void
add_firing(const struct words *w, const struct alert_facts *f, struct buf *b)
{
	char value[METRIC_VALUE_MAX], limit[METRIC_VALUE_MAX];

	phrase_value(f, f->value, value);
	phrase_value(f, f->limit, limit);
	if (value[0] == '\0') {
		buf_adds(b, f->message[0] == '\0' ? "" : ": ");
		escape_add(b, w->escape, f->message, WHERE_UNITS);
		return;
	}
	buf_addf(b, " is %s", value);
	if (limit[0] != '\0' && !phrase_is_state(f))
		buf_addf(b, " (%s %s)", phrase_limit_name(f), limit);
}

static void
add_resolved(const struct alert_facts *f, struct buf *b)
{
	char value[METRIC_VALUE_MAX], worst[METRIC_VALUE_MAX];

	phrase_value(f, f->value, value);
	phrase_value(f, f->worst, worst);
	if (f->gone)
		buf_adds(b, " is gone");
	else if (value[0] != '\0')
		buf_addf(b, " normalized: %s", value);
	else
		buf_adds(b, " is over");
	buf_adds(b, " (");
	if (worst[0] != '\0')
		buf_addf(b, "was %s, ", worst);
	buf_adds(b, "for ");
	add_span(b, f->resolved_wall_ms - f->since_wall_ms);
	buf_adds(b, ")");
}

void
words_fact(const struct words *w, const struct alert_facts *f, struct buf *b)
{
	add_subject_where(w, f, b);
	if (words_is_resolved(f))
		add_resolved(f, b);
	else
		add_firing(w, f, b);
}

void
words_count(const struct alert_facts *f, struct buf *b)
{
	if (f->count <= 1)
		return;
	buf_addf(b, "%u times", (unsigned)f->count);
	if (f->count_secs > 0) {
		buf_adds(b, " in the last ");
		add_span(b, f->count_secs * 1000);
	}
}

void
words_since(const struct words *w, const struct alert_facts *f, struct buf *b)
{
	int64_t end = words_is_resolved(f) ? f->resolved_wall_ms : w->ctx->now_wall_ms;

	add_time(b, f->since_wall_ms);
	buf_adds(b, " (");
	add_span(b, end - f->since_wall_ms);
	buf_adds(b, ")");
}

void
words_delay(const struct words *w, struct buf *b)
{
	if (!words_is_delayed(w))
		return;
	buf_adds(b, "delayed: this is of ");
	add_time(b, w->notice->created_wall_ms);
	buf_adds(b, ", ");
	add_span(b, w->ctx->now_wall_ms - w->notice->created_wall_ms);
	buf_adds(b, " ago");
}

unsigned long long
words_total(const struct notice *n)
{
	return n->total > n->fact_count ? n->total : n->fact_count;
}

const struct alert_facts *
words_worst(const struct notice *n)
{
	const struct alert_facts *worst = NULL;

	for (size_t i = 0; i < n->fact_count; i++) {
		const struct alert_facts *f = &n->facts[i];
		bool firing = !words_is_resolved(f);

		if (worst == NULL || firing > !words_is_resolved(worst) ||
		    (firing == !words_is_resolved(worst) && f->severity > worst->severity))
			worst = f;
	}
	return worst;
}

/* The group that all alerts are of, as a word with a blank, or "". */
static const char *
common_group(const struct notice *n)
{
	for (size_t i = 0; i < n->fact_count; i++) {
		if (!phrase_has_metric(&n->facts[i]) ||
		    metrics[n->facts[i].metric].group != metrics[n->facts[0].metric].group)
			return "";
	}
	return metric_group_name(metrics[n->facts[0].metric].group);
}

/* "/ (91.0%), /var (88.2%) and 3 more" */
static void
add_items(const struct words *w, struct buf *b)
{
	const struct notice *n = w->notice;
	char value[METRIC_VALUE_MAX];
	size_t i;

	for (i = 0; i < n->fact_count && i < ITEMS_MAX; i++) {
		const struct alert_facts *f = &n->facts[i];

		if (i > 0)
			buf_adds(b, ", ");
		if (!phrase_add_where(f, w->escape, ITEM_UNITS, b))
			phrase_add_subject(f, w->escape, b);
		phrase_value(f, f->value, value);
		if (f->gone)
			buf_adds(b, " (gone)");
		else if (value[0] != '\0')
			buf_addf(b, " (%s)", value);
	}
	if (i < words_total(n))
		buf_addf(b, " and %llu more", words_total(n) - i);
}

/* "3 disk warnings: / (91.0%), /var (88.2%), /home (85.0%)" */
static void
add_group(const struct words *w, struct buf *b)
{
	const struct notice *n = w->notice;
	const char *group = common_group(n);

	buf_addf(b, "%llu %s%s", words_total(n), group, group[0] == '\0' ? "" : " ");
	if (n->kind == NOTICE_RESOLVE)
		buf_adds(b, "alerts normalized: ");
	else
		buf_addf(b, "%s: ", plurals[checked(n->severity)]);
	add_items(w, b);
}

/* "12 alerts were held back: 2 critical, 9 warn, 1 resolved" */
static void
add_digest(const struct words *w, struct buf *b)
{
	const struct notice *n = w->notice;
	size_t firing[SEV_COUNT] = {0}, resolved = 0;
	const char *separator = ": ";

	for (size_t i = 0; i < n->fact_count; i++) {
		if (words_is_resolved(&n->facts[i]))
			resolved++;
		else
			firing[checked(n->facts[i].severity)]++;
	}
	buf_addf(
	    b, "%llu alert%s held back", words_total(n), words_total(n) == 1 ? " was" : "s were");
	for (int sev = SEV_COUNT - 1; sev >= 0; sev--) {
		if (firing[sev] == 0)
			continue;
		buf_addf(b, "%s%zu %s", separator, firing[sev], severity_name((enum severity)sev));
		separator = ", ";
	}
	if (resolved > 0) {
		buf_addf(b, "%s%zu resolved", separator, resolved);
		separator = ", ";
	}
	if (words_total(n) > n->fact_count)
		buf_addf(b, "%s%llu more", separator, words_total(n) - n->fact_count);
}

static const char *
tag(const struct notice *n)
{
	switch (n->kind) {
	case NOTICE_FIRE:
		break;
	case NOTICE_RESOLVE:
		return "[RESOLVED]";
	case NOTICE_TEST:
		return "[TEST]";
	case NOTICE_DIGEST:
		return "[DIGEST]";
	}
	return tags[checked(n->severity)];
}

void
words_origin(const struct words *w, struct buf *b)
{
	buf_addf(b, "%s ", tag(w->notice));
	escape_add(b, w->escape, w->ctx->hostname, HOST_UNITS);
}

static void
add_said(const struct words *w, struct buf *b)
{
	const struct notice *n = w->notice;

	if (n->kind == NOTICE_TEST)
		buf_adds(b, "this is a test: alerts of this host arrive here");
	else if (n->kind == NOTICE_DIGEST)
		add_digest(w, b);
	else if (n->fact_count == 1)
		words_fact(w, &n->facts[0], b);
	else if (n->fact_count > 1)
		add_group(w, b);
}

void
words_said(const struct words *w, struct buf *b)
{
	if (template_applies(w))
		template_add_line(w, b);
	else
		add_said(w, b);
	if (words_is_delayed(w))
		buf_adds(b, " (delayed)");
}

void
words_headline(const struct words *w, struct buf *b)
{
	if (!template_applies(w)) {
		words_origin(w, b);
		buf_adds(b, ": ");
	}
	words_said(w, b);
}
