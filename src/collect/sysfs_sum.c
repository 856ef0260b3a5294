/*
 * Finds the files below a folder of sysfs and adds their numbers up. The folder is listed now and
 * then only, for devices seldom come; the descriptors of its files are kept in between. Past the
 * bound devices are left out.
 */
#include "collect/sysfs_sum.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"

/* A new device is found within this many readings. */
#define LIST_EVERY 16

/* linux_dirent64: inode, offset, length of the entry, type, name. */
#define ENTRY_LENGTH_AT 16
#define ENTRY_NAME_AT 19

void
sysfs_sum_close(struct sysfs_sum *sum)
{
	for (size_t i = 0; i < sum->len; i++)
		host_file_close(&sum->files[i]);
	sum->len = 0;
	sum->cycles_to_list = 0;
}

static void
add_device(struct sysfs_sum *sum, const struct host *host, const char *name)
{
	for (size_t i = 0; i < SYSFS_SUM_LEAVES_MAX && sum->leaves[i] != NULL; i++) {
		char path[SYSFS_SUM_PATH_MAX];
		int n;

		n = snprintf(path, sizeof(path), "%s/%s/%s", sum->dir, name, sum->leaves[i]);
		if (n >= (int)sizeof(path) || !host_has(host, true, path))
			continue;
		sum->cut = sum->cut || sum->len == SYSFS_SUM_FILES_MAX;
		if (sum->cut)
			return;
		memcpy(sum->paths[sum->len], path, sizeof(path));
		sum->files[sum->len] =
		    (struct host_file){.path = sum->paths[sum->len], .in_sys = true, .fd = -1};
		sum->len++;
	}
}

static void
add_entries(struct sysfs_sum *sum, const struct host *host, const char *entries, size_t len)
{
	for (size_t at = 0; at + ENTRY_NAME_AT < len;) {
		const char *name = entries + at + ENTRY_NAME_AT;
		unsigned short entry_len;

		memcpy(&entry_len, entries + at + ENTRY_LENGTH_AT, sizeof(entry_len));
		if (name[0] != '.')
			add_device(sum, host, name);
		at += entry_len;
	}
}

static void
list_devices(struct sysfs_sum *sum, struct host *host)
{
	int fd = host_open_path(host, true, sum->dir, O_RDONLY | O_DIRECTORY);
	long len;

	sysfs_sum_close(sum);
	sum->cut = false;
	sum->cycles_to_list = LIST_EVERY;
	if (fd < 0)
		return;
	while ((len = syscall(SYS_getdents64, fd, host->text, HOST_TEXT_MAX)) > 0)
		add_entries(sum, host, host->text, (size_t)len);
	close(fd);
}

static void
say_cut(struct sysfs_sum *sum, struct host *host)
{
	if (!sum->cut)
		return;
	gaps_note_bound(&host->gaps, sum->dir, sum->metric, SYSFS_SUM_FILES_MAX, GAPS_UNCOUNTED);
	if (!sum->said_cut)
		log_warn("more than %d files below sys/%s: %s is the sum of the first ones",
		    SYSFS_SUM_FILES_MAX, sum->dir, sum->metric);
	sum->said_cut = true;
}

bool
sysfs_sum_read(struct sysfs_sum *sum, struct host *host, uint64_t *out)
{
	uint64_t value;
	bool any = false;

	if (sum->cycles_to_list == 0 || !host->live)
		list_devices(sum, host);
	sum->cycles_to_list--;
	say_cut(sum, host);
	*out = 0;
	for (size_t i = 0; i < sum->len; i++) {
		if (!host_read_number(host, &sum->files[i], &value)) {
			sum->cycles_to_list = 0;
			continue;
		}
		any = true;
		*out = value > UINT64_MAX - *out ? UINT64_MAX : *out + value;
	}
	return any;
}
