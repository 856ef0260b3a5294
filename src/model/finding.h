/*
 * What a rule says of a subject now. A level holds until it is cleared: detectors make a finding
 * for each (rule, subject) that is not fine, on every evaluation, and one with state FINDING_CLEAR
 * when it becomes fine again. An event happened: one finding each time it does, and nothing clears
 * it.
 */
#ifndef MODEL_FINDING_H
#define MODEL_FINDING_H

#include <stddef.h>
#include <stdint.h>

#include "model/rule.h"
#include "model/severity.h"
#include "model/subject.h"

enum finding_state { FINDING_CLEAR, FINDING_PENDING, FINDING_FIRING };

struct finding {
	const char *rule; /* rule name; lives until the findings were applied */
	struct subject_ref subject;
	enum finding_state state;
	enum severity severity; /* the level that is pending or firing; SEV_NONE when clear */
	double value, limit;    /* limit: of the level named */
	enum rule_op op;        /* which side of the limit is bad */
	int64_t since_ns;       /* boot time of the first violating sample; 0 when clear */
	int64_t interval_ms;    /* how often this is evaluated */
	bool event;             /* it happened; it does not hold */
	int64_t quiet_ms;       /* of an event: it is over so long after the last one */
	double eta_secs;        /* NAN unless a trend says when the limit is reached */
	const char *words;      /* the operator's message, or NULL; lives as the rule's name */
};

/*
 * One cycle's findings, in fixed room. What does not fit is said once; a detector finds it again
 * with the next sample.
 */
struct findings {
	struct finding *items;
	size_t len, cap;
	bool full_said;
};

void findings_init(struct findings *f, size_t cap);
void findings_done(struct findings *f);
void findings_reset(struct findings *f);

/* A zeroed one to fill, or NULL when there is no room. */
struct finding *findings_add(struct findings *f);

#endif
