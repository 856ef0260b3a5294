/*
 * Reads the fields of a JOB message, in the order of priv/wire.def. The sender is not trusted: a
 * field that is missing, too long or followed by another makes the whole message false. Lengths are
 * the wire's.
 */
#include "courier/job.h"

bool
job_read(struct wire_msg *msg, struct job *job)
{
	job->id = wire_get_u64(msg);
	job->attempt = wire_get_u32(msg);
	job->deadline_ms = wire_get_u32(msg);
	job->channel = wire_get_str(msg);
	job->content_type = wire_get_str(msg);
	job->headers = wire_get_str(msg);
	job->body = wire_get_bytes(msg, &job->body_len);
	return wire_end(msg);
}
