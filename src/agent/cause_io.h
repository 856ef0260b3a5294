/*
 * Who read and wrote most: by the kernel's accounts of services, else by the processes whose
 * traffic may be read.
 */
#ifndef AGENT_CAUSE_IO_H
#define AGENT_CAUSE_IO_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "collect/cgroup.h"
#include "collect/host.h"
#include "core/latest.h"

#define CAUSE_IO_NAMED 3

struct cause_io {
	struct host *host;
	const struct latest *latest;
	struct cgroup_io *before, *after; /* taken when first needed */
	int64_t looked_ns;                /* boot time when disks were looked at; 0: never */
};

void cause_io_init(struct cause_io *io, struct host *host, const struct latest *latest);
void cause_io_done(struct cause_io *io);

/*
 * Each cycle. building: an alert on a disk is about to be told, or to get worse. Then, and where a
 * disk is half full, what services have read and written so far is noted, once in ten minutes.
 */
void cause_io_look(struct cause_io *io, bool building, const struct now *now);

/*
 * "backup.service 30.0 MiB/s, ...", at most CAUSE_IO_NAMED; written: reads do not count. False:
 * nobody stands out, and out is as it was.
 */
bool cause_io_tell(struct cause_io *io, bool written, int64_t now_ns, struct buf *out);

#endif
