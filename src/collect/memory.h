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
#define MEMORY_HUGE_TOTAL 256u
#define MEMORY_HUGE_FREE 512u
#define MEMORY_HUGE_SIZE 1024u
#define MEMORY_HUGETLB 2048u /* Linux 4.15 and later */
#define MEMORY_HUGE (MEMORY_HUGE_TOTAL | MEMORY_HUGE_FREE | MEMORY_HUGE_SIZE | MEMORY_HUGETLB)

struct memory_info {
	unsigned have; /* MEMORY_ bits of what the text had */
	uint64_t total_kb, free_kb, available_kb, buffers_kb, cached_kb;
	uint64_t swap_total_kb, swap_free_kb, shmem_kb;
	/* Pages of the default size, and what pages of all sizes take up together. */
	uint64_t huge_total_pages, huge_free_pages, huge_size_kb, hugetlb_kb;
};

/* False when the text has none of them. */
bool memory_parse_meminfo(const char *text, size_t len, struct memory_info *out);

/* From arcstats: what the ARC would give back under pressure, size - c_min. False if not there. */
bool memory_parse_arcstats(const char *text, size_t len, uint64_t *reclaimable_bytes);

/*
 * Bytes that are set apart for huge pages (Documentation/admin-guide/mm/hugetlbpage.rst), in use or
 * not; 0 when there are none, or they or the total are not said, or the total is smaller. They are
 * fixed by the administrator and only programs that ask for them get any: no use of memory that may
 * grow, and no room for other programs. So they count neither as used nor in the total.
 */
double memory_hugepages(const struct memory_info *info);

/*
 * What a new program could use without swapping, never more than the total without huge pages. On a
 * kernel without MemAvailable it is MemFree + Buffers + Cached - Shmem. False when the fields for
 * it are missing.
 */
bool memory_available(const struct memory_info *info, uint64_t arc_bytes, double *bytes);

#endif
