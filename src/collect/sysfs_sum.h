/*
 * The sum of counters that sysfs keeps in files of one name, a folder a device
 * (devices/system/edac/mc/mc0/ce_count, fs/ext4/sda1/errors_count).
 */
#ifndef COLLECT_SYSFS_SUM_H
#define COLLECT_SYSFS_SUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collect/host.h"

#define SYSFS_SUM_FILES_MAX 64
#define SYSFS_SUM_LEAVES_MAX 2
#define SYSFS_SUM_PATH_MAX 96

struct sysfs_sum {
	const char *dir;                          /* below sys */
	const char *leaves[SYSFS_SUM_LEAVES_MAX]; /* file names; NULL for fewer */
	const char *metric;                       /* that is the sum */
	unsigned cycles_to_list;                  /* the folder is listed anew at 0 */
	bool cut, said_cut;                       /* there are more files than are read */
	size_t len;
	struct host_file files[SYSFS_SUM_FILES_MAX];
	char paths[SYSFS_SUM_FILES_MAX][SYSFS_SUM_PATH_MAX];
};

/* False when there is no file to sum, or none that is a number. */
bool sysfs_sum_read(struct sysfs_sum *sum, struct host *host, uint64_t *out);
void sysfs_sum_close(struct sysfs_sum *sum);

#endif
