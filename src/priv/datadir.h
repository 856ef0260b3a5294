/*
 * The data directory, held by one launcher at a time, and the pid file.
 */
#ifndef PRIV_DATADIR_H
#define PRIV_DATADIR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "priv/drop.h"
#include "priv/seek.h"

struct datadir {
	const char *path; /* "": none is wanted */
	int dir_fd;       /* -1: there is none to use */
	int lock_fd;
	int pid_fd;
	const char *pid_path;
	struct seek seek;
	bool making;  /* the child that seeks has to make it first, with rights that we have not */
	int said_err; /* why it cannot be used, as last said; 0: nothing was */
};

enum datadir_state { DATADIR_OURS, DATADIR_NONE, DATADIR_TAKEN };

/*
 * Before rights are dropped: makes the directory (0700, the user's) if it is missing, gives it to
 * the user if it is root's alone and empty, and opens the pid file without changing it. Empty
 * paths: not wanted. Paths must outlive d. Failures are said. Waits 5 s at most for each.
 */
void datadir_prepare(
    struct datadir *d, const char *path, const char *pid_path, const struct drop_user *user);

/*
 * After: opens and locks it, for as long as this process lives. None: said once, go on without.
 * Taken: by another launcher, said, with its pid. Waits 5 s at most.
 */
enum datadir_state datadir_lock(struct datadir *d);

/*
 * While there is none: looks for it, without waiting; call after each SIGCHLD, and now and then.
 * True, said: it is there now.
 */
bool datadir_retry(struct datadir *d, int64_t now_ns);

/* The launcher that holds it now; 0: none, or this process may not know. Never one that ended. */
pid_t datadir_holder(const char *path);

void datadir_write_pid(struct datadir *d);

/* Closes all and removes the pid file, or empties it where it may not be removed. */
void datadir_done(struct datadir *d);

#endif
