/*
 * The database's file and its write-ahead log, by their names. They belong together: a log beside
 * another file would be read into it.
 */
#ifndef KEEPER_STATEFILE_H
#define KEEPER_STATEFILE_H

#include <stdbool.h>
#include <sys/types.h>

#define STATEFILE_NAME_MAX 64
#define STATEFILE_ENDING_MAX 16
#define STATEFILE_PARTS 2

struct statefile_ids {
	dev_t dev[STATEFILE_PARTS];
	ino_t ino[STATEFILE_PARTS]; /* 0: there was none */
};

/*
 * False: of what SQLite opens by itself for that file, one is there and is no plain file, so that
 * opening it might wait for ever: *odd is its name.
 */
bool statefile_is_plain(const char *file, char odd[STATEFILE_NAME_MAX]);
/* As a file system leaves what it could not repair; to SQLite that is a new database. */
bool statefile_is_empty(const char *file);

struct statefile_ids statefile_identify(const char *file);
/* Is one that was there at that time gone or another now? */
bool statefile_replaced(const char *file, const struct statefile_ids *then);

/*
 * To file.ending, or file.ending.2 and so on where that is taken. True: *to is the name. False: no
 * name is free, or the directory does not let us; all is where it was.
 */
bool statefile_move(const char *file, const char *ending, char to[STATEFILE_NAME_MAX]);
/* How the ending is called that one of a newer version gets: "v7". */
void statefile_newer_ending(int version, char ending[STATEFILE_ENDING_MAX]);
/* Removes what went to file.ending before. */
void statefile_remove(const char *file, const char *ending);

#endif
