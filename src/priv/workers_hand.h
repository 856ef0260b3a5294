/*
 * What the launcher hands to workers that run already.
 */
#ifndef PRIV_WORKERS_HAND_H
#define PRIV_WORKERS_HAND_H

#include "priv/workers.h"

/* Makes the launcher's descriptor 2 that of all workers, too. */
void workers_hand_log(const struct workers *workers);

/* The agent gets the control socket that it was started without. */
void workers_hand_control(const struct workers *workers);

#endif
