/*
 * First steps of a forked child: what it must not inherit from the launcher.
 */
#ifndef PRIV_CHILD_H
#define PRIV_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "priv/role.h"

/* SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGPIPE, SIGXFSZ ignored, the rest default, none blocked. */
void child_reset_signals(void);

/* SIGKILL when the parent dies; ends at once if it already has. After all changes of user. */
void child_follow(pid_t parent);

/* Standard input, and output if told, become /dev/null: they are the starter's, not the worker's.
 */
void child_leave_terminal(bool output);

/* Closes every descriptor but 0, 1, 2 and the n in keep (-1 is skipped). */
#define CHILD_FDS_MAX 16
void child_keep_fds(const int *keep, size_t n);

/* Wipes, in place, the environment but for what the role may know (it can hold secrets). */
void child_reduce_environment(enum role role);

#endif
