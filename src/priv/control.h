/*
 * The control socket: how `sysops-agent status` and `silence` reach a running agent. A unix stream
 * socket called control.sock, mode 0660. It is bound by the launcher after it gave up its rights,
 * as the user that owns the folder, and its descriptor is the agent's. Both ends close on exec.
 */
#ifndef PRIV_CONTROL_H
#define PRIV_CONTROL_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "priv/seek.h"

#define CONTROL_NAME "control.sock"
#define CONTROL_PLACES 2
#define CONTROL_RUN_DIR "/run/sysops-agent" /* what RuntimeDirectory= makes */

struct control {
	int fd; /* listening, non-blocking; -1: there is none */
	char dir[PATH_MAX];
	bool in_run_dir; /* whose file system is memory: the name goes when the socket does */
	struct seek seek;
};

/*
 * Binds in the first folder of $RUNTIME_DIRECTORY, else in data_dir ("": there is none that is
 * ours). Replaces what an earlier life left there: hold the lock of the data directory. What goes
 * wrong is said once; c->fd is then -1. Waits 5 s at most.
 */
void control_open(struct control *c, const char *data_dir);

/*
 * While there is none: tries again, without waiting; call after each SIGCHLD, and now and then.
 * True, said: there is one now.
 */
bool control_retry(struct control *c, const char *data_dir, int64_t now_ns);

/* Closes it and removes it from its folder. */
void control_done(struct control *c);

/*
 * The next client: its non-blocking descriptor, or -1 with errno EAGAIN when nobody waits. Only
 * root, our own user and members of our own group are let in, root alone if other services share
 * our user; others are closed on and passed over.
 */
int control_accept(int fd, bool shared);

/* The client's end, blocking, with wait_secs for each read and write. -1 with errno. */
int control_connect(const char *dir, int wait_secs);

#endif
