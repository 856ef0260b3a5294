/*
 * The way back of a database that an older version of this program had set aside: file.vN.
 */
#ifndef KEEPER_TAKEUP_H
#define KEEPER_TAKEUP_H

#include <sqlite3.h>

/*
 * Puts the rows of each file.vN, for N up to version, into the database, which is open as file, and
 * then removes that one. What the database has of the same key is newer and stays. One that cannot
 * be taken up is left where it is, with a warning.
 */
void takeup_all(sqlite3 *db, const char *file, int version);

#endif
