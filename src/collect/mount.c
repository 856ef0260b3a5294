/*
 * Answers to samples. An error is no health: a file system that answers with one keeps what is
 * known of its space, and its alerts. One that we may not ask is absent, and an image, which is
 * full by nature, has no space to tell of.
 */
#include "collect/mount.h"

#include <math.h>
#include <stdio.h>

#include "base/errtext.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "collect/mount_space.h"
#include "collect/scan.h"

enum { USAGE, AVAILABLE, INODES, READ_ONLY, STALE };

static const enum metric_id rows[MOUNT_SERIES] = {
    [USAGE] = METRIC_DISK_USAGE,
    [AVAILABLE] = METRIC_DISK_AVAILABLE,
    [INODES] = METRIC_DISK_INODE_USAGE,
    [READ_ONLY] = METRIC_DISK_READ_ONLY,
    [STALE] = METRIC_DISK_STALE,
};

static void
add(struct batch *batch, struct mount *m, int row, double value)
{
	const char *const labels[] = {m->mountpoint, m->source, m->fstype};

	batch_add_labelled(batch, &m->refs[row], rows[row], labels, value, NAN);
}

/* What is known of it stands. */
static void
hold(struct batch *batch, struct mount *m, int row)
{
	const char *const labels[] = {m->mountpoint, m->source, m->fstype};

	batch_hold(batch, &m->refs[row], rows[row], labels);
}

static void
hold_space(struct batch *batch, struct mount *m)
{
	hold(batch, m, USAGE);
	hold(batch, m, AVAILABLE);
	hold(batch, m, INODES);
}

/* enum metric_fault, or an errno; in the log once, when it changes. */
static void
add_fault(struct batch *batch, struct mount *m, int fault)
{
	char text[METRIC_VALUE_MAX];

	add(batch, m, STALE, fault);
	if (fault == m->fault)
		return;
	m->fault = fault;
	metric_format(UNIT_FAULT, fault, text);
	if (fault == FAULT_NONE)
		log_info("file system %s answers again", m->mountpoint);
	else
		log_warn("file system %s is %s", m->mountpoint, text);
}

static bool
is_device_read_only(const struct mount *m, struct host *host)
{
	char path[64];
	uint64_t value;
	ssize_t len;

	snprintf(path, sizeof(path), "dev/block/%llu:%llu/ro", (unsigned long long)m->row.major,
	    (unsigned long long)m->row.minor);
	len = host_read_path(host, true, path);
	return len > 0 && scan_single(host->text, (size_t)len, &value) && value == 1;
}

/*
 * Full by nature, so that there is nothing to tell. A disk that is full and was made read-only by
 * an error is none: it was writable, or had room, or its device can be written to still.
 */
static bool
is_image(struct mount *m, struct host *host, const struct statvfs *v)
{
	if (v->f_bfree == 0 && mount_space_is_image_type(m->fstype))
		return true;
	if (!m->super_read_only || !mount_space_is_closed(v))
		m->was_alive = true;
	if (m->was_alive)
		return false;
	return m->row.major == 0 ? str_starts(m->fstype, "fuse.") : is_device_read_only(m, host);
}

static void
add_space(struct batch *batch, struct mount *m, struct host *host, const struct statvfs *v)
{
	struct mount_space space;

	if (is_image(m, host, v))
		return;
	space = mount_space_of(v);
	if (!isnan(space.usage_percent))
		add(batch, m, USAGE, space.usage_percent);
	if (!isnan(space.available_bytes))
		add(batch, m, AVAILABLE, space.available_bytes);
	if (!isnan(space.inode_usage_percent))
		add(batch, m, INODES, space.inode_usage_percent);
}

static void
say_hidden(struct mount *m, int err)
{
	char text[ERRTEXT_MAX];

	if (!m->said_hidden)
		log_debug("file system %s cannot be asked, its space is absent: %s", m->mountpoint,
		    errtext(err, text));
	m->said_hidden = true;
	m->fault = FAULT_NONE;
}

struct mount *
mount_new(const struct mountinfo *info)
{
	struct mount *m = mem_zalloc(1, sizeof(*m));

	m->mountpoint = mem_strdup(info->mountpoint);
	m->source = mem_strdup(info->source);
	m->fstype = mem_strdup(info->fstype);
	m->target.path = m->mountpoint;
	return m;
}

void
mount_free(struct mount *m)
{
	mem_free(m->mountpoint);
	mem_free(m->source);
	mem_free(m->fstype);
	mem_free(m);
}

void
mount_add_read_only(struct mount *m, struct batch *batch)
{
	add(batch, m, READ_ONLY, m->read_only);
}

void
mount_add_answer(
    struct mount *m, struct batch *batch, struct host *host, int err, const struct statvfs *value)
{
	enum fsask_meaning meaning = fsask_meaning(err);

	if (meaning == FSASK_HIDDEN) {
		say_hidden(m, err);
		return;
	}
	if (meaning == FSASK_UNSURE)
		hold(batch, m, STALE);
	else
		add_fault(batch, m, err);
	if (meaning == FSASK_WELL)
		add_space(batch, m, host, value);
	else
		hold_space(batch, m);
}

/*
 * Whether it is dead is not known before the deadline, which may be many short intervals away, nor
 * while nobody is free to ask.
 */
void
mount_add_silence(struct mount *m, struct batch *batch, bool late)
{
	if (late)
		add_fault(batch, m, FAULT_NO_ANSWER);
	else
		hold(batch, m, STALE);
	hold_space(batch, m);
}
