/*
 * What every attempt to deliver has in common, whatever protocol it speaks.
 */
#ifndef COURIER_ATTEMPT_H
#define COURIER_ATTEMPT_H

#include "courier/deliver.h"

/* True in a child whose courier has died: it must deliver nothing, the next courier will. */
bool attempt_is_orphan(const struct deliver_job *job);

/* The shorter of the channel's time and the job's. */
int64_t attempt_timeout_ms(const struct conf_channel *channel, const struct deliver_job *job);

void attempt_fail(struct delivery *out, enum delivery_outcome outcome, const char *text);

#endif
