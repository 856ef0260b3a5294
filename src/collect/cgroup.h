/*
 * The service that a process belongs to, from /proc/PID/cgroup (cgroups(7)), and what services read
 * and wrote, from io.stat (cgroup v2) or blkio (v1). Names are what the host calls them, made fit
 * for a label: container ids are cut to 12 digits.
 */
#ifndef COLLECT_CGROUP_H
#define COLLECT_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collect/host.h"

#define CGROUP_NAME_MAX 64
#define CGROUP_IO_MAX 256 /* services known one by one */

/* Text of PID/cgroup. False: it is in no service, scope or container. */
bool cgroup_service(const char *text, size_t len, char out[CGROUP_NAME_MAX]);

/* The same for a process that may be gone by now. */
bool cgroup_of_process(struct host *host, int pid, char out[CGROUP_NAME_MAX]);

/* One folder's name; false: a service, scope or container it is not. */
bool cgroup_name(const char *folder, size_t len, char out[CGROUP_NAME_MAX]);

struct cgroup_io_bytes {
	uint64_t all, written; /* all: read as well */
};

/* Adds the bytes of one line, without its newline; false: malformed. */
bool cgroup_io_v2(const char *line, const char *end, struct cgroup_io_bytes *out);
bool cgroup_io_v1(const char *line, const char *end, struct cgroup_io_bytes *out);

/* What each service had read and written at a moment. */
struct cgroup_io {
	int64_t taken_ns; /* 0: not yet */
	bool cut;         /* there are more than are known */
	size_t len;
	struct {
		uint64_t id; /* of its path and inode: another group of that path is another */
		struct cgroup_io_bytes bytes;
		char name[CGROUP_NAME_MAX];
	} items[CGROUP_IO_MAX];
};

/*
 * Reads them all: a folder and a file for each of at most 512 control groups, none of them on a
 * disk. False: this kernel, or its configuration, does not count.
 */
bool cgroup_io_read(struct cgroup_io *io, struct host *host, int64_t now_ns);

/*
 * Services that did, or wrote, most between two moments, bytes each; returns how many, at most n.
 * One that did more than is possible (RATE_MOST_PER_SEC) is none of them.
 */
struct cgroup_io_growth {
	char name[CGROUP_NAME_MAX];
	uint64_t bytes;
};
size_t cgroup_io_rank(const struct cgroup_io *before, const struct cgroup_io *after, bool written,
    struct cgroup_io_growth *out, size_t n);

#endif
