/*
 * The last step before a worker's loop: from here on it cannot get anything it has not opened.
 */
#ifndef PRIV_SANDBOX_H
#define PRIV_SANDBOX_H

#include "priv/role.h"

/* Call once, in the worker, when all it needs is open. */
void priv_lock(enum role role);

/* Not dumpable, no core file, no_new_privs: also for the launcher and the loader. */
void priv_harden(void);

#endif
