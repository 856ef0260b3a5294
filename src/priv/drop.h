/*
 * Giving up rights: user, groups and capabilities, by raw system calls (capabilities(7)). There is
 * no way back. Both work without rights too, and then keep what there is.
 */
#ifndef PRIV_DROP_H
#define PRIV_DROP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define DROP_CAP_DAC_READ_SEARCH (1ULL << 2)
#define DROP_CAP_SYSLOG (1ULL << 34)

struct drop_user {
	char name[64];
	uid_t uid;
	gid_t gid;
};

/* Looks up name; if this host has no such user, nobody, said once. */
void drop_find_user(const char *name, struct drop_user *user);

/* Is this process nobody's, as which many services run? */
bool drop_is_nobody(void);

/*
 * As root: becomes the user, with its groups, keeping the permitted capabilities for priv_drop_caps
 * to reduce. As anyone else: nothing to do. Dies when it fails half-way.
 */
void drop_to_user(const struct drop_user *user);

/*
 * Keeps of the permitted capabilities those in mask, effective, and none inheritable; the rest also
 * leaves the bounding set where that is permitted. Returns those kept. Dies when the kernel
 * refuses.
 */
uint64_t priv_drop_caps(uint64_t mask);

/* The capabilities in effect now; 0 when the kernel does not say. */
uint64_t priv_caps(void);

#endif
