/*
 * Starts the workers as forked processes, watches them, logs their crashes and replaces them.
 * Workers are not trusted: they may crash, hang, lie on their lifeline or flood it; the worst they
 * get is a restart, later each time. Who starts meets no socket that another had before it.
 */
#include "priv/workers.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/crash.h"
#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"
#include "priv/child.h"
#include "priv/drop.h"
#include "priv/lifeline.h"
#include "priv/sandbox.h"

#define UNANSWERED_MAX 2
#define LAST_PACKETS_MAX 8 /* read from a worker that has died: it sends few */

static const struct worker_row {
	const char *process; /* at most 15 bytes are kept */
	uint64_t caps;
	bool data_dir, control;
	bool output; /* keeps the standard output */
	bool vital;  /* without it for long: let the service manager's watchdog act */
} rows[ROLE_COUNT] = {
    [ROLE_AGENT] = {.process = "sysops-agent",
        .caps = DROP_CAP_DAC_READ_SEARCH | DROP_CAP_SYSLOG,
        .control = true,
        .output = true,
        .vital = true},
    [ROLE_KEEPER] = {.process = "sysops-keeper", .data_dir = true}, /* a frozen disk may hold it */
    [ROLE_COURIER] = {.process = "sysops-courier", .vital = true},
};

void
workers_init(struct workers *workers, const struct launch *launch, const sigset_t *wait_mask)
{
	*workers = (struct workers){
	    .launch = launch, .wait_mask = wait_mask, .data_dir_fd = -1, .control_fd = -1};
	for (int r = 0; r < ROLE_COUNT; r++)
		workers->each[r].lifeline = -1;
	worker_wires_init(&workers->wires);
}

static void
fill_ctx(struct workers *workers, enum role role, int lifeline, struct role_ctx *ctx)
{
	*ctx = (struct role_ctx){
	    .role = role,
	    .blob = workers->blobs[role].data,
	    .blob_len = workers->blobs[role].len,
	    .lifeline_fd = lifeline,
	    .data_dir_fd = rows[role].data_dir ? workers->data_dir_fd : -1,
	    .data_dir_awaited = workers->data_dir_awaited,
	    .control_fd = rows[role].control ? workers->control_fd : -1,
	    .user_is_shared = workers->user_is_shared,
	    .conf_origin = workers->launch->conf_origin,
	    .launched_at = workers->launched_at,
	    .configured_at = workers->configured_at,
	    .arg = workers->launch->arg,
	};
	memcpy(ctx->failed_ns, workers->each[role].failed_ns, sizeof(ctx->failed_ns));
	worker_wires_of(&workers->wires, role, ctx->peer_fd);
}

/* The child's whole life: forget, close, drop, run. */
static _Noreturn void
run_worker(struct workers *workers, enum role role, int lifeline, pid_t parent)
{
	int keep[ROLE_COUNT + 3];
	struct role_ctx ctx;
	int status;

	(void)prctl(PR_SET_NAME, rows[role].process, 0, 0, 0);
	child_reset_signals();
	crash_catch(lifeline);
	fill_ctx(workers, role, lifeline, &ctx);
	for (int b = 0; b < LAUNCH_BLOBS; b++)
		if (b != (int)role)
			blob_free(&workers->blobs[b]);
	child_reduce_environment(role);
	child_leave_terminal(!rows[role].output);
	memcpy(keep, ctx.peer_fd, sizeof(ctx.peer_fd));
	keep[ROLE_COUNT] = lifeline;
	keep[ROLE_COUNT + 1] = ctx.data_dir_fd;
	keep[ROLE_COUNT + 2] = ctx.control_fd;
	child_keep_fds(keep, ROLE_COUNT + 3);
	priv_drop_caps(rows[role].caps & workers->caps);
	child_follow(parent);
	priv_harden();
	status = workers->launch->role_main[role](&ctx);
	fflush(NULL);
	_exit(status);
}

static unsigned
running(const struct workers *workers)
{
	unsigned roles = 0;

	for (int r = 0; r < ROLE_COUNT; r++)
		if (workers->each[r].pid > 0)
			roles |= 1u << r;
	return roles;
}

static void
plan_restart(struct worker *w, const struct now *now)
{
	if (w->backoff_ms == 0 || now->boot_ns - w->started_ns >= LAUNCH_STEADY_MS * NS_PER_MS)
		w->backoff_ms = LAUNCH_BACKOFF_MIN_MS;
	w->restart_ns = now->boot_ns + w->backoff_ms * NS_PER_MS;
	w->backoff_ms *= 2;
	if (w->backoff_ms > LAUNCH_BACKOFF_MAX_MS)
		w->backoff_ms = LAUNCH_BACKOFF_MAX_MS;
}

