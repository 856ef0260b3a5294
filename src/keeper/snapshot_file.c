/*
 * Pieces to snapshot.bin.new, that file to snapshot.bin by a rename, and back to pieces. The
 * directory is ours, but what lies in it is looked at before it is read: a link, a pipe or a
 * stranger's file is refused. A disk that is full, or nearly, costs the new snapshot and nothing
 * else: the old one stays, and what was written of the new one is given back at once.
 */
#include "keeper/snapshot_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/io.h"
#include "base/str.h"

#define FILE_NAME "snapshot.bin"
#define NEW_NAME "snapshot.bin.new"

/* The disk works and its room is looked at while the pieces come, not all at the end. */
#define FLUSH_BYTES (1 << 20)

static bool
refuse(struct snapshot_file *f, const char *why)
{
	str_copy(f->why, sizeof(f->why), why);
	return false;
}

static bool
refuse_errno(struct snapshot_file *f, const char *what)
{
	snprintf(f->why, sizeof(f->why), "%s: %s", what, strerror(errno));
	return false;
}

/* A file system that does not say how large it is, is not asked. */
static bool
has_room(struct snapshot_file *f, uint64_t bytes)
{
	struct statvfs vfs;

	if (fstatvfs(f->dir->fd, &vfs) != 0)
		return refuse_errno(f, "data_dir");
	if (vfs.f_blocks == 0 || (uint64_t)vfs.f_bavail * vfs.f_frsize >= bytes)
		return true;
	return refuse(f, "not enough room on the disk of data_dir");
}

/* Each one costs its share of the lasting rate; the burst is what may be owed. */
static bool
take_turn(struct snapshot_file *f, const struct now *now)
{
	const int64_t share_ns = SNAPSHOT_EVERY_SECS * NS_PER_SEC;
	int64_t from_ns = f->full_rate_ns > now->boot_ns ? f->full_rate_ns : now->boot_ns;

	if (from_ns + share_ns > now->boot_ns + SNAPSHOT_BURST * share_ns)
		return refuse(f, "too often");
	f->full_rate_ns = from_ns + share_ns;
	return true;
}

static bool
is_usable(struct snapshot_file *f)
{
	if (f->dir->fd < 0)
		return refuse(f, "there is no data directory");
	return !workdir_lost(f->dir) || refuse(f, WORKDIR_LOST);
}

void
snapshot_file_init(struct snapshot_file *f, const struct workdir *dir)
{
	*f = (struct snapshot_file){.dir = dir, .writing = -1, .reading = -1};
	if (dir->fd >= 0)
		(void)unlinkat(dir->fd, NEW_NAME, 0);
}

void
snapshot_file_done(struct snapshot_file *f)
{
	snapshot_file_abort(f);
	snapshot_file_close(f);
}

bool
snapshot_file_begin(struct snapshot_file *f, uint64_t bytes, const struct now *now)
{
	snapshot_file_abort(f);
	if (bytes > SNAPSHOT_BYTES_MAX)
		return refuse(f, "larger than 32 MiB");
	if (!is_usable(f) || !has_room(f, bytes + SNAPSHOT_MARGIN_BYTES) || !take_turn(f, now))
		return false;
	if (unlinkat(f->dir->fd, NEW_NAME, 0) != 0 && errno != ENOENT)
		return refuse_errno(f, NEW_NAME);
	f->writing = openat(f->dir->fd, NEW_NAME,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC, 0600);
	if (f->writing < 0)
		return refuse_errno(f, NEW_NAME);
	f->written = 0;
	f->written_hash = STR_HASH_SEED;
	return true;
}

void
snapshot_file_abort(struct snapshot_file *f)
{
	if (f->writing < 0)
		return;
	io_close(&f->writing);
	(void)unlinkat(f->dir->fd, NEW_NAME, 0);
}

static bool
abort_failed(struct snapshot_file *f)
{
	snapshot_file_abort(f);
	return false;
}

/* Lets the disk write the last stretch now, so that the end has little to wait for. */
static bool
flush_ahead(struct snapshot_file *f, size_t len)
{
	uint64_t before = f->written - len;

	if (before / FLUSH_BYTES == f->written / FLUSH_BYTES)
		return true;
	(void)sync_file_range(f->writing, 0, 0, SYNC_FILE_RANGE_WRITE);
	return has_room(f, SNAPSHOT_MARGIN_BYTES);
}

bool
snapshot_file_add(struct snapshot_file *f, const void *piece, size_t len)
{
	if (len > SNAPSHOT_BYTES_MAX - f->written) {
		refuse(f, "larger than 32 MiB");
		return abort_failed(f);
	}
	if (io_write_all(f->writing, piece, len) != 0) {
		refuse_errno(f, NEW_NAME);
		return abort_failed(f);
	}
	f->written += len;
	f->written_hash = str_hash(f->written_hash, piece, len);
	return flush_ahead(f, len) || abort_failed(f);
}

static bool
put_in_place(struct snapshot_file *f)
{
	int dir = f->dir->fd;

	if (fsync(f->writing) != 0 || renameat(dir, NEW_NAME, dir, FILE_NAME) != 0)
		return refuse_errno(f, NEW_NAME);
	io_close(&f->writing);
	return fsync(dir) == 0 || refuse_errno(f, "data_dir");
}

bool
snapshot_file_commit(struct snapshot_file *f, uint64_t bytes, uint64_t hash)
{
	if (bytes != f->written || hash != f->written_hash) {
		refuse(f, "what came is not what was sent");
		return abort_failed(f);
	}
	return (is_usable(f) && put_in_place(f)) || abort_failed(f);
}

static bool
is_ours(struct snapshot_file *f)
{
	struct stat st;

	if (fstat(f->reading, &st) != 0)
		return refuse_errno(f, FILE_NAME);
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid())
		return refuse(f, FILE_NAME " is not a file of this program");
	if (st.st_size > SNAPSHOT_BYTES_MAX)
		return refuse(f, FILE_NAME " is larger than 32 MiB");
	f->left = (uint64_t)st.st_size;
	return true;
}

bool
snapshot_file_open(struct snapshot_file *f)
{
	snapshot_file_close(f);
	f->left = 0;
	if (f->dir->fd < 0)
		return true;
	f->reading = openat(
	    f->dir->fd, FILE_NAME, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (f->reading < 0)
		return errno == ENOENT || refuse_errno(f, FILE_NAME);
	if (is_ours(f))
		return true;
	snapshot_file_close(f);
	return false;
}

ssize_t
snapshot_file_read(struct snapshot_file *f, void *piece, size_t cap)
{
	ssize_t n;

	if (f->left == 0) {
		snapshot_file_close(f);
		return 0;
	}
	do {
		n = read(f->reading, piece, cap < f->left ? cap : f->left);
	} while (n < 0 && errno == EINTR);
	if (n > 0) {
		f->left -= (uint64_t)n;
		return n;
	}
	if (n < 0)
		refuse_errno(f, FILE_NAME);
	else
		refuse(f, FILE_NAME " became shorter");
	snapshot_file_close(f);
	return -1;
}

void
snapshot_file_close(struct snapshot_file *f)
{
	io_close(&f->reading);
}
