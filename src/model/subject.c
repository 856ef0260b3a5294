/*
 * Makes subjects of series, and of kept names. Label values are the host's own and are copied as
 * they are; a series' values fit a label set, since both have the same bounds.
 */
#include "model/subject.h"

#include <string.h>

#include "base/str.h"

_Static_assert(SERIES_TEXT_MAX <= LABEL_SET_TEXT_MAX, "the labels of a series fit a label set");
_Static_assert(METRIC_LABELS_MAX <= LABEL_SET_MAX, "the labels of a series fit a label set");
_Static_assert(METRIC_LABEL_MAX <= LABEL_SET_KEY_MAX, "a label key fits a label set");

static void
fill(struct subject *subject, enum metric_id metric)
{
	subject->group = metrics[metric].group;
	subject->unit = metrics[metric].unit;
	subject->order = (uint16_t)metric;
}

static void
describe_series(const void *of, struct subject *out)
{
	const struct series *s = of;
	char key[METRIC_LABEL_MAX];

	*out = (struct subject){.hash = s->hash};
	str_copy(out->name, sizeof(out->name), metrics[s->metric].name);
	fill(out, s->metric);
	for (size_t i = 0; i < s->label_count; i++)
		label_set_add(
		    &out->labels, metric_label_key(s->metric, i, key), series_label(s, i));
}

struct subject_ref
subject_of_series(const struct series *s)
{
	return (struct subject_ref){.hash = s->hash, .describe = describe_series, .of = s};
}

static void
copy(const void *of, struct subject *out)
{
	*out = *(const struct subject *)of;
}

struct subject_ref
subject_as_is(const struct subject *subject)
{
	return (struct subject_ref){.hash = subject->hash, .describe = copy, .of = subject};
}

void
subject_describe(const struct subject_ref *ref, struct subject *out)
{
	ref->describe(ref->of, out);
}

uint64_t
subject_hash(const char *name, const struct label_set *labels)
{
	uint64_t h = str_hash(STR_HASH_SEED, name, strlen(name));

	for (size_t i = 0; i < labels->count; i++) {
		const char *value = label_set_value(labels, i);

		h = str_hash(h, value, strlen(value) + 1);
	}
	return h;
}

bool
subject_fill_from_metric(struct subject *subject)
{
	enum metric_id metric = metric_find(subject->name);

	if (metric == METRIC_COUNT)
		return false;
	fill(subject, metric);
	return true;
}

bool
subject_is_metric(const struct subject *subject, enum metric_id metric)
{
	return str_eq(subject->name, metrics[metric].name);
}
