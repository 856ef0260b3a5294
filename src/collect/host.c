/*
 * Opens the roots of proc and sys and reads files below them into one scratch buffer. On a live
 * host a file stays open between cycles, which halves the cost of reading it; when its descriptor
 * goes bad (a device was unplugged) it is opened anew. A file that is absent is said once. Which
 * files may hang is known from the mount table as of the cycle's begin; what comes to lie over a
 * file within a cycle is met at most by its first opening.
 */
#include "collect/host.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/str.h"
#include "base/stream.h"
#include "collect/fsask.h"
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

/* As the mount table has it; given is as good where the kernel does not say. */
static const char *
real_path(int fd, const char *given, char out[PATH_MAX])
{
	char link[32];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, out, PATH_MAX - 1);
	if (len <= 0 || out[0] != '/')
		return given;
	out[len] = '\0';
	return out;
}

/* A recording is of a host that has them at their usual places. */
static void
init_covers(struct host *host, const char *proc_root, const char *sys_root)
{
	char proc[PATH_MAX], sys[PATH_MAX];

	if (host->live)
		covers_init(&host->covers, real_path(host->proc_fd, proc_root, proc),
		    real_path(host->sys_fd, sys_root, sys));
	else
		covers_init(&host->covers, "/proc", "/sys");
	host_look(host, 0);
}

bool
host_open(struct host *host, const char *proc_root, const char *sys_root)
{
	*host = (struct host){.proc_fd = -1, .sys_fd = -1, .covers.table_fd = -1, .vmstat_ns = -1};
	host->vmstat_file = (struct host_file){
	    .path = "vmstat",
	    .tells = "mem.swap_in_rate, mem.swap_out_rate, mem.major_faults_rate, "
	             "mem.oom_kills_rate, kernel.oom_kills",
	    .fd = -1,
	};
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
	init_covers(host, proc_root, sys_root);
	read_release(host);
	return true;
}

void
host_look(struct host *host, int64_t boot_ns)
{
	uint32_t gen = host->covers.gen;

	host->boot_ns = boot_ns;
	if (host->live)
		covers_look(&host->covers, host->proc_fd);
	else
		covers_look_recorded(&host->covers, host->proc_fd);
	if (host->aside == NULL)
		return;
	if (gen != host->covers.gen)
		aside_forget(host->aside);
	aside_look(host->aside, boot_ns);
}

void
host_close(struct host *host)
{
	host_file_close(&host->vmstat_file);
	io_close(&host->proc_fd);
	io_close(&host->sys_fd);
	covers_done(&host->covers);
	aside_free(host->aside);
	host->aside = NULL;
	mem_free(host->text);
	host->text = NULL;
}

/* All of it, or what the first read gives. */
static ssize_t
read_kept(struct host *host, const struct host_file *file, bool all)
{
	ssize_t len;

	if (all)
		return io_pread_all(
		    file->fd, host->text, file->is_small ? HOST_SMALL_MAX : HOST_TEXT_MAX);
	do
		len = pread(file->fd, host->text, HOST_TEXT_MAX, 0);
	while (len < 0 && errno == EINTR);
	return len;
}

static ssize_t
open_and_read(struct host *host, struct host_file *file, bool all)
{
	ssize_t len;
	int err;

	file->fd = openat(file->in_sys ? host->sys_fd : host->proc_fd, file->path, OPEN_FLAGS);
	if (file->fd < 0)
		return -1;
	len = read_kept(host, file, all);
	err = errno;
	if ((!host->live && all) || len < 0)
		host_file_close(file);
	errno = err;
	return len;
}

/* A kept descriptor is of what was there before; what is there now may be another's. */
static void
find_cover(const struct host *host, struct host_file *file)
{
	file->covers_gen = host->covers.gen;
	file->foreign = covers_has(&host->covers, file->in_sys, file->path);
	host_file_close(file);
}

static ssize_t
read_own(struct host *host, struct host_file *file, bool all)
{
	ssize_t len = -1;

	if (file->fd >= 0)
		len = read_kept(host, file, all);
	if (len >= 0)
		return len;
	host_file_close(file);
	return open_and_read(host, file, all);
}

