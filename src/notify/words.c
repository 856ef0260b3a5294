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
#include "notify/summary.h"
#include "notify/template.h"

#define HOST_UNITS 80
#define WHERE_UNITS 100
#define ALSO_UNITS 200
#define DELAYED_MS 60000

static const char *const tags[SEV_COUNT] = {
    "[NOTICE]", "[INFO]", "[WARN]", "[CRITICAL]", "[EMERGENCY]"};

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
	const struct notice *n = w->notice;

	/* Of a digest over the limit its age is said anyway. */
	return w->ctx->now_wall_ms - n->created_wall_ms > DELAYED_MS &&
	       !(n->kind == NOTICE_DIGEST && n->reason == DIGEST_LIMIT);
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
		buf_addf(b, " %s: %s", f->unheard ? "fired and normalized" : "normalized", value);
	else
		buf_adds(b, f->unheard ? " fired and is over" : " is over");
	buf_adds(b, " (");
	if (worst[0] != '\0')
		buf_addf(b, "was %s, ", worst);
	buf_adds(b, "for ");
	add_span(b, f->resolved_wall_ms - f->since_wall_ms);
	buf_adds(b, ")");
}

static void
add_changes(const struct alert_facts *f, struct buf *b)
{
	buf_addf(b, "%u changes in ", (unsigned)f->count);
	add_span(b, f->count_secs * 1000);
}

/*
 * " is flapping: 5 changes in 12 min, now 96.0% (limit 95.0%)", " is no longer flapping: fine at
 * 70.2% after 31 changes in 2 h"
 */
static void
add_flapping(const struct alert_facts *f, struct buf *b)
{
	bool started = f->flap == FLAP_STARTED, fine = words_is_resolved(f);
	char value[METRIC_VALUE_MAX], limit[METRIC_VALUE_MAX];

	phrase_value(f, f->value, value);
	phrase_value(f, f->limit, limit);
	buf_adds(b, started ? " is flapping: " : " is no longer flapping: ");
	if (started)
		add_changes(f, b);
	else
		buf_adds(b, fine ? "fine" : "it goes on");
	if (value[0] != '\0')
		buf_addf(b, "%s %s", started ? ", now" : " at", value);
	if (limit[0] != '\0' && !fine && !phrase_is_state(f))
		buf_addf(b, " (%s %s)", phrase_limit_name(f), limit);
	if (started)
		return;
	buf_adds(b, " after ");
	add_changes(f, b);
}

void
words_fact(const struct words *w, const struct alert_facts *f, struct buf *b)
{
	add_subject_where(w, f, b);
	if (f->flap != FLAP_NONE)
		add_flapping(f, b);
	else if (words_is_resolved(f))
		add_resolved(f, b);
	else
		add_firing(w, f, b);
}

void
words_also(const struct words *w, const struct alert_facts *f, struct buf *b)
{
	uint32_t named = 1;

	if (f->also_count == 0)
		return;
	for (const char *p = f->also; (p = strstr(p, ", ")) != NULL; p += 2)
		named++;
	escape_add(b, w->escape, f->also, ALSO_UNITS);
	if (f->also_count > named)
		buf_addf(b, " and %u more", (unsigned)(f->also_count - named));
}

void
words_raised(const struct alert_facts *f, struct buf *b)
{
	if (f->raised_from != SEV_NONE)
		buf_adds(b, severity_name(checked(f->raised_from)));
}

void
words_count(const struct alert_facts *f, struct buf *b)
{
	if (f->count <= 1 || f->flap != FLAP_NONE)
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
		summary_add_digest(w, b);
	else if (n->fact_count == 1)
		words_fact(w, &n->facts[0], b);
	else if (n->fact_count > 1)
		summary_add_group(w, b);
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
