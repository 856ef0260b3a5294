/*
 * /proc/sys/fs/file-nr to the fd.* samples. systemd sets the limit to LONG_MAX on a 64-bit host:
 * a percentage of that says nothing, and is not made.
 */
#include "collect/fd.h"

#include <math.h>

#include "base/mem.h"
#include "collect/collect.h"
#include "collect/scan.h"

/*
 * A limit from here on is none: at a quarter of a kilobyte each, so many open files would take half
 * a terabyte of the kernel's memory. It is also LONG_MAX of a 32-bit kernel.
 */
#define NO_LIMIT 2147483647u

struct fd {
	struct host_file file;
};

bool
fd_parse_file_nr(const char *text, size_t len, struct fd_count *out)
{
	const char *p = text, *end = text + len;

	return scan_u64(&p, end, &out->allocated) && scan_u64(&p, end, &out->unused) &&
	       scan_u64(&p, end, &out->max) && p < end && out->unused <= out->allocated;
}

bool
fd_usage(const struct fd_count *count, double *percent)
{
	if (count->max == 0 || count->max >= NO_LIMIT)
		return false;
	*percent = 100 * (double)(count->allocated - count->unused) / (double)count->max;
	return true;
}

static void *
open_fd(const struct conf_collect *conf, struct host *host)
{
	struct fd *fd = mem_zalloc(1, sizeof(*fd));

	(void)conf;
	(void)host;
	fd->file = (struct host_file){.path = "sys/fs/file-nr",
	    .tells = "fd.system_used, fd.system_max, fd.system_usage_percent",
	    .is_small = true,
	    .fd = -1};
	return fd;
}

static void
collect_fd(void *state, struct host *host, struct batch *batch)
{
	struct fd *fd = state;
	ssize_t len = host_read(host, &fd->file);
	struct fd_count count;
	double percent;

	if (len < 0)
		return;
	if (!fd_parse_file_nr(host->text, (size_t)len, &count)) {
		host_file_say_malformed(&fd->file);
		return;
	}
	batch_add(batch, METRIC_FD_USED, (double)(count.allocated - count.unused), NAN);
	batch_add(batch, METRIC_FD_MAX, (double)count.max, NAN);
	if (fd_usage(&count, &percent))
		batch_add(batch, METRIC_FD_USAGE, percent, NAN);
}

static void
close_fd(void *state)
{
	struct fd *fd = state;

	host_file_close(&fd->file);
	mem_free(fd);
}

const struct collector collector_fd = {
    .name = "fd",
    .section = COLLECTOR_FD,
    .open = open_fd,
    .collect = collect_fd,
    .close = close_fd,
};
