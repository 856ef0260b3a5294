/*
 * Opens the log file as descriptor 2. Its folder may be the service user's, who is not trusted, and
 * this runs as root the first time: hence plainfile_open. If it cannot be opened, descriptor 2
 * stays what it was.
 */
#include "priv/logfile.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/log.h"
#include "priv/plainfile.h"

#define FLAGS (O_WRONLY | O_APPEND)

static int
make(const char *path, const struct drop_user *owner)
{
	int fd = plainfile_open(path, FLAGS | O_CREAT | O_EXCL, 0640, owner);

	if (fd >= 0 && geteuid() == 0 && fchown(fd, owner->uid, owner->gid) != 0)
		log_warn_errno("cannot give %s to %s", path, owner->name);
	return fd;
}

bool
logfile_open(const char *path, const struct drop_user *owner)
{
	int fd = plainfile_open(path, FLAGS, 0, owner);
	bool ok;
	int err;

	if (fd < 0 && errno == ENOENT)
		fd = make(path, owner);
	if (fd < 0)
		return false;
	ok = dup2(fd, STDERR_FILENO) >= 0;
	err = errno;
	close(fd);
	errno = err;
	return ok;
}
