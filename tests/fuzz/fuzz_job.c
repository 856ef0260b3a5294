/*
 * Any packet as a job for the courier: one that is taken has a destination with a name and settings
 * and fields inside the packet, and written again it is the same packet.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "courier/job.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
is_inside(const struct wire_msg *msg, const void *at, size_t len)
{
	const uint8_t *first = at;

	return first >= msg->data && first + len <= msg->data + msg->len;
}

static void
write_again(const struct job *job, const struct wire_msg *msg)
{
	static struct wire_msg copy;

	wire_begin(&copy, WIRE_JOB);
	wire_put_u8(&copy, (uint8_t)job->to.kind);
	wire_put_u32(&copy, job->to.index);
	wire_put_u64(&copy, job->id);
	wire_put_u32(&copy, job->attempt);
	wire_put_u32(&copy, job->deadline_ms);
	wire_put_str(&copy, job->content_type);
	wire_put_bytes(&copy, job->body, job->body_len);
	wire_put_numbers(&copy, job->owed, job->owed_count);
	assert(!copy.bad && copy.len == msg->len && memcmp(copy.data, msg->data, msg->len) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct conf conf;
	struct wire_msg *msg = malloc(sizeof(*msg));
	struct job job;

	if (msg == NULL || size > sizeof(msg->data)) {
		free(msg);
		return 0;
	}
	if (size > 0)
		memcpy(msg->data, data, size);
	msg->len = size;
	if (wire_check(msg, WIRE_AGENT_TO_COURIER) && wire_id(msg) == WIRE_JOB &&
	    job_read(msg, &job)) {
		assert(strlen(destination_name(job.to)) > 0);
		assert(destination_settings(&conf, job.to) != NULL);
		assert(is_inside(msg, job.content_type, strlen(job.content_type)));
		assert(is_inside(msg, job.body, job.body_len));
		write_again(&job, msg);
	}
	free(msg);
	return 0;
}

#include "tests/fuzz/replay_main.h"
