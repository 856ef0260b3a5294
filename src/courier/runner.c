/*
 * Forks a child for one delivery and reads its report. The child may hang, crash in a library or be
 * taken over by what a server answers: it has no descriptor but the pipe, and what comes out of
 * that is checked before it counts.
 */
#include "courier/runner.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/crash.h"
#include "base/crash_report.h"
#include "base/io.h"
#include "base/str.h"
#include "priv/child.h"

#define DEADLINE_MARGIN_MS 500 /* a runner tries to end on its own so long before */
#define GOODBYE_SECS 1         /* for what is left to do after the report */

_Static_assert(sizeof(struct delivery) != sizeof(struct crash_report), "told apart by length");
_Static_assert(sizeof(struct delivery) <= PIPE_BUF, "written at once");

static bool
is_sane(const struct delivery *d)
{
	return delivery_outcome_is_valid(d->outcome) && d->left_count <= DELIVERY_RECIPIENTS_MAX &&
	       (d->left_count == 0 || d->outcome == DELIVERY_DELIVERED) && d->retry_after_ms >= 0 &&
	       d->retry_after_ms <= REPLY_WAIT_MAX_MS && d->ahead_ms >= -DELIVERY_AHEAD_MAX_MS &&
	       d->ahead_ms <= DELIVERY_AHEAD_MAX_MS &&
	       memchr(d->text, '\0', sizeof(d->text)) != NULL;
}

/* False: there is no report of a delivery, or not a sane one. */
static bool
read_report(const struct runner *r, struct delivery *d)
{
	union {
		struct delivery delivery;
		struct crash_report crash;
		char room[sizeof(struct delivery) + sizeof(struct crash_report)];
	} report;
	ssize_t n = read(r->report_fd, &report, sizeof(report));
	char who[64];

	if (n > 0 && crash_report_is_valid(&report, (size_t)n)) {
		snprintf(who, sizeof(who), "runner of %s", r->channel);
		crash_report_log(&report.crash, who, r->pid);
		return false;
	}
	*d = report.delivery;
	return n >= (ssize_t)sizeof(*d) && is_sane(d);
}

void
runner_conclude(struct runner *r, int wait_status, struct delivery *out)
{
	char span[STR_SPAN_MAX];

	if (!read_report(r, out)) {
		*out = (struct delivery){.outcome = DELIVERY_TEMPORARY};
		if (r->overdue)
			snprintf(out->text, sizeof(out->text), "no end of the delivery within %s",
			    str_span((r->deadline_ms + 999) / 1000, span));
		else if (WIFSIGNALED(wait_status))
			snprintf(out->text, sizeof(out->text),
			    "the process that delivers died of signal %d", WTERMSIG(wait_status));
		else
			snprintf(out->text, sizeof(out->text),
			    "the process that delivers ended without a report");
	}
	io_close(&r->report_fd);
}

void
runner_kill(struct runner *r)
{
	r->overdue = true;
	kill(r->pid, SIGKILL);
}

static void
reap(const struct runner *r, int *status)
{
	*status = 0;
	while (waitpid(r->pid, status, 0) < 0 && errno == EINTR)
		;
}

void
runner_stop(struct runner *r, struct delivery *out)
{
	int status;

	kill(r->pid, SIGKILL);
	reap(r, &status);
	if (!read_report(r, out)) {
		*out = (struct delivery){.outcome = DELIVERY_BUSY};
		str_copy(out->text, sizeof(out->text), "broken off, for the courier ends");
	}
	io_close(&r->report_fd);
}

/* In the runner: where the outcome goes, once. */
struct reporter {
	int fd;
	pid_t parent;
	bool done;
};

static void
report(void *arg, const struct delivery *d)
{
	struct reporter *r = arg;

	if (r->done)
		return;
	if (getppid() != r->parent || io_write_all(r->fd, d, sizeof(*d)) != 0)
		_exit(1);
	r->done = true;
	alarm(GOODBYE_SECS); /* whose signal ends the process */
}

/* In the runner: straight on to the end. */
static _Noreturn void
deliver(const struct conf_channel *channel, const struct job *job, int64_t deadline_ms,
    pid_t parent, int report_fd)
{
	struct reporter reporter = {.fd = report_fd, .parent = parent};
	const struct attempt_job work = {
	    .content_type = job->content_type,
	    .body = (const char *)job->body,
	    .body_len = job->body_len,
	    .timeout_ms = deadline_ms > 2 * DEADLINE_MARGIN_MS ? deadline_ms - DEADLINE_MARGIN_MS
	                                                       : deadline_ms / 2,
	    .parent = parent,
	    .owed = job->owed,
	    .owed_count = job->owed_count,
	    .report = report,
	    .report_arg = &reporter,
	};
	struct delivery result;

	child_reset_signals();
	crash_catch(report_fd);
	child_follow(parent);
	child_keep_fds(&report_fd, 1);
	memset(&result, 0, sizeof(result));
	deliver_run(channel, &work, &result);
	report(&reporter, &result);
	_exit(0);
}

/* No handler of ours may run in the child before it has reset them. */
static pid_t
fork_quietly(sigset_t *before)
{
	sigset_t all;
	pid_t pid;
	int err;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, before);
	pid = fork();
	err = errno;
	if (pid != 0)
		sigprocmask(SIG_SETMASK, before, NULL);
	errno = err;
	return pid;
}

bool
runner_start(struct runner *r, const char *name, const struct conf_channel *channel,
    const struct job *job, int64_t deadline_ms)
{
	pid_t parent = getpid(), pid;
	sigset_t before;
	int fds[2], err;

	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) != 0)
		return false;
	pid = fork_quietly(&before);
	if (pid == 0)
		deliver(channel, job, deadline_ms, parent, fds[1]);
	err = errno;
	close(fds[1]);
	if (pid < 0) {
		close(fds[0]);
		errno = err;
		return false;
	}
	*r = (struct runner){
	    .channel = name, .pid = pid, .report_fd = fds[0], .deadline_ms = deadline_ms};
	return true;
}

void
runner_once(const struct conf_channel *channel, const char *content_type, const char *body,
    size_t len, struct delivery *out)
{
	const struct attempt_job unlimited = {.timeout_ms = 0};
	const struct job job = {
	    .content_type = content_type, .body = (const uint8_t *)body, .body_len = len};
	int64_t deadline_ms = attempt_timeout_ms(channel, &unlimited) + DEADLINE_MARGIN_MS;
	struct runner r;
	struct pollfd report;
	int ready;
	int status;

	if (!runner_start(&r, channel_name(channel->id), channel, &job, deadline_ms)) {
		attempt_fail(out, DELIVERY_BUSY, "no process can be started");
		return;
	}
	report = (struct pollfd){.fd = r.report_fd, .events = POLLIN};
	do
		ready = poll(&report, 1, (int)deadline_ms);
	while (ready < 0 && errno == EINTR);
	if (ready <= 0)
		runner_kill(&r);
	reap(&r, &status);
	runner_conclude(&r, status, out);
}
