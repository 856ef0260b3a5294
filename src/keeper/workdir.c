/*
 * A descriptor held against the path that it had. The directory is the administrator's: it may be
 * removed, renamed or replaced while we run. When the path cannot be read for another reason, it
 * counts as being there.
 */
#include "keeper/workdir.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

void
workdir_init(struct workdir *dir, int fd, bool awaited)
{
	dir->fd = fd;
	dir->awaited = awaited;
	if (getcwd(dir->path, sizeof(dir->path)) == NULL || dir->path[0] != '/')
		dir->path[0] = '\0';
}

bool
workdir_lost(const struct workdir *dir)
{
	struct stat here, there;

	if (dir->fd < 0)
		return false;
	if (fstat(dir->fd, &here) != 0 || here.st_nlink == 0)
		return true;
	if (dir->path[0] == '\0')
		return false;
	if (stat(dir->path, &there) != 0)
		return errno == ENOENT || errno == ENOTDIR;
	return there.st_dev != here.st_dev || there.st_ino != here.st_ino;
}
