/*
 * Runs the loader and takes in what it writes: one blob for each consumer.
 */
#ifndef PRIV_LOADER_H
#define PRIV_LOADER_H

#include <signal.h>
#include <stddef.h>

#include "priv/launch_conf.h"

struct blob {
	char *data; /* len bytes and a NUL; owned */
	size_t len;
};

/*
 * 0: blobs are filled. Else the status to exit with, after a message on the log; blobs are empty.
 * mask: signals to let in while waiting; SIGCHLD must be among them, with a handler. Gives up when
 * *stop becomes non-zero, or after LAUNCH_LOAD_MS.
 */
int loader_run(const struct launch *launch, const sigset_t *mask, const volatile sig_atomic_t *stop,
    struct blob blobs[LAUNCH_BLOBS]);

/* Wipes and frees. */
void blob_free(struct blob *blob);

#endif
