/*
 * What a finding, and so an alert, is about: a series, a log pattern with what it captured, a
 * service, or the host itself. A plain value that says all that messages, silences and inhibition
 * need; they know none of those who make subjects.
 */
#ifndef MODEL_SUBJECT_H
#define MODEL_SUBJECT_H

#include <stdbool.h>
#include <stdint.h>

#include "model/label_set.h"
#include "model/metric.h"
#include "model/series.h"

#define SUBJECT_NAME_MAX 64

struct subject {
	uint64_t hash;               /* of name and label values: the same on every run */
	char name[SUBJECT_NAME_MAX]; /* "disk.usage_percent"; "" when the rule's name says it all */
	enum metric_group group;
	enum metric_unit unit; /* of the finding's values */
	uint16_t order;        /* place in its maker's table: the order within a message */
	struct label_set labels;
};

/*
 * A subject that is not written out yet: most findings are about alerts that are known. describe()
 * writes what `of` is; both live until the findings were applied.
 */
struct subject_ref {
	uint64_t hash;
	void (*describe)(const void *of, struct subject *out);
	const void *of;
};

/* A series; s must stay as it is until the findings were applied. */
struct subject_ref subject_of_series(const struct series *s);

/* A subject that is written out already. */
struct subject_ref subject_as_is(const struct subject *subject);

/* Writes it out. */
void subject_describe(const struct subject_ref *ref, struct subject *out);

/* The hash of a name and its label values, for makers; of a metric's it is that of its series. */
uint64_t subject_hash(const char *name, const struct label_set *labels);

/*
 * Group, unit and order of a metric's name, when this program has it: for what was kept by name.
 * False when it has not.
 */
bool subject_fill_from_metric(struct subject *subject);

/* It is a series of this metric. */
bool subject_is_metric(const struct subject *subject, enum metric_id metric);

#endif
