/*
 * The three workers: started, watched, replaced. Time is an argument. Times are boot_ns of struct
 * now.
 */
#ifndef PRIV_CREW_H
#define PRIV_CREW_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/clock.h"
#include "priv/loader.h"

#define CREW_LINKS 2

struct worker {
	pid_t pid;    /* 0: not running */
	int lifeline; /* the launcher's end, or -1 */
	int64_t started_ns;
	int64_t restart_ns;  /* when to start it, while it is not running */
	unsigned backoff_ms; /* to wait after its next end */
	unsigned unanswered; /* pings in a row */
	bool asked;          /* a ping has been sent since its start */
	bool steady;         /* it has lived from the last ping but one to the last, and read it */
};

struct crew {
	const struct launch *launch;
	struct blob blobs[LAUNCH_BLOBS]; /* owned */
	const sigset_t *wait_mask;       /* signals to let in while waiting */
	int data_dir_fd;                 /* not owned; -1: none */
	int control_fd;                  /* the same, of the control socket */
	int64_t launched_wall_ms, configured_wall_ms;
	uint64_t caps; /* capabilities that the launcher has to give */
	struct worker workers[ROLE_COUNT];
	int wire[CREW_LINKS][2];
	uint32_t generation; /* of the last start */
	int64_t ping_ms, ping_ns;
};

/* Nothing runs and nothing is open; launch and mask must outlive it. */
void crew_init(struct crew *crew, const struct launch *launch, const sigset_t *wait_mask);

/* Opens the wires; blobs, data_dir_fd and caps come before crew_start. False, with a message. */
bool crew_open(struct crew *crew, int64_t ping_ms, const struct now *now);

/* Starts those that are not running, without back-off. */
void crew_start(struct crew *crew, const struct now *now);

/* Takes notice of those that have ended, and says when they start again. */
void crew_reap(struct crew *crew, const struct now *now);

/* Notes that a child has been reaped. Its role, or ROLE_COUNT: it was no worker. */
enum role crew_take_off(struct crew *crew, pid_t pid);

/*
 * Does what is due: restarts, and the ping with what follows from the last. True if a ping went out
 * and every worker that matters has been there since the one before, and read it: the service
 * manager's watchdog may be fed. One that hangs is replaced, and steady, after four more pings.
 */
bool crew_turn(struct crew *crew, const struct now *now);

/* Waits for a signal or a worker's accusation, which it acts on, or for the next crew_turn. */
void crew_wait(struct crew *crew, const struct now *now);

/* Makes the launcher's descriptor 2 that of all workers, too. */
void crew_hand_log(const struct crew *crew);

void crew_signal(const struct crew *crew, enum role role, int signum);

void crew_done(struct crew *crew);

#endif
