/*
 * A row and a path to an answer. A path is not trusted to lead to its row: in a container it may
 * lead to the container's own, and what was mounted a moment ago may be gone. One open file stands
 * for all steps in between, and nothing can be unmounted under it.
 *
 * Device numbers tell file systems apart, mount ids (statx(2), name_to_handle_at(2)) mounts. An id
 * is given again at once when its mount is gone, so it counts only where a device says nothing: the
 * subvolumes of btrfs, and others without a device, may show other numbers than the table has.
 */
#include "collect/fsask.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* Below root, for openat() takes an absolute path to our own. */
static int
open_below(int root, const char *path)
{
	while (*path == '/')
		path++;
	return openat(root, *path == '\0' ? "." : path, O_PATH | O_CLOEXEC);
}

/* Before Linux 5.8 statx() has no mount ids. 0: this file system has none for us. */
static uint64_t
id_by_handle(int fd)
{
	struct file_handle none = {.handle_bytes = 0};
	int id = 0;

	if (name_to_handle_at(fd, "", &none, &id, AT_EMPTY_PATH) == 0 || errno == EOVERFLOW)
		return (uint64_t)id;
	return 0;
}

/* Where statx() is not there, or a sandbox of old has never heard of it. */
static int
identify_by_stat(int fd, struct fsask_row *out)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return errno;
	out->major = major(st.st_dev);
	out->minor = minor(st.st_dev);
	return 0;
}

/* Asks no server: the numbers are the kernel's own. */
static int
identify(int fd, struct fsask_row *out)
{
#ifdef STATX_MNT_ID
	const int flags = AT_EMPTY_PATH | AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC;
	struct statx x;

	if (statx(fd, "", flags, STATX_MNT_ID, &x) == 0) {
		out->major = x.stx_dev_major;
		out->minor = x.stx_dev_minor;
		out->id = (x.stx_mask & STATX_MNT_ID) != 0 ? x.stx_mnt_id : id_by_handle(fd);
		return 0;
	}
	if (errno != ENOSYS && errno != EPERM)
		return errno;
#endif
	out->id = id_by_handle(fd);
	return identify_by_stat(fd, out);
}

static bool
is_row(const struct fsask_row *row, const struct fsask_row *found)
{
	if (row->id == 0)
		return row->sure;
	if (row->major == found->major && row->minor == found->minor)
		return true;
	return row->major == 0 && found->major == 0 && row->id == found->id;
}

/* Before Linux 3.12 such a descriptor cannot be asked, only what it leads to. */
static int
ask_open(int fd, struct statvfs *out)
{
	char path[32];

	if (fstatvfs(fd, out) == 0)
		return 0;
	if (errno != EBADF)
		return errno;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return statvfs(path, out) == 0 ? 0 : errno;
}

/* fd: the path, open, or -1 with errno. Where it may be anybody's, what is in its way says nothing.
 */
static int
ask_path(int fd, const struct fsask_row *row, struct statvfs *out)
{
	struct fsask_row found = {.id = 0};
	int err;

	if (fd < 0)
		return row->sure || fsask_meaning(errno) == FSASK_UNSURE ? errno : ENOENT;
	err = identify(fd, &found);
	if (err != 0)
		err = row->sure ? err : ENOENT;
	else
		err = is_row(row, &found) ? ask_open(fd, out) : ENOENT;
	close(fd);
	return err;
}

int
fsask(int root, const char *path, const struct fsask_row *row, struct statvfs *out)
{
	int err = ENOENT;

	if (row->elsewhere)
		err = ask_path(open_below(root, path), row, out);
	if (!row->elsewhere || (!row->sure && err == ENOENT))
		err = ask_path(open(path, O_PATH | O_CLOEXEC), row, out);
	return err;
}

enum fsask_meaning
fsask_meaning(int err)
{
	switch (err) {
	case 0:
		return FSASK_WELL;
	case EMFILE:
	case ENFILE:
	case ENOMEM:
	case EINTR:
	case EAGAIN:
		return FSASK_UNSURE;
	case EPERM:
	case EACCES:
	case ENOKEY:
	case EKEYEXPIRED:
	case EKEYREVOKED:
	case EKEYREJECTED:
	case ENOENT:
	case ENOTDIR:
	case ELOOP:
	case ENAMETOOLONG:
	case ENOSYS:
	case EOPNOTSUPP:
	case EOVERFLOW:
		return FSASK_HIDDEN;
	default:
		return FSASK_BROKEN;
	}
}