/* The lifeline and the wires of a worker to be started; false: errno says why. */
static bool
open_sockets(struct workers *workers, enum role role, int lifeline[2])
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, lifeline) != 0)
		return false;
	workers->each[role].lifeline = lifeline[0];
	if (worker_wires_renew(&workers->wires, role, running(workers)))
		return true;
	io_close(&workers->each[role].lifeline);
	io_close(&lifeline[1]);
	return false;
}

void
workers_signal(const struct workers *workers, enum role role, int signum)
{
	pid_t pid = workers->each[role].pid;

	if (pid > 0 && kill(pid, signum) != 0)
		log_warn_errno("signal the %s", role_name(role));
}

static void
kill_all(const struct workers *workers, unsigned roles)
{
	for (int r = 0; r < ROLE_COUNT; r++)
		if ((roles & 1u << r) != 0)
			workers_signal(workers, (enum role)r, SIGKILL);
}

/* A peer that takes no end does not read: its own start brings both another. */
static void
hand_wires(const struct workers *workers, enum role started)
{
	int lifelines[ROLE_COUNT];

	for (int r = 0; r < ROLE_COUNT; r++)
		lifelines[r] = workers->each[r].lifeline;
	kill_all(workers, worker_wires_hand(&workers->wires, started, lifelines));
}

static void
start(struct workers *workers, enum role role, const struct now *now)
{
	struct worker *w = &workers->each[role];
	pid_t parent = getpid();
	int lifeline[2];

	w->started_ns = now->boot_ns;
	w->unanswered = 0;
	w->asked = w->steady = w->crashed = w->accused = false;
	io_close(&w->lifeline);
	if (!open_sockets(workers, role, lifeline)) {
		log_warn_errno("sockets of the %s", role_name(role));
		plan_restart(w, now);
		return;
	}
	fflush(NULL);
	w->pid = oomscore_fork(&workers->oomscore);
	if (w->pid == 0)
		run_worker(workers, role, lifeline[1], parent);
	close(lifeline[1]);
	if (w->pid < 0) {
		log_warn_errno("fork the %s", role_name(role));
		w->pid = 0;
		plan_restart(w, now);
		return;
	}
	hand_wires(workers, role);
}

void
workers_start(struct workers *workers, const struct now *now)
{
	for (int r = 0; r < ROLE_COUNT; r++) {
		workers->each[r].backoff_ms = 0;
		if (workers->each[r].pid == 0)
			start(workers, (enum role)r, now);
	}
}

/* Once in its life: more would be a worker that is not crashing but speaks. */
static bool
log_crash(struct worker *w, enum role role, const struct crash_report *report)
{
	if (w->crashed)
		return false;
	w->crashed = true;
	crash_report_log(report, role_name(role), w->pid);
	return true;
}

static void
take_last_packets(struct worker *w, enum role role)
{
	struct lifeline_packet packet;

	for (int i = 0; i < LAST_PACKETS_MAX && w->lifeline >= 0; i++) {
		enum lifeline_event event = lifeline_receive(w->lifeline, &packet);

		if (event == LIFELINE_NOTHING || event == LIFELINE_CLOSED)
			return;
		if (event == LIFELINE_CRASH)
			(void)log_crash(w, role, &packet.crash);
	}
}

enum role
workers_note_end(struct workers *workers, pid_t pid)
{
	for (int r = 0; r < ROLE_COUNT; r++) {
		if (workers->each[r].pid == pid) {
			take_last_packets(&workers->each[r], (enum role)r);
			workers->each[r].pid = 0;
			io_close(&workers->each[r].lifeline);
			return (enum role)r;
		}
	}
	return ROLE_COUNT;
}

void
workers_reap(struct workers *workers, const struct now *now)
{
	pid_t pid;
	int status;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		enum role role = workers_note_end(workers, pid);
		bool killed = WIFSIGNALED(status);
		struct worker *w = role != ROLE_COUNT ? &workers->each[role] : NULL;

		if (w == NULL)
			continue;
		plan_restart(w, now);
		if (!killed && WEXITSTATUS(status) == ROLE_STATUS_AGAIN) {
			log_info("%s begins anew, as its configuration asks", role_name(role));
			continue;
		}
		role_note_failure(w->failed_ns, now->boot_ns);
		log_warn("%s ended (%s %d): starts again in %lld ms", role_name(role),
		    killed ? "signal" : "status", killed ? WTERMSIG(status) : WEXITSTATUS(status),
		    (long long)((w->restart_ns - now->boot_ns) / NS_PER_MS));
	}
}

