/*
 * SQLite makes a path from the root of each name and looks at every folder on it. Ours are names in
 * a directory that was opened for us, whose path this user may not be allowed to walk (a home of
 * mode 0700), and which may have another path by now. So the name stays as it is.
 */
#include "keeper/vfs.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/str.h"

#define KINDS 2
#define NAME_MAX_BYTES 32

static int
keep_name(sqlite3_vfs *vfs, const char *name, int room, char *out)
{
	(void)vfs;
	return room > 0 && str_copy(out, (size_t)room, name) ? SQLITE_OK : SQLITE_CANTOPEN;
}

const char *
vfs_in_workdir(const char *name)
{
	static struct {
		sqlite3_vfs vfs;
		char name[NAME_MAX_BYTES];
	} made[KINDS];
	const sqlite3_vfs *of = sqlite3_vfs_find(name);

	for (int i = 0; of != NULL && i < KINDS; i++) {
		char wanted[NAME_MAX_BYTES];

		snprintf(wanted, sizeof(wanted), "workdir-%s", of->zName);
		if (made[i].name[0] == '\0') {
			str_copy(made[i].name, sizeof(made[i].name), wanted);
			made[i].vfs = *of;
			made[i].vfs.zName = made[i].name;
			made[i].vfs.xFullPathname = keep_name;
			if (sqlite3_vfs_register(&made[i].vfs, 0) != SQLITE_OK) {
				made[i].name[0] = '\0';
				return name;
			}
		}
		if (str_eq(made[i].name, wanted))
			return made[i].name;
	}
	return name;
}
