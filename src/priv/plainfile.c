/*
 * Opens a path only if it is an ordinary file that root may safely write to. What the path leads to
 * is not trusted: in a folder of its own, the service user could have put a second name of
 * another's file there, or a pipe that never opens. Then it is not touched, said in the log.
 */
#include "priv/plainfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

static bool
is_plain(int fd, const struct drop_user *user)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1 &&
	       (st.st_uid == 0 || st.st_uid == user->uid);
}

int
plainfile_open(const char *path, int flags, mode_t mode, const struct drop_user *user)
{
	int fd = open(path, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY, mode);

	if (fd < 0 || geteuid() != 0 || is_plain(fd, user))
		return fd;
	close(fd);
	log_warn("%s is not a file of %s with this one name: not touched", path, user->name);
	errno = EPERM;
	return -1;
}
