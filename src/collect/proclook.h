/*
 * A look at the descriptors of every process, for those that leak them and are small otherwise.
 */
#ifndef COLLECT_PROCLOOK_H
#define COLLECT_PROCLOOK_H

#include <stdint.h>

#include "collect/host.h"
#include "collect/proctable.h"

#define PROCLOOK_EVERY 8 /* scans between two looks at a process */

/* Sets fd_percent of the processes whose turn it is in this scan. */
void proclook_fds(struct proctable *table, const struct host *host, uint64_t scan);

#endif
