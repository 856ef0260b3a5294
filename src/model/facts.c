/*
 * The facts of an alert: fingerprints, cases, the one line that says what is wrong. Label values
 * come from the host (mount points, process names) and are copied as they are; whoever shows them
 * escapes them. Their form on disk is facts_json.c.
 */
#include "model/facts.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"

/* Appends "key=value,key=value" of the labels from the one numbered first. */
static void
add_labels(struct buf *b, const struct label_set *set, size_t first)
{
	for (size_t i = first; i < set->count; i++)
		buf_addf(b, "%s%s=%s", i > first ? "," : "", set->keys[i], label_set_value(set, i));
}

bool
facts_same_case(const struct alert_facts *a, const struct alert_facts *b)
{
	bool one_host = a->case_host[0] == '\0' || b->case_host[0] == '\0' ||
	                str_eq(a->case_host, b->case_host);

	return one_host && facts_case_key(a) == facts_case_key(b);
}

void
facts_settle(struct alert_facts *f, const struct now *now)
{
	clock_settle(&f->since, now);
	if (facts_is_resolved(f))
		clock_settle(&f->resolved, now);
}

const char *
fingerprint_text(uint64_t fingerprint, char out[FINGERPRINT_TEXT_MAX])
{
	snprintf(out, FINGERPRINT_TEXT_MAX, "%016" PRIx64, fingerprint);
	return out;
}

const char *
facts_case_text(const struct alert_facts *f, char out[FINGERPRINT_TEXT_MAX])
{
	return fingerprint_text(facts_case_key(f), out);
}

uint64_t
fingerprint_of(const char *rule, uint64_t subject_hash)
{
	unsigned char bytes[8];

	for (int i = 0; i < 8; i++)
		bytes[i] = (unsigned char)(subject_hash >> (8 * i));
	return str_hash(str_hash(STR_HASH_SEED, rule, strlen(rule) + 1), bytes, sizeof(bytes));
}

/* "disk.usage_percent of /var (device=sda1)": the first label is what people call the thing. */
static void
add_subject(struct buf *b, const struct alert_facts *facts)
{
	const struct label_set *labels = &facts->subject.labels;

	buf_adds(b, facts->subject.name[0] != '\0' ? facts->subject.name : facts->rule);
	if (labels->count > 0)
		buf_addf(b, " of %s", label_set_value(labels, 0));
	if (labels->count > 1) {
		buf_adds(b, " (");
		add_labels(b, labels, 1);
		buf_adds(b, ")");
	}
}

/* " (was 95.2%, for 12 min)" */
static void
add_past(struct buf *b, const struct alert_facts *facts)
{
	char value[METRIC_VALUE_MAX], span[STR_SPAN_MAX];

	buf_adds(b, " (");
	if (isfinite(facts->worst))
		buf_addf(b, "was %s, ", metric_format(facts->subject.unit, facts->worst, value));
	buf_addf(
	    b, "for %s)", str_span(clock_span_ms(&facts->since, &facts->resolved) / 1000, span));
}

static void
add_present(struct buf *b, const struct alert_facts *facts)
{
	enum metric_unit unit = facts->subject.unit;
	char text[METRIC_VALUE_MAX], span[STR_SPAN_MAX];

	if (isfinite(facts->value))
		buf_addf(b, " is %s", metric_format(unit, facts->value, text));
	if (isfinite(facts->limit))
		buf_addf(b, " (limit %s)", metric_format(unit, facts->limit, text));
	if (isfinite(facts->eta_secs))
		buf_addf(b, ", there in %s",
		    str_span((int64_t)fmin(fmax(facts->eta_secs, 0), 1e15), span));
	if (facts->count > 1)
		buf_addf(b, ", %u times in the last %s", facts->count,
		    str_span(facts->count_secs, span));
}

const char *
facts_line(const struct alert_facts *facts, char out[FACTS_LINE_MAX])
{
	char text[METRIC_VALUE_MAX];
	struct buf b;

	buf_init(&b, out, FACTS_LINE_MAX);
	add_subject(&b, facts);
	if (!facts_is_resolved(facts)) {
		add_present(&b, facts);
		return out;
	}
	if (facts->gone)
		buf_adds(&b, facts->unwatched ? " is no longer watched" : " is gone");
	else if (isfinite(facts->value))
		buf_addf(
		    &b, " normalized: %s", metric_format(facts->subject.unit, facts->value, text));
	else
		buf_adds(&b, " normalized");
	add_past(&b, facts);
	return out;
}
