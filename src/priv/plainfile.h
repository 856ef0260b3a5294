/*
 * Files that root opens at a path of the configuration, in a folder that may be the service user's.
 */
#ifndef PRIV_PLAINFILE_H
#define PRIV_PLAINFILE_H

#include <sys/types.h>

#include "priv/drop.h"

/*
 * open(2) without waiting and without following a link as the last component. As root, only a
 * regular file with no other name, of root or the user; anything else is refused, before it is
 * changed, with a message and EPERM. flags: not O_TRUNC.
 */
int plainfile_open(const char *path, int flags, mode_t mode, const struct drop_user *user);

#endif
