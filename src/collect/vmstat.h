/*
 * The counters of /proc/vmstat that are watched (Documentation/filesystems/proc.rst).
 */
#ifndef COLLECT_VMSTAT_H
#define COLLECT_VMSTAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VMSTAT_SWAP_IN 1u
#define VMSTAT_SWAP_OUT 2u
#define VMSTAT_MAJOR_FAULTS 4u
#define VMSTAT_OOM_KILLS 8u /* Linux 4.13 and later */

struct vmstat {
	unsigned have; /* VMSTAT_ bits of what the text had */
	uint64_t swap_in_pages, swap_out_pages, major_faults, oom_kills;
};

/* False when the text has none of them. */
bool vmstat_parse(const char *text, size_t len, struct vmstat *out);

#endif
