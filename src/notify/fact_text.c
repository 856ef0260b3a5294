/*
 * Turns the facts of an alert into short texts for people: what is measured, where, how much, when.
 * Indexes its tables only with numbers it has checked; label values are untrusted and go through
 * the escape given. A number that is not there is an empty text; a metric that has no text of its
 * own here is read off its name.
 */
#include "notify/fact_text.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/zone.h"

#define SUBJECT_UNITS 100
#define SOON_SECS (30 * 86400.0)

/* Metrics whose name does not make good words; texts for 0 and 1 where that is all there is. */
struct metric_text {
	enum metric_id metric;
	const char *subject;
	const char *off, *on;
};

static const struct metric_text metric_texts[] = {
    {METRIC_CPU_LOAD_PER_CORE, "load per core", NULL, NULL},
    {METRIC_MEM_SWAP_USAGE, "swap usage", NULL, NULL},
    {METRIC_DISK_INODE_USAGE, "inode usage", NULL, NULL},
    {METRIC_DISK_READ_ONLY, "file system", "writable", "read-only"},
    {METRIC_DISK_STALE, "file system", NULL, NULL},
    {METRIC_AGENT_RESTARTS, "agent restarts in an hour", NULL, NULL},
    {METRIC_AGENT_FILE_STALE, "file", "answering", "not answering"},
    {METRIC_DISK_IO_TIME, "disk busy time", NULL, NULL},
    {METRIC_DISK_AWAIT, "disk response time", NULL, NULL},
    {METRIC_NET_LINK_UP, "network link", "down", "up"},
    {METRIC_NET_CONNTRACK_USAGE, "connection tracking usage", NULL, NULL},
    {METRIC_PROC_FD_USAGE, "open file usage", NULL, NULL},
    {METRIC_FD_USAGE, "open file usage", NULL, NULL},
};

static const char *const limit_names[] = {
    [OP_GE] = "limit",
    [OP_GT] = "limit",
    [OP_LE] = "minimum",
    [OP_LT] = "minimum",
    [OP_EQ] = "alerts at",
    [OP_NE] = "expected",
};

static const struct metric_text *
find_metric_text(const struct alert_facts *f)
{
	for (size_t i = 0; i < sizeof(metric_texts) / sizeof(metric_texts[0]); i++) {
		if (subject_is_metric(&f->subject, metric_texts[i].metric))
			return &metric_texts[i];
	}
	return NULL;
}

bool
fact_text_has_metric(const struct alert_facts *f)
{
	return f->subject.name[0] != '\0';
}

bool
fact_text_is_state(const struct alert_facts *f)
{
	return fact_text_has_metric(f) && metric_unit_is_state(f->subject.unit);
}

const char *
fact_text_metric(const struct alert_facts *f)
{
	return fact_text_has_metric(f) ? f->subject.name : f->rule;
}

const char *
fact_text_limit_name(const struct alert_facts *f)
{
	return limit_names[(unsigned)f->op <= OP_NE ? f->op : OP_GE];
}

void
fact_text_value(const struct alert_facts *f, double value, char out[METRIC_VALUE_MAX])
{
	const struct metric_text *p = find_metric_text(f);

	out[0] = '\0';
	if (!isfinite(value))
		return;
	if (p != NULL && p->on != NULL)
		str_copy(out, METRIC_VALUE_MAX, value != 0 ? p->on : p->off);
	else
		metric_format(fact_text_has_metric(f) ? f->subject.unit : UNIT_COUNT, value, out);
}

double
fact_text_full_secs(const struct alert_facts *f)
{
	double secs = f->free_bytes / f->fill_rate;

	if (!f->space_known || facts_is_resolved(f) || !(f->fill_rate > 0) ||
	    !(secs >= 0 && secs < SOON_SECS))
		return NAN;
	return secs;
}

/* "disk.io_time_percent" to "disk io time" */
static void
add_metric_words(struct buf *b, const char *name)
{
	static const struct {
		const char *prefix, *word;
	} groups[] = {
	    {"cpu.", "CPU "}, {"mem.", "memory "}, {"net.", "network "}, {"proc.", "process "}};
	static const char *const units[] = {"_percent", "_bytes", "_rate", "_ms", "_secs"};
	size_t len = strlen(name);

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (str_ends(name, units[i])) {
			len = strlen(name) - strlen(units[i]);
			break;
		}
	}
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		if (str_starts(name, groups[i].prefix)) {
			buf_adds(b, groups[i].word);
			name += strlen(groups[i].prefix);
			len -= strlen(groups[i].prefix);
			break;
		}
	}
	for (size_t i = 0; i < len; i++)
		buf_addc(b, name[i] == '.' || name[i] == '_' ? ' ' : name[i]);
}

void
fact_text_add_subject(const struct alert_facts *f, escape_fn *escape, struct buf *b)
{
	const struct metric_text *p = find_metric_text(f);

	if (p != NULL)
		buf_adds(b, p->subject);
	else if (fact_text_has_metric(f))
		add_metric_words(b, f->subject.name);
	else
		escape_add(b, escape, f->rule, SUBJECT_UNITS);
}

bool
fact_text_add_where(const struct alert_facts *f, escape_fn *escape, size_t max_units, struct buf *b)
{
	const struct label_set *labels = &f->subject.labels;
	const char *name = label_set_get(labels, "name"), *pid = label_set_get(labels, "pid");
	const char *core = label_set_get(labels, "core");

	if (core != NULL)
		buf_adds(b, "core ");
	if (name != NULL)
		escape_add(b, escape, name, max_units);
	else if (labels->count > 0)
		escape_add(b, escape, label_set_value(labels, 0), max_units);
	if (name != NULL && pid != NULL) {
		buf_adds(b, " (pid ");
		escape_add(b, escape, pid, 20);
		buf_adds(b, ")");
	}
	return labels->count > 0;
}

void
fact_text_add_time(struct buf *b, const struct now *then, const struct now *now)
{
	char text[CLOCK_ISO8601_MAX];

	buf_adds(b, zone_text(clock_shown_ms(then, now), text));
}

void
fact_text_add_since(struct buf *b, const struct now *then, const struct now *now)
{
	buf_adds(b, clock_span_is_sure(then, now) ? "" : "about ");
	fact_text_add_span(b, clock_span_ms(then, now));
}

void
fact_text_add_span(struct buf *b, int64_t ms)
{
	char span[STR_SPAN_MAX];

	buf_adds(b, str_span(ms / 1000, span));
}
