/*
 * Opens the log file as descriptor 2. Its folder may be the service user's, who is not trusted, and
 * this runs as root the first time: hence plainfile_open. If it cannot be opened, descriptor 2
 * stays what it was. So it does where the disk does not answer.
 */
#include "priv/logfile.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "priv/oneshot.h"
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

struct log_args {
	const char *path;
	const struct drop_user *owner;
};

static void
open_log(const void *arg, struct oneshot *result)
{
	const struct log_args *a = arg;
	int fd = plainfile_open(a->path, FLAGS, 0, a->owner);

	if (fd < 0 && errno == ENOENT)
		fd = make(a->path, a->owner);
	result->fds[0] = fd;
	result->err = errno;
}

bool
logfile_open(const char *path, const struct drop_user *owner)
{
	const struct log_args args = {path, owner};
	struct oneshot opened;
	bool ok;

	if (!oneshot_run(open_log, &args, &opened))
		return false;
	ok = opened.fds[0] >= 0 && dup2(opened.fds[0], STDERR_FILENO) >= 0;
	if (opened.fds[0] >= 0) /* else what went wrong is the child's */
		opened.err = errno;
	io_close(&opened.fds[0]);
	errno = opened.err;
	return ok;
}
