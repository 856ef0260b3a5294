/*
 * The world that collectors look at: descriptors of a proc and a sys root. A live host keeps files
 * open between cycles; a recorded one (tests, replay) is a folder that changes from frame to frame,
 * so nothing is kept and file systems are answered from a table beside it.
 *
 * A file of proc or sys may be covered by a mount that is not the kernel's own (lxcfs in a
 * container), and such a file may hang in open() and read(). So all that collectors read they read
 * through here: a covered file is read aside, by a child with a deadline, and anything else that
 * is covered (a folder, a file looked at once) counts as absent.
 */
#ifndef COLLECT_HOST_H
#define COLLECT_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/types.h>

#include "base/clock.h"
#include "collect/aside.h"
#include "collect/covers.h"
#include "collect/gaps.h"
#include "collect/host_file.h"
#include "collect/vmstat.h"

/* Most of a file that is read at once. Tables, which may be longer, are read by
 * collect/host_lines.h. */
#define HOST_TEXT_MAX (512 * 1024)
#define HOST_TABLE_MAX COVERS_TABLE_MAX /* of one that is read whole when it changes */

/*
 * The kernel makes and clears a buffer as large as the one it is given for each read below
 * proc/sys: 13 us with the whole scratch, 1 us with this.
 */
#define HOST_SMALL_MAX 256

struct host {
	int proc_fd, sys_fd;
	bool live;      /* a kernel's own /proc: descriptors may be kept between reads */
	bool own_proc;  /* proc_root is this system's own /proc, so "self" is us */
	int release[2]; /* kernel release, e.g. {5, 15}; {0, 0} unknown */
	int64_t page_bytes, ticks_per_sec;
	char *text; /* scratch of HOST_TEXT_MAX bytes: what was read last */
	/* Answers in the kernel's place, for a host that is not this one; NULL: the kernel does. */
	bool (*answer_statvfs)(void *arg, const char *mountpoint, struct statvfs *out);
	void *answer_arg;
	struct covers covers;
	struct gaps gaps;    /* what of it is not watched */
	struct aside *aside; /* NULL: nothing is read aside */
	int64_t boot_ns;     /* of the last host_look() */
	uint64_t unanswered; /* reads since the start of files that did not answer as they should */
	struct host_file vmstat_file;
	struct vmstat vmstat; /* what host_vmstat() read last ... */
	int64_t vmstat_ns;    /* ... and at which boot_ns; -1 never */
};

/* False with errno when a root cannot be opened. */
bool host_open(struct host *host, const char *proc_root, const char *sys_root);
void host_close(struct host *host);

/* A cycle begins: finds out what is covered, and reads aside what was so before. */
void host_look(struct host *host, int64_t boot_ns);

/*
 * Reads a file into host->text, NUL-terminated; its length, or -1 when absent or unreadable, which
 * is logged once for each file (host_file_say_unread()). Keeps the descriptor on a live host. -1
 * with ETIMEDOUT: it is covered, and does not answer.
 */
ssize_t host_read(struct host *host, struct host_file *file);
/*
 * As host_read(), of as much as the first read gives. What follows is behind file->fd; -1: that was
 * all. Whoever calls it closes the file where the host is not live.
 */
ssize_t host_read_first(struct host *host, struct host_file *file);
/* All of a table, of at most HOST_TABLE_MAX bytes, from mem, for the caller; NULL: cannot be read.
 */
char *host_read_table(struct host *host, struct host_file *file, size_t *len);
/* As host_read() of a small file that is one number; false when it is absent or something else. */
bool host_read_number(struct host *host, struct host_file *file, uint64_t *out);

/*
 * Whether what was read of both is of one scope, so that a formula may have both: neither is
 * foreign. Two files of one foreign server need not be: lxcfs has the guest's CPUs beside, unless
 * it is told otherwise, the host's load average.
 */
bool host_is_one_scope(const struct host_file *a, const struct host_file *b);

/*
 * /proc/vmstat, read at most once for each boot_ns: it is the dearest of the system-wide files and
 * two collectors need it. False when absent.
 */
bool host_vmstat(struct host *host, int64_t boot_ns, struct vmstat *out);

/* False when the release is not known. */
bool host_is_since(const struct host *host, int major, int minor);

/*
 * One-off looks at a path below proc (in_sys false) or sys, silently: -1 with errno or false when
 * absent. EXDEV: it is covered, and counts as absent.
 */
ssize_t host_read_path(struct host *host, bool in_sys, const char *path); /* into host->text */
ssize_t host_read_into(
    const struct host *host, bool in_sys, const char *path, char *text, size_t cap);
int host_open_path(const struct host *host, bool in_sys, const char *path, int flags);
int host_stat(const struct host *host, bool in_sys, const char *path, struct stat *out);
bool host_has(const struct host *host, bool in_sys, const char *path);
/* A folder, to walk all that is below it. */
int host_open_tree(const struct host *host, bool in_sys, const char *path);

#endif
