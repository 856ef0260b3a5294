/*
 * Makes, opens and locks the data directory as the user that will write there, so that nothing in a
 * directory of that user can lead root astray. A disk that is full, read-only, not there or does
 * not answer costs the memory of a restart, not the monitoring: then there is no directory, said
 * once, and it is looked for until there is.
 */
#include "priv/datadir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/errtext.h"
#include "base/io.h"
#include "base/log.h"
#include "base/trust.h"
#include "priv/plainfile.h"

static bool
is_empty(int fd)
{
	int own = dup(fd);
	DIR *dir = own < 0 ? NULL : fdopendir(own);
	int entries = 0;

	while (dir != NULL && entries < 3 && readdir(dir) != NULL)
		entries++;
	if (dir != NULL)
		closedir(dir);
	return dir != NULL && entries == 2;
}

/*
 * To the user, if it is root's alone and holds nothing: just made, or made by hand for this. By
 * descriptor: in a folder of the user's, the name could be another file's by now. False: it stays
 * whose it is.
 */
static bool
change_owner(const char *path, const struct drop_user *user)
{
	const struct trust root = {0, 0};
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	char why[TRUST_WHY_MAX];
	struct stat st;
	bool given = fd >= 0 && fstat(fd, &st) == 0 && st.st_uid == 0 &&
	             trust_is_ours(&root, &st, why) && is_empty(fd) &&
	             fchown(fd, user->uid, user->gid) == 0;

	io_close(&fd);
	return given;
}

struct place_args {
	const char *path;
	const struct drop_user *user;
};

static void
make_dir(const void *arg, struct oneshot *result)
{
	const struct place_args *a = arg;
	bool made = mkdir(a->path, 0700) == 0;

	(void)result;
	if (!made && errno != EEXIST)
		log_warn_errno("cannot create %s", a->path);
	else if (geteuid() == 0 && !change_owner(a->path, a->user) && made)
		log_warn_errno("cannot give %s to %s", a->path, a->user->name);
}

static void
open_pid(const void *arg, struct oneshot *result)
{
	const struct place_args *a = arg;

	result->fds[0] = plainfile_open(a->path, O_WRONLY | O_CREAT, 0644, a->user);
	result->err = errno;
}

static void
prepare_pid(struct datadir *d, const struct drop_user *user)
{
	const struct place_args args = {d->pid_path, user};
	struct oneshot opened;
	bool asked = oneshot_run(open_pid, &args, &opened);

	if (asked)
		errno = opened.err;
	d->pid_fd = asked ? opened.fds[0] : -1;
	if (d->pid_fd < 0)
		log_warn_errno("cannot write %s", d->pid_path);
}

void
datadir_prepare(
    struct datadir *d, const char *path, const char *pid_path, const struct drop_user *user)
{
	const struct place_args args = {path, user};
	struct oneshot made;

	*d = (struct datadir){
	    .path = path, .dir_fd = -1, .lock_fd = -1, .pid_fd = -1, .pid_path = pid_path};
	if (path[0] != '\0' && !seek_first(&d->seek, make_dir, &args, &made)) {
		d->making = errno == ETIMEDOUT;
		if (!d->making)
			log_warn_errno("no process can be started to make %s", path);
	}
	if (pid_path[0] != '\0')
		prepare_pid(d, user);
}

/* On a read-only disk the lock is that of an earlier start: what is there can still be read. */
static int
open_lock(int dir_fd)
{
	const int flags = O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	int fd = openat(dir_fd, "lock", flags | O_CREAT | O_RDWR, 0600);

	return fd < 0 && errno == EROFS ? openat(dir_fd, "lock", flags | O_RDONLY) : fd;
}

struct open_args {
	const char *path;
	bool quiet; /* it was said before */
};

/* Who can write there can say what we remember: that we told of an alert, or shall be silent. */
static bool
is_ours(const struct open_args *a, int dir_fd)
{
	const struct trust us = trust_self();
	char why[TRUST_WHY_MAX];

	if (trust_fd_is_ours(&us, dir_fd, why))
		return true;
	if (!a->quiet)
		log_warn("data_dir %s %s", a->path, why);
	errno = EPERM;
	return false;
}

/*
 * The kernel names no holder of a flock(2), but of a lock of fcntl(2), and never one that has
 * ended. So who holds the directory takes both; this one for reading, which a lock file of a
 * read-only disk allows, too. Without it only the name of the holder is missing.
 */
static void
sign(int lock_fd)
{
	const struct flock all = {.l_type = F_RDLCK, .l_whence = SEEK_SET};

	(void)fcntl(lock_fd, F_SETLK, &all);
}

/* 0: nobody has signed, or one who is not seen from here, as in another container. */
static pid_t
find_signer(int lock_fd)
{
	struct flock other = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	if (fcntl(lock_fd, F_GETLK, &other) != 0 || other.l_type == F_UNLCK || other.l_pid < 0)
		return 0;
	return other.l_pid;
}

