/*
 * Says how long an attempt may take, whether it still has a courier to report to, and what came of
 * it. Trusts the configuration for its time limit, within that of the job.
 */
#include "courier/attempt.h"

#include <unistd.h>

#include "base/str.h"

#define TIMEOUT_DEFAULT_SECS 10

bool
attempt_is_orphan(const struct attempt_job *job)
{
	return job->parent != 0 && getppid() != job->parent;
}

int64_t
attempt_timeout_ms(const struct conf_channel *channel, const struct attempt_job *job)
{
	int64_t secs = channel->timeout_secs > 0 ? channel->timeout_secs : TIMEOUT_DEFAULT_SECS;

	return job->timeout_ms > 0 && job->timeout_ms < secs * 1000 ? job->timeout_ms : secs * 1000;
}

void
attempt_report(const struct attempt_job *job, const struct delivery *d)
{
	if (job->report != NULL)
		job->report(job->report_arg, d);
}

void
attempt_fail(struct delivery *out, enum delivery_outcome outcome, const char *text)
{
	*out = (struct delivery){.outcome = outcome};
	str_copy(out->text, sizeof(out->text), text);
}
