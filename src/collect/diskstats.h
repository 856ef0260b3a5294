/*
 * /proc/diskstats (Documentation/admin-guide/iostats.rst): one line a block device. Pure.
 */
#ifndef COLLECT_DISKSTATS_H
#define COLLECT_DISKSTATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DISKSTATS_NAME_MAX 32 /* DISK_NAME_LEN */

/* Counters since the device came. Some kernels keep some of them in 32 bits. */
struct diskstats {
	uint64_t major, minor;
	char name[DISKSTATS_NAME_MAX];
	uint64_t reads, read_sectors, read_ms; /* sectors of 512 bytes, whatever the device */
	uint64_t writes, write_sectors, write_ms;
	uint64_t io_ms; /* with at least one request in flight */
};

/*
 * One line without its newline: of 14 fields (Linux 2.6), 18 (4.18: discards) or 20 (5.5: flushes).
 * False for anything else, also for the 7 fields that partitions once had.
 */
bool diskstats_parse_line(const char *line, const char *end, struct diskstats *out);

/* Whether the name is that of a partition of whole: sda1 of sda, nvme0n1p2 of nvme0n1. */
bool diskstats_is_partition(const char *name, const char *whole);

#endif
