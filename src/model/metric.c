/*
 * The metric table and its look-ups. Label keys stay one string a row: they are split when asked,
 * which happens at start-up and when a message is written, never for a sample.
 */
#include "model/metric.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/errtext.h"
#include "base/str.h"

#define X(id, name, group, kind, unit, labels, node, help) \
	[METRIC_##id] = {name, GROUP_##group, KIND_##kind, UNIT_##unit, labels, node, help},
const struct metric metrics[METRIC_COUNT] = {
#include "model/metrics.def"
};
#undef X

static const char *const group_names[GROUP_COUNT] = {
    "cpu", "memory", "disk", "network", "process", "fd", "kernel", "agent", "log", "host"};
static const char *const kind_names[] = {"gauge", "rate", "counter"};
static const char *const unit_names[UNIT_KINDS] = {"percent", "bytes", "bytes/s", "per second",
    "count", "ratio", "ms", "seconds", "0 or 1", "0, 1 or errno"};

enum metric_id
metric_find(const char *name)
{
	for (int i = 0; i < METRIC_COUNT; i++) {
		if (str_eq(metrics[i].name, name))
			return (enum metric_id)i;
	}
	return METRIC_COUNT;
}

const char *
metric_nearest(const char *name)
{
	const char *best = NULL;
	size_t least = strlen(name) / 3 + 1;

	for (int i = 0; i < METRIC_COUNT; i++) {
		size_t d = str_distance(name, metrics[i].name);

		if (d <= least && (best == NULL || d < least)) {
			least = d;
			best = metrics[i].name;
		}
	}
	return best;
}

size_t
metric_label_count(enum metric_id id)
{
	const char *p = metrics[id].labels;
	size_t n = *p != '\0';

	while ((p = strchr(p, ',')) != NULL) {
		n++;
		p++;
	}
	return n;
}

const char *
metric_label_key(enum metric_id id, size_t i, char out[METRIC_LABEL_MAX])
{
	const char *p = metrics[id].labels;
	size_t len;

	for (; i > 0 && p != NULL; i--) {
		p = strchr(p, ',');
		p = p == NULL ? NULL : p + 1;
	}
	len = p == NULL ? 0 : strcspn(p, ",");
	if (len >= METRIC_LABEL_MAX)
		len = METRIC_LABEL_MAX - 1;
	if (len > 0)
		memcpy(out, p, len);
	out[len] = '\0';
	return out;
}

int
metric_label_index(enum metric_id id, const char *key)
{
	char name[METRIC_LABEL_MAX];

	for (size_t i = 0; i < metric_label_count(id); i++) {
		if (str_eq(metric_label_key(id, i, name), key))
			return (int)i;
	}
	return -1;
}

const char *
metric_group_name(enum metric_group group)
{
	return (unsigned)group < GROUP_COUNT ? group_names[group] : "unknown";
}

const char *
metric_kind_name(enum metric_kind kind)
{
	return kind_names[kind];
}

const char *
metric_unit_name(enum metric_unit unit)
{
	return unit_names[unit];
}

/* Few digits for people: no decimals from 1,000 on, none for whole numbers. */
static const char *
format_number(double value, const char *suffix, char out[METRIC_VALUE_MAX])
{
	double size = fabs(value);
	int decimals = size >= 1000 || value == floor(value) ? 0 : size >= 10 ? 1 : 2;

	if (size >= 1e15)
		snprintf(out, METRIC_VALUE_MAX, "%.3g%s", value, suffix);
	else
		snprintf(out, METRIC_VALUE_MAX, "%.*f%s", decimals, value, suffix);
	return out;
}

/* An errno is a small whole number; anything else is what a rule or an old file has. */
static const char *
format_fault(double value, char out[METRIC_VALUE_MAX])
{
	char text[ERRTEXT_MAX];

	if (value == FAULT_NONE || value == FAULT_NO_ANSWER)
		snprintf(out, METRIC_VALUE_MAX, "%sanswering", value == FAULT_NONE ? "" : "not ");
	else if (value > FAULT_NO_ANSWER && value < 4096 && value == floor(value))
		snprintf(out, METRIC_VALUE_MAX, "broken: %s", errtext((int)value, text));
	else
		format_number(value, "", out);
	return out;
}

bool
metric_unit_is_state(enum metric_unit unit)
{
	return unit == UNIT_BOOL || unit == UNIT_FAULT;
}

const char *
metric_format(enum metric_unit unit, double value, char out[METRIC_VALUE_MAX])
{
	char size[STR_SIZE_MAX], span[STR_SPAN_MAX];

	switch (unit) {
	case UNIT_PERCENT:
		snprintf(out, METRIC_VALUE_MAX, "%.1f%%", value);
		return out;
	case UNIT_BYTES:
		snprintf(out, METRIC_VALUE_MAX, "%s", str_size(value, size));
		return out;
	case UNIT_BYTES_PER_SEC:
		snprintf(out, METRIC_VALUE_MAX, "%s/s", str_size(value, size));
		return out;
	case UNIT_PER_SEC:
		return format_number(value, "/s", out);
	case UNIT_MILLISECONDS:
		return format_number(value, " ms", out);
	case UNIT_SECONDS:
		snprintf(out, METRIC_VALUE_MAX, "%s",
		    str_span((int64_t)fmin(fmax(value, 0), 1e15), span));
		return out;
	case UNIT_FAULT:
		return format_fault(value, out);
	default:
		return format_number(value, "", out);
	}
}
