/*
 * Judges by owner and mode (inode(7)). A group is trusted if it is root's or our own: files
 * of private groups are group-writable on many hosts. The sticky bit of a folder is no excuse: who
 * comes first owns the name.
 */
#include "base/trust.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool
trust_is_closed(const struct stat *st, char why[TRUST_WHY_MAX])
{
	if ((st->st_mode & S_IWOTH) == 0)
		return true;
	snprintf(why, TRUST_WHY_MAX, "can be written by everyone (mode %04o): chmod o-w it",
	    (unsigned)st->st_mode & 07777);
	return false;
}

struct trust
trust_self(void)
{
	return (struct trust){geteuid(), getegid()};
}

bool
trust_is_ours(const struct trust *us, const struct stat *st, char why[TRUST_WHY_MAX])
{
	if (st->st_uid != 0 && st->st_uid != us->user) {
		snprintf(why, TRUST_WHY_MAX, "belongs to user %u: chown it to user %u",
		    (unsigned)st->st_uid, (unsigned)us->user);
		return false;
	}
	if (!trust_is_closed(st, why))
		return false;
	if ((st->st_mode & S_IWGRP) == 0 || st->st_gid == 0 || st->st_gid == us->group)
		return true;
	snprintf(why, TRUST_WHY_MAX, "can be written by group %u (mode %04o): chmod g-w it",
	    (unsigned)st->st_gid, (unsigned)st->st_mode & 07777);
	return false;
}

bool
trust_fd_is_ours(const struct trust *us, int fd, char why[TRUST_WHY_MAX])
{
	struct stat st;

	if (fstat(fd, &st) == 0)
		return trust_is_ours(us, &st, why);
	snprintf(why, TRUST_WHY_MAX, "cannot be looked at: %s", strerror(errno));
	return false;
}