static ssize_t
read_foreign(struct host *host, const struct host_file *file)
{
	char path[PATH_MAX];
	ssize_t len;
	int n = snprintf(path, sizeof(path), "%s/%s",
	    file->in_sys ? host->covers.sys : host->covers.proc, file->path);

	if (n >= (int)sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (host->aside == NULL) {
		host->aside = aside_new(HOST_TEXT_MAX);
		aside_look(host->aside, host->boot_ns);
	}
	len = aside_read(host->aside, path, host->text);
	host->unanswered += len < 0 && fsask_meaning(errno) == FSASK_BROKEN;
	return len;
}

static ssize_t
read_any(struct host *host, struct host_file *file, bool all)
{
	bool aside;
	ssize_t len;
	int err;

	file->gaps = &host->gaps;
	if (file->covers_gen != host->covers.gen)
		find_cover(host, file);
	aside = file->foreign && host->live;
	len = aside ? read_foreign(host, file) : read_own(host, file, all);
	err = errno;
	if (len < 0)
		host_file_say_unread(file, err);
	else if ((all || aside) && len + 1 == HOST_TEXT_MAX)
		host_file_say_cut(file, (size_t)len);
	errno = err;
	return len;
}

ssize_t
host_read(struct host *host, struct host_file *file)
{
	return read_any(host, file, true);
}

ssize_t
host_read_first(struct host *host, struct host_file *file)
{
	return read_any(host, file, false);
}

char *
host_read_table(struct host *host, struct host_file *file, size_t *len)
{
	ssize_t n = host_read_first(host, file);
	char *text = NULL;

	if (n >= 0 && file->fd >= 0) {
		text = stream_pread_most(file->fd, HOST_TABLE_MAX, len);
		if (text != NULL && *len == HOST_TABLE_MAX)
			host_file_say_cut(file, *len);
	} else if (n >= 0) {
		text = mem_strndup(host->text, (size_t)n);
		*len = (size_t)n;
	}
	if (!host->live)
		host_file_close(file);
	return text;
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
	host_file_say_malformed(file);
	return false;
}

bool
host_is_one_scope(const struct host_file *a, const struct host_file *b)
{
	return !a->foreign && !b->foreign;
}

bool
host_is_since(const struct host *host, int major, int minor)
{
	return host->release[0] > major || (host->release[0] == major && host->release[1] >= minor);
}

/* The descriptor that path is below, or -1 with EXDEV: not to be looked at. */
static int
root_of(const struct host *host, bool in_sys, const char *path)
{
	if (host->live && covers_has(&host->covers, in_sys, path)) {
		errno = EXDEV;
		return -1;
	}
	return in_sys ? host->sys_fd : host->proc_fd;
}

ssize_t
host_read_into(const struct host *host, bool in_sys, const char *path, char *text, size_t cap)
{
	int root = root_of(host, in_sys, path);

	return root < 0 ? -1 : io_read_at(root, path, text, cap);
}

ssize_t
host_read_path(struct host *host, bool in_sys, const char *path)
{
	return host_read_into(host, in_sys, path, host->text, HOST_TEXT_MAX);
}

int
host_open_path(const struct host *host, bool in_sys, const char *path, int flags)
{
	int root = root_of(host, in_sys, path);

	return root < 0 ? -1 : openat(root, path, flags | O_CLOEXEC);
}

int
host_open_tree(const struct host *host, bool in_sys, const char *path)
{
	if (host->live && covers_has_below(&host->covers, in_sys, path)) {
		errno = EXDEV;
		return -1;
	}
	return host_open_path(host, in_sys, path, O_RDONLY | O_DIRECTORY);
}

int
host_stat(const struct host *host, bool in_sys, const char *path, struct stat *out)
{
	int root = root_of(host, in_sys, path);

	return root < 0 ? -1 : fstatat(root, path, out, 0);
}

bool
host_has(const struct host *host, bool in_sys, const char *path)
{
	int root = root_of(host, in_sys, path);

	return root >= 0 && faccessat(root, path, F_OK, 0) == 0;
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
			host_file_say_malformed(&host->vmstat_file);
	}
	*out = host->vmstat;
	return out->have != 0;
}
