/*
 * The data directory as it was when the keeper entered it, and whether it still is at that place:
 * what is written into one that was moved away or removed is lost.
 */
#ifndef KEEPER_WORKDIR_H
#define KEEPER_WORKDIR_H

#include <limits.h>
#include <stdbool.h>

/* What people are told then. */
#define WORKDIR_LOST "data_dir was removed or replaced: restart to use the new one"

struct workdir {
	int fd;              /* the caller's; -1: there is none */
	bool awaited;        /* it may come: to the next keeper */
	char path[PATH_MAX]; /* "": not known */
};

/* The current directory is that of fd, or there is none, yet or at all. */
void workdir_init(struct workdir *dir, int fd, bool awaited);

bool workdir_lost(const struct workdir *dir);

#endif
