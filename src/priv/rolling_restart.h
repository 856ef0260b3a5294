/*
 * Stopping workers: all of them, or those with a new configuration.
 */
#ifndef PRIV_ROLLING_RESTART_H
#define PRIV_ROLLING_RESTART_H

#include <stdbool.h>

#include "priv/workers.h"

/* The agent first, then the others, then by force: within about 2 s. */
void rolling_restart_stop_all(struct workers *workers);

/* One alone, in as much time at most. */
void rolling_restart_one(struct workers *workers, enum role role);

/*
 * Takes the blobs over. Workers whose own blob is another than before are stopped, in that order,
 * and started with it; the others go on undisturbed. False: there was no such worker.
 */
bool rolling_restart_changed(struct workers *workers, const struct blob blobs[LAUNCH_BLOBS]);

#endif
