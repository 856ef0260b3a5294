/*
 * Reads the fields of a JOB message, in the order of priv/wire.def. The sender is not trusted: a
 * field that is missing, too long or followed by another, or a destination that there cannot be,
 * makes the whole message false. Lengths are the wire's.
 */
#include "courier/job.h"

static bool
read_destination(struct wire_msg *msg, struct destination *to)
{
	unsigned kind = wire_get_u8(msg);
	uint32_t index = wire_get_u32(msg);

	return destination_read(kind, index, to);
}

bool
job_read(struct wire_msg *msg, struct job *job)
{
	bool known = read_destination(msg, &job->to);

	job->id = wire_get_u64(msg);
	job->attempt = wire_get_u32(msg);
	job->deadline_ms = wire_get_u32(msg);
	job->content_type = wire_get_str(msg);
	job->body = wire_get_bytes(msg, &job->body_len);
	job->owed_count = wire_get_numbers(msg, job->owed, DELIVERY_RECIPIENTS_MAX);
	return wire_end(msg) && known;
}