static void
ping(struct worker *w, enum role role, const struct workers *workers)
{
	bool silent = w->lifeline < 0 || lifeline_is_unread(w->lifeline);

	w->unanswered = silent ? w->unanswered + 1 : 0;
	w->steady = w->asked && !silent;
	if (w->unanswered >= UNANSWERED_MAX) {
		workers_signal(workers, role, SIGKILL);
		if (w->unanswered == UNANSWERED_MAX) /* the kernel may hold it for long */
			log_error("%s does not answer: replacing it", role_name(role));
	} else if (w->lifeline >= 0) {
		w->asked = lifeline_ping(w->lifeline);
	}
}

bool
workers_tick(struct workers *workers, const struct now *now)
{
	bool due = now->boot_ns >= workers->ping_ns, well = true;

	kill_all(workers, worker_wires_close_shut(&workers->wires, running(workers)));
	/* Before any start, which leaves its peers something to read. */
	for (int r = 0; r < ROLE_COUNT && due; r++)
		if (workers->each[r].pid > 0)
			ping(&workers->each[r], (enum role)r, workers);
	for (int r = 0; r < ROLE_COUNT; r++) {
		const struct worker *w = &workers->each[r];

		if (w->pid == 0 && now->boot_ns >= w->restart_ns)
			start(workers, (enum role)r, now);
		if (rows[r].vital && (w->pid == 0 || !w->steady))
			well = false;
	}
	if (due)
		workers->ping_ns = now->boot_ns + workers->ping_ms * NS_PER_MS;
	return due && well;
}

/*
 * The accused is replaced. Between the agent, which all depends on, and another's word against it,
 * both are: so a courier gone bad cannot keep the agent down and live.
 */
static void
take_accusation(struct workers *workers, enum role accuser, enum role accused)
{
	if (!workers->each[accused].accused) /* else it is about to die, and that was said */
		log_error("%s accuses the %s of breaking the wire's rules: replacing it",
		    role_name(accuser), role_name(accused));
	workers->each[accused].accused = true;
	kill_all(workers, 1u << accused | (accused == ROLE_AGENT ? 1u << accuser : 0));
}

static void
take_packet(struct workers *workers, enum role role)
{
	struct worker *w = &workers->each[role];
	struct lifeline_packet packet;

	switch (lifeline_receive(w->lifeline, &packet)) {
	case LIFELINE_NOTHING:
		return;
	case LIFELINE_CLOSED: /* SIGCHLD tells the rest */
		io_close(&w->lifeline);
		return;
	case LIFELINE_CRASH:
		if (log_crash(w, role, &packet.crash))
			return; /* it is about to die */
		break;
	case LIFELINE_ACCUSATION:
		if ((packet.accused == ROLE_AGENT) != (role == ROLE_AGENT)) {
			take_accusation(workers, role, packet.accused);
			return;
		}
		break;
	case LIFELINE_INVALID:
		break;
	}
	log_error("%s has sent the launcher what is no packet: replacing it", role_name(role));
	workers_signal(workers, role, SIGKILL);
}

static int64_t
next_due(const struct workers *workers)
{
	int64_t due = workers->ping_ns;

	for (int r = 0; r < ROLE_COUNT; r++)
		if (workers->each[r].pid == 0 && workers->each[r].restart_ns < due)
			due = workers->each[r].restart_ns;
	return due;
}

void
workers_wait(struct workers *workers, const struct now *now)
{
	int64_t left = next_due(workers) - now->boot_ns;
	struct pollfd fds[ROLE_COUNT];
	struct timespec ts;

	left = left < 0 ? 0 : left;
	ts = (struct timespec){.tv_sec = left / NS_PER_SEC, .tv_nsec = left % NS_PER_SEC};
	for (int r = 0; r < ROLE_COUNT; r++)
		fds[r] = (struct pollfd){.fd = workers->each[r].lifeline, .events = POLLIN};
	if (ppoll(fds, ROLE_COUNT, &ts, workers->wait_mask) <= 0)
		return;
	for (int r = 0; r < ROLE_COUNT; r++)
		if (fds[r].revents != 0)
			take_packet(workers, (enum role)r);
}

void
workers_done(struct workers *workers)
{
	for (int r = 0; r < ROLE_COUNT; r++)
		io_close(&workers->each[r].lifeline);
	worker_wires_done(&workers->wires);
	for (int b = 0; b < LAUNCH_BLOBS; b++)
		blob_free(&workers->blobs[b]);
}
