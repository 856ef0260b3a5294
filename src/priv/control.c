/*
 * Binds the control socket in a folder, accepts its clients and connects to it. Whoever connects is
 * not trusted: the kernel says who it is (SO_PEERCRED, SO_PEERGROUPS; unix(7)), what it sends is
 * the business of others. Folders whose path is too long for an address are reached through their
 * descriptor.
 */
#include "priv/control.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "base/str.h"
#include "base/trust.h"

#define BACKLOG 8
#define REFUSALS_MAX 16 /* clients turned away in one call: a flood must not hold the loop */

#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59 /* Linux 4.13 */
#endif

/* *dir_fd: -1, or a descriptor that the address goes through, to be closed after its use. */
static bool
find_address(const char *dir, struct sockaddr_un *addr, int *dir_fd)
{
	int len;

	*dir_fd = -1;
	*addr = (struct sockaddr_un){.sun_family = AF_UNIX};
	len = snprintf(addr->sun_path, sizeof(addr->sun_path), "%s/" CONTROL_NAME, dir);
	if (len > 0 && (size_t)len < sizeof(addr->sun_path))
		return true;
	*dir_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (*dir_fd < 0)
		return false;
	snprintf(addr->sun_path, sizeof(addr->sun_path), "/proc/self/fd/%d/" CONTROL_NAME, *dir_fd);
	return true;
}

/* Whatever is there that is no socket stays, and then bind() fails. */
static void
remove_old(const char *path)
{
	struct stat st;

	if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
		(void)unlink(path);
}

static int
listen_in(const char *dir)
{
	struct sockaddr_un addr;
	int dir_fd, fd, err;
	mode_t mask;
	bool ok;

	if (!find_address(dir, &addr, &dir_fd))
		return -1;
	remove_old(addr.sun_path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	mask = umask(0117);
	ok = fd >= 0 && bind(fd, (const struct sockaddr *)&addr, sizeof(addr)) == 0;
	err = errno;
	(void)umask(mask);
	if (ok && listen(fd, BACKLOG) != 0) {
		ok = false;
		err = errno;
	}
	if (!ok)
		io_close(&fd);
	io_close(&dir_fd);
	errno = err;
	return fd;
}

/* Where others can write, another socket could lie under the name by the time somebody asks. */
static bool
is_ours(const char *dir, bool quiet)
{
	int fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	const struct trust us = trust_self();
	char why[TRUST_WHY_MAX];
	bool ours = fd < 0 || trust_fd_is_ours(&us, fd, why);

	if (!ours && !quiet)
		log_warn("no control socket in %s: it %s", dir, why);
	io_close(&fd);
	return ours;
}

/* Where it may be; "": not there. */
struct places {
	char dirs[CONTROL_PLACES][PATH_MAX];
	bool quiet; /* what is wrong was said before */
};

static int
try_dir(const struct places *p, const char *dir)
{
	int fd;

	if (dir[0] == '\0' || !is_ours(dir, p->quiet))
		return -1;
	fd = listen_in(dir);
	if (fd < 0 && !p->quiet)
		log_warn_errno("no control socket in %s", dir);
	return fd;
}

/* In a child, for a dead disk may hold it; value: the number of the place. */
static void
listen_somewhere(const void *arg, struct oneshot *result)
{
	const struct places *p = arg;

	for (int i = 0; i < CONTROL_PLACES && result->fds[0] < 0; i++) {
		result->fds[0] = try_dir(p, p->dirs[i]);
		result->value = i;
	}
}

static void
find_places(const char *data_dir, struct places *p)
{
	const char *run = getenv("RUNTIME_DIRECTORY");
	size_t len = run == NULL ? 0 : strcspn(run, ":");

	memset(p, 0, sizeof(*p));
	if (len < PATH_MAX && run != NULL)
		memcpy(p->dirs[0], run, len);
	str_copy(p->dirs[1], PATH_MAX, data_dir);
}

static bool
settle(struct control *c, const struct places *p, const struct oneshot *found)
{
	c->fd = found->fds[0];
	c->in_run_dir = found->value == 0;
	memcpy(c->dir, p->dirs[found->value == 0 ? 0 : 1], PATH_MAX);
	return c->fd >= 0;
}

void
control_open(struct control *c, const char *data_dir)
{
	struct oneshot found;
	struct places p;

	*c = (struct control){.fd = -1};
	find_places(data_dir, &p);
	if (seek_first(&c->seek, listen_somewhere, &p, &found) && settle(c, &p, &found))
		return;
	log_warn("without a control socket, status and silence do not reach this agent");
}

bool
control_retry(struct control *c, const char *data_dir, int64_t now_ns)
{
	struct oneshot found;
	struct places p;

	if (c->fd >= 0)
		return false;
	find_places(data_dir, &p);
	p.quiet = true;
	if ((p.dirs[0][0] == '\0' && p.dirs[1][0] == '\0') ||
	    !seek_again(&c->seek, listen_somewhere, &p, now_ns, &found) || !settle(c, &p, &found))
		return false;
	log_info("there is a control socket in %s now", c->dir);
	return true;
}

/* In the data directory the name stays: to remove it is to wait for a disk that may be frozen. */
void
control_done(struct control *c)
{
	struct sockaddr_un addr;
	int dir_fd = -1;

	if (c->fd >= 0 && c->in_run_dir && find_address(c->dir, &addr, &dir_fd))
		remove_old(addr.sun_path);
	io_close(&dir_fd);
	io_close(&c->fd);
}

static bool
is_in_our_group(int fd, const struct ucred *peer)
{
	static gid_t groups[NGROUPS_MAX]; /* only what is used costs memory */
	gid_t ours = getegid();
	socklen_t len = sizeof(groups);

	if (peer->gid == ours)
		return true;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len) != 0)
		return false;
	for (size_t i = 0; i < len / sizeof(groups[0]); i++) {
		if (groups[i] == ours)
			return true;
	}
	return false;
}

/* Where others run as our user, none of them speaks for whoever runs this host. */
static bool
is_allowed(int fd, bool shared)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0 || len != sizeof(peer))
		return false;
	if (peer.uid == 0)
		return true;
	if (!shared && (peer.uid == geteuid() || is_in_our_group(fd, &peer)))
		return true;
	log_warn("control socket: process %d of user %u is turned away", (int)peer.pid,
	    (unsigned)peer.uid);
	return false;
}

int
control_accept(int fd, bool shared)
{
	for (int i = 0; i < REFUSALS_MAX; i++) {
		int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (client < 0 && (errno == EINTR || errno == ECONNABORTED))
			continue;
		if (client < 0 || is_allowed(client, shared))
			return client;
		close(client);
	}
	errno = EAGAIN;
	return -1;
}

int
control_connect(const char *dir, int wait_secs)
{
	struct timeval wait = {.tv_sec = wait_secs};
	struct sockaddr_un addr;
	int dir_fd, fd, err;

	if (!find_address(dir, &addr, &dir_fd))
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) != 0 ||
	                   setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)) != 0 ||
	                   connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) != 0)) {
		err = errno;
		io_close(&fd);
		errno = err;
	}
	err = errno;
	io_close(&dir_fd);
	errno = err;
	return fd;
}
