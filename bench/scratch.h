/*
 * A folder for one run of a bench, gone afterwards.
 */
#ifndef BENCH_SCRATCH_H
#define BENCH_SCRATCH_H

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"

#define SCRATCH_TEMPLATE "/tmp/sysops-bench.XXXXXX"

/* Makes the folder; the agent's own user may look into it. */
static inline void
scratch_make(char path[sizeof(SCRATCH_TEMPLATE)])
{
	str_copy(path, sizeof(SCRATCH_TEMPLATE), SCRATCH_TEMPLATE);
	if (mkdtemp(path) == NULL || chmod(path, 0755) != 0)
		die_errno("%s", path);
}

/* Removes the folder with all its files; it has no folders. */
static inline void
scratch_remove(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *e;

	while (dir != NULL && (e = readdir(dir)) != NULL)
		if (e->d_name[0] != '.')
			unlinkat(dirfd(dir), e->d_name, 0);
	if (dir != NULL)
		closedir(dir);
	rmdir(path);
}

#endif
