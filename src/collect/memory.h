/*
 * What /proc/meminfo and ZFS say of memory (Documentation/filesystems/proc.rst; OpenZFS kstats).
 */
#ifndef COLLECT_MEMORY_H
#define COLLECT_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MEMORY_TOTAL 1u
#define MEMORY_FREE 2u
#define MEMORY_AVAILABLE 4u /* Linux 3.14 and later */
#define MEMORY_BUFFERS 8u
#define MEMORY_CACHED 16u
#define MEMORY_SWAP_TOTAL 32u
#define MEMORY_SWAP_FREE 64u
#define MEMORY_SHMEM 128u

struct memory_info {
	unsigned have; /* MEMORY_ bits of what the text had */
	uint64_t total_kb, free_kb, available_kb, buffers_kb, cached_kb;
	uint64_t swap_total_kb, swap_free_kb, shmem_kb;
};

/* False when the text has none of them. */
bool memory_parse_meminfo(const char *text, size_t len, struct memory_info *out);

/* From arcstats: what the ARC would give back under pressure, size - c_min. False if not there. */
bool memory_parse_arcstats(const char *text, size_t len, uint64_t *reclaimable_bytes);

/*
 * What a new program could use without swapping, never more than the total. On a kernel without
 * MemAvailable it is MemFree + Buffers + Cached - Shmem. False when the fields for it are missing.
 */
bool memory_available(const struct memory_info *info, uint64_t arc_bytes, double *bytes);

#endif
