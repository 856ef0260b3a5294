/*
 * Stopping workers: all of them, or those with a new configuration.
 */
#ifndef PRIV_RELIEVE_H
#define PRIV_RELIEVE_H

#include <stdbool.h>

#include "priv/crew.h"

/* The agent first, then the others, then by force: within about 2 s. */
void relieve_all(struct crew *crew);

/*
 * Takes the blobs over. Workers whose own blob is another than before are stopped, in that order,
 * and started with it; the others go on undisturbed. False: there was no such worker.
 */
bool relieve_changed(struct crew *crew, const struct blob blobs[LAUNCH_BLOBS]);

#endif
