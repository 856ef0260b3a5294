/*
 * A look at the descriptors of every process, for those that leak them and are small otherwise.
 */
#ifndef COLLECT_FD_SCAN_H
#define COLLECT_FD_SCAN_H

#include <stdint.h>

#include "collect/host.h"
#include "collect/proctable.h"

#define PROCLOOK_EVERY 8 /* scans between two looks at a process */

/* Sets fd_percent of the processes whose turn it is in this scan. */
void fd_scan_processes(struct proctable *table, const struct host *host, uint64_t scan);

#endif
