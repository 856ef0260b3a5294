/*
 * What a rule says of a series now. Detectors make one for each (rule, series) that is not fine,
 * on every evaluation, and one with state FINDING_CLEAR when it becomes fine again.
 */
#ifndef MODEL_FINDING_H
#define MODEL_FINDING_H

#include <stddef.h>
#include <stdint.h>

#include "model/rule.h"
#include "model/severity.h"

enum finding_state { FINDING_CLEAR, FINDING_PENDING, FINDING_FIRING };

/* Without a finding for this many of its intervals an alert is gone; a detector then forgets. */
#define GONE_INTERVALS 3

struct finding {
	const char *rule; /* rule name; lives as long as the detector */
	uint32_t series;  /* number in the series table */
	enum finding_state state;
	enum severity severity;       /* the level that is pending or firing; SEV_NONE when clear */
	double value, limit;          /* limit: of the level named */
	enum rule_op op;              /* which side of the limit is bad */
	int64_t since_ns;             /* boot time of the first violating sample */
	int64_t interval_ms;          /* how often this is evaluated */
	double eta_secs;              /* NAN unless a trend says when the limit is reached */
	char words[RULE_MESSAGE_MAX]; /* the operator's message, or "" */
};

/* One cycle's findings: fixed room, what does not fit is counted and comes again next cycle. */
struct findings {
	struct finding *items;
	size_t len, cap;
	uint64_t dropped;
};

void findings_init(struct findings *f, size_t cap);
void findings_done(struct findings *f);
void findings_reset(struct findings *f);

/* A zeroed one to fill, or NULL when there is no room. */
struct finding *findings_add(struct findings *f);

#endif