pid_t
datadir_holder(const char *path)
{
	int dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), lock_fd = -1;
	pid_t pid = 0;

	if (dir_fd >= 0)
		lock_fd = openat(
		    dir_fd, "lock", O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (lock_fd >= 0)
		pid = find_signer(lock_fd);
	io_close(&lock_fd);
	io_close(&dir_fd);
	return pid;
}

/* What is missing is made, if our user may. */
static int
open_dir(const char *path)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
	int fd = open(path, flags), err = errno;

	if (fd < 0 && err == ENOENT && mkdir(path, 0700) == 0)
		return open(path, flags);
	errno = err;
	return fd;
}

/* The directory and the lock; both -1, with err, if it cannot be had; value: who has it. */
static void
open_and_lock(const void *arg, struct oneshot *result)
{
	int *dir_fd = &result->fds[0], *lock_fd = &result->fds[1];
	const struct open_args *a = arg;

	*dir_fd = open_dir(a->path);
	if (*dir_fd >= 0 && is_ours(a, *dir_fd))
		*lock_fd = open_lock(*dir_fd);
	if (*lock_fd >= 0 && flock(*lock_fd, LOCK_EX | LOCK_NB) == 0)
		return;
	result->err = errno;
	if (*lock_fd >= 0)
		result->value = (int)find_signer(*lock_fd);
	io_close(lock_fd);
	io_close(dir_fd);
}

static void
say_taken(const char *path, int pid)
{
	char who[32] = "";

	if (pid > 0)
		snprintf(who, sizeof(who), ", process %d,", pid);
	log_error("%s is in use: another sysops-agent%s runs with this data_dir; stop that one, or "
	          "give this one a data_dir of its own",
	    path, who);
}

static const char until_then[] = "running without until it can be: nothing survives a restart";

static void
say_missing(const char *path, int err)
{
	char why[ERRTEXT_MAX];

	log_warn("cannot use data_dir %s: %s: %s", path, errtext(err, why), until_then);
	if (err == EACCES)
		log_warn("data_dir has to be a folder of user %u, as whom this runs: chown %u %s",
		    (unsigned)geteuid(), (unsigned)geteuid(), path);
}

/* What the child has found: the directory is ours from here on, or why not is said, once. */
static enum datadir_state
settle(struct datadir *d, const struct oneshot *held)
{
	bool said = d->said_err == held->err;

	d->dir_fd = held->fds[0];
	d->lock_fd = held->fds[1];
	d->said_err = held->err;
	if (d->lock_fd >= 0) {
		sign(d->lock_fd);
		return DATADIR_OURS;
	}
	if (!said && held->err == EWOULDBLOCK)
		say_taken(d->path, held->value);
	else if (!said)
		say_missing(d->path, held->err);
	return held->err == EWOULDBLOCK ? DATADIR_TAKEN : DATADIR_NONE;
}

enum datadir_state
datadir_lock(struct datadir *d)
{
	const struct open_args args = {.path = d->path};
	struct oneshot held;

	if (d->path[0] == '\0')
		return DATADIR_NONE;
	if (!d->making && seek_first(&d->seek, open_and_lock, &args, &held))
		return settle(d, &held);
	if (d->making || errno == ETIMEDOUT)
		log_warn("data_dir %s does not answer within %d s: %s", d->path,
		    ONESHOT_WAIT_MS / 1000, until_then);
	else
		log_warn_errno(
		    "no process can be started to open data_dir %s: %s", d->path, until_then);
	return DATADIR_NONE;
}

bool
datadir_retry(struct datadir *d, int64_t now_ns)
{
	const struct open_args args = {d->path, d->said_err == EPERM};
	struct oneshot held;

	d->making = d->making && seek_is_at_work(&d->seek); /* else it has died over it */
	if (d->path[0] == '\0' || d->dir_fd >= 0 ||
	    !seek_again(&d->seek, open_and_lock, &args, now_ns, &held))
		return false;
	if (d->making) { /* as root, while it was frozen */
		d->making = false;
		seek_hasten(&d->seek);
		return seek_again(&d->seek, open_and_lock, &args, now_ns, &held);
	}
	if (settle(d, &held) != DATADIR_OURS)
		return false;
	log_info("data_dir %s can be used now: what is known is kept there", d->path);
	return true;
}

void
datadir_write_pid(struct datadir *d)
{
	if (d->pid_fd < 0)
		return;
	if (ftruncate(d->pid_fd, 0) != 0 || dprintf(d->pid_fd, "%d\n", (int)getpid()) < 0)
		log_warn_errno("cannot write %s", d->pid_path);
}

void
datadir_done(struct datadir *d)
{
	if (d->pid_fd >= 0 && unlink(d->pid_path) != 0 && ftruncate(d->pid_fd, 0) != 0)
		log_warn_errno("cannot remove %s", d->pid_path);
	io_close(&d->pid_fd);
	io_close(&d->lock_fd);
	io_close(&d->dir_fd);
}
