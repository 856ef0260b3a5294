/*
 * A threshold rule: which series, which comparison, which limits, for how long. Its texts belong to
 * the configuration or to the program.
 */
#ifndef MODEL_RULE_H
#define MODEL_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/metric.h"

#define RULE_NAME_MAX 64
#define RULE_MESSAGE_MAX 256 /* with its NUL; all the way to the notice */

enum rule_op { OP_GE, OP_GT, OP_LE, OP_LT, OP_EQ, OP_NE };

struct rule {
	const char *name; /* unique; part of the fingerprint; shorter than RULE_NAME_MAX */
	enum metric_id metric;
	const char *labels[METRIC_LABELS_MAX]; /* glob for each label value, in the metric's order;
	                                          NULL: any */
	enum rule_op op;
	double warn, critical; /* NAN: no such level; at least one is given */
	int64_t for_ms;        /* newest minus first violating sample */
	double clear_percent;  /* hysteresis band in percent of the limit, mirrored for < */
	const char *message;   /* the operator's words, or "" */
	bool user;             /* from [[rules]]: replaces built-in rules on its series */
	/* Fires only after the opposite was seen of that series on this boot: a link was up. */
	bool transition;
};

/* ">=", ">", "<=", "<", "==", "!=", in the order of enum rule_op; then NULL. */
extern const char *const rule_op_texts[];
const char *rule_op_text(enum rule_op op);

#endif
