/*
 * Subjects of alerts as tests write them.
 */
#ifndef TESTS_SUBJECT_HELP_H
#define TESTS_SUBJECT_HELP_H

#include "base/buf.h"
#include "base/str.h"
#include "model/notice.h"

#define LABELS_TEXT_MAX 600 /* of all labels of a subject, with keys */

/* Of a metric, without labels; METRIC_COUNT and over: a subject without a name. */
static inline struct subject
metric_subject(enum metric_id metric)
{
	struct subject s = {.hash = 0};

	if ((unsigned)metric >= METRIC_COUNT)
		return s;
	str_copy(s.name, sizeof(s.name), metrics[metric].name);
	subject_fill_from_metric(&s);
	return s;
}

/* Another metric; the labels stay. */
static inline void
set_metric(struct alert_facts *facts, enum metric_id metric)
{
	struct label_set labels = facts->subject.labels;

	facts->subject = metric_subject(metric);
	facts->subject.labels = labels;
}

/* "mountpoint=/,device=sda1"; returns out. */
static inline const char *
labels_text(const struct label_set *set, char out[LABELS_TEXT_MAX])
{
	struct buf b;

	buf_init(&b, out, LABELS_TEXT_MAX);
	for (size_t i = 0; i < set->count; i++)
		buf_addf(&b, "%s%s=%s", i > 0 ? "," : "", set->keys[i], label_set_value(set, i));
	return out;
}

#endif
