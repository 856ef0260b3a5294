/*
 * /proc/PID/fd and limits of every process to the part of its descriptors in use. Only where the
 * count is one stat() (since Linux 6.2), a part of the processes in each scan, and not those with
 * few; the limit is read once. What cannot be read counts as nothing.
 */
#include "collect/fd_scan.h"

#include <stdio.h>
#include <sys/stat.h>

#include "base/io.h"
#include "base/num.h"
#include "collect/pidstat.h"

#define FEW 32 /* the limit of such a process does not matter */
#define LIMITS_MAX 4096

static uint32_t
read_limit(const struct host *host, int32_t pid)
{
	char path[32], text[LIMITS_MAX];
	uint64_t limit;
	ssize_t len;

	snprintf(path, sizeof(path), "%d/limits", (int)pid);
	len = host_read_into(host, false, path, text, sizeof(text));
	if (len < 0 || !pidstat_file_limit(text, (size_t)len, &limit) || limit == 0 ||
	    limit >= PROC_NO_LIMIT)
		return PROC_NO_LIMIT;
	return (uint32_t)limit;
}

static void
look(struct process *p, const struct host *host)
{
	char path[32];
	struct stat st;
	uint64_t percent;

	p->fd_percent = 0;
	snprintf(path, sizeof(path), "%d/fd", (int)p->pid);
	if (host_stat(host, false, path, &st) != 0 || st.st_size < FEW)
		return;
	if (p->fd_limit == 0)
		p->fd_limit = read_limit(host, p->pid);
	if (p->fd_limit == PROC_NO_LIMIT)
		return;
	percent = 100 * (uint64_t)st.st_size / p->fd_limit;
	p->fd_percent = (uint8_t)num_min_size(percent, 100);
}

void
fd_scan_processes(struct proctable *table, const struct host *host, uint64_t scan)
{
	if (!host->own_proc || !host_is_since(host, 6, 2))
		return;
	for (size_t i = 0; i < table->now.len; i++) {
		struct process *p = proctable_listed(table, i);

		if (p != NULL && ((uint64_t)p->pid + scan) % PROCLOOK_EVERY == 0)
			look(p, host);
	}
}
