/*
 * A JOB message of the wire as a struct.
 */
#ifndef COURIER_JOB_H
#define COURIER_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "priv/wire.h"

/* Borrows from the message it was read from. */
struct job {
	uint64_t id;
	uint32_t attempt;
	uint32_t deadline_ms;
	const char *channel, *content_type, *headers;
	const uint8_t *body;
	size_t body_len;
};

/* False: its fields are not those of the table. */
bool job_read(struct wire_msg *msg, struct job *job);

#endif
