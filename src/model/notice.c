/*
 * Notices and the facts they carry, as plain values: fingerprints, label sets, the one line that
 * says what is wrong. Label values come from the host (mount points, process names) and are copied
 * as they are; whoever shows them escapes them. Their form on disk is notice_json.c.
 */
#include "model/notice.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"

void
label_set_from_series(struct label_set *set, const struct series *s)
{
	char key[METRIC_LABEL_MAX];

	*set = (struct label_set){.count = 0};
	for (size_t i = 0; i < s->label_count; i++)
		label_set_add(set, metric_label_key(s->metric, i, key), series_label(s, i));
}

const char *
label_set_value(const struct label_set *set, size_t i)
{
	return i < set->count ? set->text + set->value_at[i] : "";
}

bool
label_set_add(struct label_set *set, const char *key, const char *value)
{
	size_t at = 0, len = strlen(value) + 1;

	if (set->count == METRIC_LABELS_MAX || strlen(key) >= METRIC_LABEL_MAX)
		return false;
	if (set->count > 0)
		at = set->value_at[set->count - 1] + strlen(label_set_value(set, set->count - 1)) +
		     1;
	if (len > SERIES_TEXT_MAX - at)
		return false;
	memcpy(set->text + at, value, len);
	str_copy(set->keys[set->count], METRIC_LABEL_MAX, key);
	set->value_at[set->count++] = (uint32_t)at;
	return true;
}

/* Appends "key=value,key=value" of the labels from the one numbered first. */
static void
add_labels(struct buf *b, const struct label_set *set, size_t first)
{
	for (size_t i = first; i < set->count; i++)
		buf_addf(b, "%s%s=%s", i > first ? "," : "", set->keys[i], label_set_value(set, i));
}

const char *
label_set_text(const struct label_set *set, char out[SERIES_LABELS_TEXT_MAX])
{
	struct buf b;

	buf_init(&b, out, SERIES_LABELS_TEXT_MAX);
	add_labels(&b, set, 0);
	return out;
}

struct notice *
notice_new(enum notice_kind kind, int channel, size_t fact_count)
{
	struct notice *n = mem_zalloc(1, sizeof(*n));

	n->kind = kind;
	n->channel = channel;
	n->fact_count = fact_count;
	n->total = fact_count;
	n->facts = mem_zalloc(fact_count, sizeof(*n->facts));
	return n;
}

void
notice_free(struct notice *n)
{
	if (n == NULL)
		return;
	mem_free(n->facts);
	mem_free(n);
}

void
notices_add(struct notices *list, struct notice *n)
{
	if (list->len == list->cap) {
		list->cap = list->cap == 0 ? 16 : list->cap * 2;
		list->items = mem_resize(list->items, list->cap, sizeof(*list->items));
	}
	list->items[list->len++] = n;
}

void
notices_done(struct notices *list)
{
	for (size_t i = 0; i < list->len; i++)
		notice_free(list->items[i]);
	mem_free(list->items);
	*list = (struct notices){.items = NULL};
}

const char *
fingerprint_text(uint64_t fingerprint, char out[FINGERPRINT_TEXT_MAX])
{
	snprintf(out, FINGERPRINT_TEXT_MAX, "%016" PRIx64, fingerprint);
	return out;
}

uint64_t
fingerprint_of(const char *rule, const struct series *s)
{
	unsigned char bytes[8];

	for (int i = 0; i < 8; i++)
		bytes[i] = (unsigned char)(s->hash >> (8 * i));
	return str_hash(str_hash(STR_HASH_SEED, rule, strlen(rule) + 1), bytes, sizeof(bytes));
}

/* "disk.usage_percent of /var (device=sda1)": the first label is what people call the thing. */
static void
add_subject(struct buf *b, const struct alert_facts *facts)
{
	buf_adds(b, metrics[facts->metric].name);
	if (facts->labels.count > 0)
		buf_addf(b, " of %s", label_set_value(&facts->labels, 0));
	if (facts->labels.count > 1) {
		buf_adds(b, " (");
		add_labels(b, &facts->labels, 1);
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
		buf_addf(
		    b, "was %s, ", metric_format(metrics[facts->metric].unit, facts->worst, value));
	buf_addf(
	    b, "for %s)", str_span((facts->resolved_wall_ms - facts->since_wall_ms) / 1000, span));
}

static void
add_present(struct buf *b, const struct alert_facts *facts)
{
	enum metric_unit unit = metrics[facts->metric].unit;
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
	if (facts->resolved_wall_ms == 0) {
		add_present(&b, facts);
		return out;
	}
	if (facts->gone)
		buf_adds(&b, " is gone");
	else if (isfinite(facts->value))
		buf_addf(&b, " normalized: %s",
		    metric_format(metrics[facts->metric].unit, facts->value, text));
	else
		buf_adds(&b, " normalized");
	add_past(&b, facts);
	return out;
}
