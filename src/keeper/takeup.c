/*
 * Who goes back to an older version and then on again finds what was kept before: an alert that
 * somebody was told of and that has ended since, a notice that never left. The older version's rows
 * win, for they are of a later time. The file is this program's own, and may be damaged all the
 * same. Should we die between its rows and its end, they come once more.
 */
#include "keeper/takeup.h"

#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "keeper/statefile.h"

static bool
run(sqlite3 *db, const char *sql)
{
	return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

static bool
attach(sqlite3 *db, const char *name)
{
	sqlite3_stmt *stmt = NULL;
	bool ok = sqlite3_prepare_v2(db, "ATTACH ? AS aside", -1, &stmt, NULL) == SQLITE_OK &&
	          sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC) == SQLITE_OK &&
	          sqlite3_step(stmt) == SQLITE_DONE;

	sqlite3_finalize(stmt);
	return ok;
}

static void
take_up(sqlite3 *db, const char *file, int version)
{
	char ending[STATEFILE_ENDING_MAX], name[STATEFILE_NAME_MAX], odd[STATEFILE_NAME_MAX];
	bool taken;

	statefile_newer_ending(version, ending);
	snprintf(name, sizeof(name), "%.32s.%s", file, ending);
	if (access(name, F_OK) != 0 || !statefile_is_plain(name, odd))
		return;
	taken =
	    attach(db, name) && run(db, "INSERT OR IGNORE INTO main.kept SELECT * FROM aside.kept");
	if (taken)
		log_info("%s, which an older version of this program had set aside, is taken up "
		         "again: %d rows",
		    name, sqlite3_changes(db));
	else
		log_warn("%s cannot be taken up again and stays where it is: %s", name,
		    sqlite3_errmsg(db));
	(void)run(db, "DETACH aside"); /* fails where it was never attached */
	if (taken)
		statefile_remove(file, ending);
}

void
takeup_all(sqlite3 *db, const char *file, int version)
{
	for (int v = 1; v <= version; v++)
		take_up(db, file, v);
}
