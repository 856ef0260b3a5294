/*
 * A child process that delivers one job and reports by a pipe.
 */
#ifndef COURIER_RUNNER_H
#define COURIER_RUNNER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "conf/conf.h"
#include "courier/deliver.h"
#include "courier/job.h"

struct runner {
	const char *channel; /* its name, for the log */
	pid_t pid;
	int report_fd;
	int64_t deadline_ms;
	bool overdue; /* was killed for it */
};

/*
 * Starts it; name must outlive the runner. The deadline is the caller's to watch; delivery gives up
 * by itself some time before. False with errno: there is no child.
 */
bool runner_start(struct runner *r, const char *name, const struct conf_channel *channel,
    const struct job *job, int64_t deadline_ms);

/* Kills it for being late: reap it and conclude. */
void runner_kill(struct runner *r);

/* After it was reaped with this wait status: what came of the job. What it reported counts, however
 * it ended. */
void runner_conclude(struct runner *r, int wait_status, struct delivery *out);

/* Ends it before its time because the courier ends: kills, reaps and concludes. Without a report,
 * that is trouble of our own (DELIVERY_BUSY). */
void runner_stop(struct runner *r, struct delivery *out);

/* All of this at once, for a process that has nothing else to do: waits for the outcome. */
void runner_once(const struct conf_channel *channel, const char *content_type, const char *body,
    size_t len, struct delivery *out);

#endif
