/*
 * Plain arithmetic; numbers of a server, or of a user's process, may make no sense.
 */
#include "collect/mount_space.h"

#include <math.h>

#include "base/str.h"

/* Some of them are mounted as if they could be written to: squashfuse says "rw". */
static const char *const image_types[] = {"squashfs", "erofs", "cramfs", "romfs", "iso9660",
    "fuse.squashfuse*", "fuse.snapfuse", "fuse.erofs*", "fuse.*.AppImage", "fuse.*.appimage"};

/*
 * Percentages are of what an unprivileged user can fill.
 */
struct mount_space
mount_space_of(const struct statvfs *v)
{
	struct mount_space space = {NAN, NAN, NAN};
	double used, available;

	if (v->f_blocks == 0 || v->f_bfree > v->f_blocks)
		return space;
	used = (double)(v->f_blocks - v->f_bfree);
	/* Some servers count what root has taken of its reserve as less than nothing. */
	available = v->f_bavail > v->f_blocks ? 0 : (double)v->f_bavail;
	if (used + available > 0)
		space.usage_percent = 100 * used / (used + available);
	space.available_bytes = available * (double)(v->f_frsize != 0 ? v->f_frsize : v->f_bsize);
	if (v->f_files > 0 && v->f_ffree <= v->f_files)
		space.inode_usage_percent =
		    100 * (double)(v->f_files - v->f_ffree) / (double)v->f_files;
	return space;
}

bool
mount_space_is_closed(const struct statvfs *v)
{
	return v->f_bfree == 0 && v->f_bavail == 0 && v->f_ffree == 0;
}

bool
mount_space_is_image_type(const char *fstype)
{
	for (size_t i = 0; i < sizeof(image_types) / sizeof(image_types[0]); i++)
		if (str_glob(image_types[i], fstype))
			return true;
	return false;
}
