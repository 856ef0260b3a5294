/*
 * Is what lies on a disk ours, or can others change it?
 */
#ifndef BASE_TRUST_H
#define BASE_TRUST_H

#include <stdbool.h>
#include <sys/stat.h>

#define TRUST_WHY_MAX 128

/* Who may write, besides root. */
struct trust {
	uid_t user;
	gid_t group;
};

/* Who this process is now. */
struct trust trust_self(void);

/*
 * True if nobody but root and these can write to it. Else why says who, and what mends it:
 * "belongs to user 1000: chown it to user 0". st: of an open descriptor; a name can be another's by
 * now.
 */
bool trust_is_ours(const struct trust *us, const struct stat *st, char why[TRUST_WHY_MAX]);

/* The same of what is open. What cannot be looked at is not ours. */
bool trust_fd_is_ours(const struct trust *us, int fd, char why[TRUST_WHY_MAX]);

/* The same, whoever owns it: true if not everybody can write to it. */
bool trust_is_closed(const struct stat *st, char why[TRUST_WHY_MAX]);

#endif
