/*
 * A JOB message of the wire as a struct.
 */
#ifndef COURIER_JOB_H
#define COURIER_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/destination.h"
#include "model/delivery.h"
#include "priv/wire.h"

/* Borrows from the message it was read from. */
struct job {
	struct destination to;
	uint64_t id;
	uint32_t attempt;
	uint32_t deadline_ms;
	const char *content_type;
	const uint8_t *body;
	size_t body_len;
	uint64_t owed[DELIVERY_RECIPIENTS_MAX]; /* recipients who get it; none: all */
	size_t owed_count;
};

/* False: a violation. */
bool job_read(struct wire_msg *msg, struct job *job);

#endif
