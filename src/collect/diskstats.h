/*
 * /proc/diskstats (Documentation/admin-guide/iostats.rst): one line a block device. Pure.
 */
#ifndef COLLECT_DISKSTATS_H
#define COLLECT_DISKSTATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DISKSTATS_NAME_MAX 32 /* DISK_NAME_LEN */

/* Counted since the device came. Some kernels keep some of them in 32 bits. */
enum diskstats_counter {
	DISKSTATS_READS,
	DISKSTATS_READ_SECTORS, /* of 512 bytes, whatever the device */
	DISKSTATS_READ_MS,
	DISKSTATS_WRITES,
	DISKSTATS_WRITE_SECTORS,
	DISKSTATS_WRITE_MS,
	DISKSTATS_IO_MS, /* with at least one request in flight */
	DISKSTATS_COUNTERS
};

#define DISKSTATS_ALL ((1u << DISKSTATS_COUNTERS) - 1)

struct diskstats {
	uint64_t major, minor;
	char name[DISKSTATS_NAME_MAX]; /* zero padded */
	unsigned have;                 /* 1 << enum diskstats_counter; never none */
	uint64_t values[DISKSTATS_COUNTERS];
};

/*
 * One line without its newline: of 14 fields (Linux 2.6), 18 (4.18: discards) or 20 (5.5: flushes).
 * False for anything else, also for the 7 fields that partitions once had. What is no number costs
 * that counter, and nothing where no counter is of it (requests in flight have been below 0).
 */
bool diskstats_parse_line(const char *line, const char *end, struct diskstats *out);

/* Whether the name is that of a partition of whole: sda1 of sda, nvme0n1p2 of nvme0n1. */
bool diskstats_is_partition(const char *name, const char *whole);

#endif
