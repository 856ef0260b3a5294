/*
 * The log file, as descriptor 2 of the launcher and so of all that it starts: workers need no right
 * to open it, and what a library prints on stderr lands there too.
 */
#ifndef PRIV_LOGFILE_H
#define PRIV_LOGFILE_H

#include <stdbool.h>

#include "priv/drop.h"

/*
 * Makes the file (0640) if it is missing, the owner's where that is permitted, and lets descriptor
 * 2 append to it. Again after rotation. False: errno says why, descriptor 2 is as before.
 */
bool logfile_open(const char *path, const struct drop_user *owner);

#endif
