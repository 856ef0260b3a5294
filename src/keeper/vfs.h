/*
 * SQLite's access to files, by names in the working directory.
 */
#ifndef KEEPER_VFS_H
#define KEEPER_VFS_H

/* The name of a VFS like that of SQLite's own name (NULL: its default), for sqlite3_open_v2(). */
const char *vfs_in_workdir(const char *name);

#endif
