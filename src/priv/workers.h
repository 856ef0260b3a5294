/*
 * The three workers: started, watched, replaced. Time is an argument. Times are boot_ns of struct
 * now.
 */
#ifndef PRIV_WORKERS_H
#define PRIV_WORKERS_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/clock.h"
#include "priv/loader.h"
#include "priv/oomscore.h"
#include "priv/worker_wires.h"

struct worker {
	pid_t pid;    /* 0: not running */
	int lifeline; /* the launcher's end, or -1 */
	int64_t started_ns;
	int64_t restart_ns;                   /* when to start it, while it is not running */
	unsigned backoff_ms;                  /* to wait after its next end */
	unsigned unanswered;                  /* pings in a row */
	int64_t failed_ns[ROLE_FAILURES_MAX]; /* as its next life is told; 0: none */
	bool accused;                         /* ... it has been, and is about to die */
	bool crashed;                         /* since its start it has reported a crash */
	bool asked;                           /* a ping has been sent since its start */
	bool steady; /* it has lived from the last ping but one to the last, and read it */
};

struct workers {
	const struct launch *launch;
	struct blob blobs[LAUNCH_BLOBS]; /* owned */
	const sigset_t *wait_mask;       /* signals to let in while waiting */
	int data_dir_fd;                 /* not owned; -1: none */
	bool data_dir_awaited;           /* there is none yet */
	int control_fd;                  /* the same, of the control socket */
	struct now launched_at, configured_at;
	uint64_t caps; /* capabilities that the launcher has to give */
	bool user_is_shared;
	struct oomscore oomscore; /* not owned */
	struct worker each[ROLE_COUNT];
	struct worker_wires wires;
	int64_t ping_ms, ping_ns; /* period; when the next is due */
};

/* Nothing runs and nothing is open; launch and mask must outlive it. Blobs, descriptors, times,
 * caps and pings come before workers_start. */
void workers_init(struct workers *workers, const struct launch *launch, const sigset_t *wait_mask);

/* Starts those that are not running, without back-off. */
void workers_start(struct workers *workers, const struct now *now);

/* Takes notice of those that have ended, and says when they start again. */
void workers_reap(struct workers *workers, const struct now *now);

/* Notes that a child has been reaped, and logs its crash if it reported one. Its role, or
 * ROLE_COUNT: it was no worker. */
enum role workers_note_end(struct workers *workers, pid_t pid);

/*
 * Does what is due: restarts, and the ping with what follows from the last. True if a ping went out
 * and every worker that matters has been there since the one before, and read it: the service
 * manager's watchdog may be fed. One that hangs is replaced, and steady, after four more pings.
 */
bool workers_tick(struct workers *workers, const struct now *now);

/* Waits for a signal or a worker's accusation, which it acts on, or for the next workers_tick. */
void workers_wait(struct workers *workers, const struct now *now);

void workers_signal(const struct workers *workers, enum role role, int signum);

void workers_done(struct workers *workers);

#endif
