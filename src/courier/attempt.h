/*
 * What every attempt to deliver has in common, whatever protocol it speaks.
 */
#ifndef COURIER_ATTEMPT_H
#define COURIER_ATTEMPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "conf/conf.h"
#include "model/delivery.h"

/* Takes what came of an attempt; may be called more than once. */
typedef void attempt_report_fn(void *arg, const struct delivery *d);

struct attempt_job {
	const char *content_type;
	const char *body;
	size_t body_len;
	int64_t timeout_ms;   /* the channel's own timeout holds too; 0: that alone */
	pid_t parent;         /* give up when this is not the parent any more; 0: no matter */
	const uint64_t *owed; /* recipients who get it; none: all */
	size_t owed_count;
	attempt_report_fn *report; /* before anything is cleaned up; NULL: nobody waits for it */
	void *report_arg;
};

/* True in a child whose courier has died: it must deliver nothing, the next courier will. */
bool attempt_is_orphan(const struct attempt_job *job);

/* The shorter of the channel's time and the job's. */
int64_t attempt_timeout_ms(const struct conf_channel *channel, const struct attempt_job *job);

/* What came of it is known now: what is still to be closed can change nothing of that. */
void attempt_report(const struct attempt_job *job, const struct delivery *d);

void attempt_fail(struct delivery *out, enum delivery_outcome outcome, const char *text);

#endif
