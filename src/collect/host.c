/*
 * Opens the roots of proc and sys and reads files below them into one scratch buffer. On a live
 * host a file stays open between cycles, which halves the cost of reading it; when its descriptor
 * goes bad (a device was unplugged) it is opened anew. A file that is absent is said once.
 */
#include "collect/host.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/str.h"
#include "collect/scan.h"

#define OPEN_FLAGS (O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)

static int
open_dir(int at, const char *path)
{
	return openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* "5.15.0-91-generic" */
static void
read_release(struct host *host)
{
	ssize_t len = host_read_path(host, false, "sys/kernel/osrelease");
	const char *p = host->text, *end = p + num_max(0, len);
	uint64_t major = 0, minor = 0;

	host->release[0] = host->release[1] = 0;
	if (!str_u64(&p, end, &major) || p == end || *p++ != '.' || !str_u64(&p, end, &minor) ||
	    major > 1000 || minor > 10000)
		return;
	host->release[0] = (int)major;
	host->release[1] = (int)minor;
}

/*
 * Our own /proc is the one mounted at /proc: another namespace's, bound elsewhere, is a file system
 * of its own, where "self" is still us but lives in a network that is not the one to watch.
 */
static void
find_whose_proc(struct host *host)
{
	struct stat given, own;
	struct statfs fs;

	host->live = fstatfs(host->proc_fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
	host->own_proc = host->live && fstat(host->proc_fd, &given) == 0 &&
	                 stat("/proc", &own) == 0 && given.st_dev == own.st_dev &&
	                 given.st_ino == own.st_ino;
}

bool
host_open(struct host *host, const char *proc_root, const char *sys_root)
{
	*host = (struct host){.proc_fd = -1, .sys_fd = -1, .vmstat_ns = -1};
	host->vmstat_file = (struct host_file){.path = "vmstat", .fd = -1};
	host->text = mem_zalloc(HOST_TEXT_MAX, 1);
	host->proc_fd = open_dir(AT_FDCWD, proc_root);
	host->sys_fd = open_dir(AT_FDCWD, sys_root);
	if (host->proc_fd < 0 || host->sys_fd < 0) {
		int err = errno;

		host_close(host);
		errno = err;
		return false;
	}
	host->page_bytes = sysconf(_SC_PAGESIZE);
	host->ticks_per_sec = sysconf(_SC_CLK_TCK);
	find_whose_proc(host);
	read_release(host);
	return true;
}

void
host_close(struct host *host)
{
	host_file_close(&host->vmstat_file);
	io_close(&host->proc_fd);
	io_close(&host->sys_fd);
	mem_free(host->text);
	host->text = NULL;
}

void
host_file_close(struct host_file *file)
{
	io_close(&file->fd);
}

void
host_net_close(struct host_net_file *file)
{
	host_file_close(&file->self);
	host_file_close(&file->init);
	host_file_close(&file->plain);
}

static ssize_t
read_kept(struct host *host, const struct host_file *file)
{
	return io_pread_all(file->fd, host->text, file->is_small ? HOST_SMALL_MAX : HOST_TEXT_MAX);
}

static ssize_t
open_and_read(struct host *host, struct host_file *file)
{
	ssize_t len;
	int err;

	file->fd = openat(file->in_sys ? host->sys_fd : host->proc_fd, file->path, OPEN_FLAGS);
	if (file->fd < 0)
		return -1;
	len = read_kept(host, file);
	err = errno;
	if (!host->live || len < 0)
		host_file_close(file);
	errno = err;
	return len;
}

ssize_t
host_read(struct host *host, struct host_file *file)
{
	ssize_t len = -1;

	if (file->fd >= 0)
		len = read_kept(host, file);
	if (len < 0) {
		host_file_close(file);
		len = open_and_read(host, file);
	}
	if (len < 0 && !file->said_missing) {
		file->said_missing = true;
		log_debug("%s/%s cannot be read, its metrics are absent (error %d)",
		    file->in_sys ? "sys" : "proc", file->path, errno);
	}
	return len;
}

bool
host_read_number(struct host *host, struct host_file *file, uint64_t *out)
{
	ssize_t len;

	file->is_small = true;
	len = host_read(host, file);
	if (len < 0)
		return false;
	if (scan_single(host->text, (size_t)len, out))
		return true;
	host_say_malformed(file);
	return false;
}

/* Only where there is no process 1 to look at does proc/net (our own network) stand in for its. */
ssize_t
host_read_net(struct host *host, struct host_net_file *file)
{
	ssize_t len;

	if (host->own_proc)
		return host_read(host, &file->self);
	len = host_read(host, &file->init);
	return len >= 0 || errno != ENOENT ? len : host_read(host, &file->plain);
}

bool
host_is_since(const struct host *host, int major, int minor)
{
	return host->release[0] > major || (host->release[0] == major && host->release[1] >= minor);
}

ssize_t
host_read_path(struct host *host, bool in_sys, const char *path)
{
	return io_read_at(in_sys ? host->sys_fd : host->proc_fd, path, host->text, HOST_TEXT_MAX);
}

void
host_say_malformed(struct host_file *file)
{
	if (file->said_malformed)
		return;
	file->said_malformed = true;
	log_warn("%s/%s is not of the form that the kernel documents: what cannot be read there is "
	         "absent",
	    file->in_sys ? "sys" : "proc", file->path);
}

bool
host_vmstat(struct host *host, int64_t boot_ns, struct vmstat *out)
{
	ssize_t len;

	if (boot_ns != host->vmstat_ns) {
		host->vmstat_ns = boot_ns;
		host->vmstat = (struct vmstat){0};
		len = host_read(host, &host->vmstat_file);
		if (len >= 0 && !vmstat_parse(host->text, (size_t)len, &host->vmstat))
			host_say_malformed(&host->vmstat_file);
	}
	*out = host->vmstat;
	return out->have != 0;
}

bool
host_statvfs(const struct host *host, const char *mountpoint, struct statvfs *out)
{
	if (host->answer_statvfs != NULL)
		return host->answer_statvfs(host->answer_arg, mountpoint, out);
	return statvfs(mountpoint, out) == 0;
}
