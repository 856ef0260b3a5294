/*
 * Looks at the names of file and log, and moves both or none. The directory is ours, but what lies
 * in it may be anything: it is looked at before it is opened, and what was moved earlier is not
 * written over.
 */
#include "keeper/statefile.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAMES_MAX 9 /* of one ending; more than one is rare */
#define PART_NAME_MAX (STATEFILE_NAME_MAX + 8)

static const char *const suffixes[STATEFILE_PARTS] = {"", "-wal"};

static void
name_part(const char *file, int part, char out[PART_NAME_MAX])
{
	snprintf(out, PART_NAME_MAX, "%s%s", file, suffixes[part]);
}

bool
statefile_is_plain(const char *file, char odd[STATEFILE_NAME_MAX])
{
	/* The last is looked for beside a file that has no log. */
	static const char *const opened[] = {"", "-wal", "-journal"};
	struct stat info;

	for (size_t i = 0; i < sizeof(opened) / sizeof(opened[0]); i++) {
		snprintf(odd, STATEFILE_NAME_MAX, "%s%s", file, opened[i]);
		if (stat(odd, &info) == 0 && !S_ISREG(info.st_mode))
			return false;
	}
	return true;
}

bool
statefile_is_empty(const char *file)
{
	struct stat info;

	return stat(file, &info) == 0 && info.st_size == 0;
}

struct statefile_ids
statefile_identify(const char *file)
{
	struct statefile_ids ids = {{0}, {0}};
	char name[PART_NAME_MAX];
	struct stat info;

	for (int i = 0; i < STATEFILE_PARTS; i++) {
		name_part(file, i, name);
		if (stat(name, &info) != 0)
			continue;
		ids.dev[i] = info.st_dev;
		ids.ino[i] = info.st_ino;
	}
	return ids;
}

bool
statefile_replaced(const char *file, const struct statefile_ids *then)
{
	struct statefile_ids now = statefile_identify(file);

	for (int i = 0; i < STATEFILE_PARTS; i++)
		if (then->ino[i] != 0 && (now.ino[i] != then->ino[i] || now.dev[i] != then->dev[i]))
			return true;
	return false;
}

static bool
is_free(const char *file)
{
	char name[PART_NAME_MAX];
	struct stat info;

	for (int i = 0; i < STATEFILE_PARTS; i++) {
		name_part(file, i, name);
		if (lstat(name, &info) == 0 || errno != ENOENT)
			return false;
	}
	return true;
}

/* The log first: should we die in between, it lies beside no file, and what is there stays. */
static bool
move_both(const char *file, const char *to)
{
	char from_log[PART_NAME_MAX], to_log[PART_NAME_MAX];

	name_part(file, 1, from_log);
	name_part(to, 1, to_log);
	if (rename(from_log, to_log) != 0 && errno != ENOENT)
		return false;
	if (rename(file, to) == 0)
		return true;
	(void)rename(to_log, from_log);
	return false;
}

bool
statefile_move(const char *file, const char *ending, char to[STATEFILE_NAME_MAX])
{
	snprintf(to, STATEFILE_NAME_MAX, "%s.%s", file, ending);
	for (int i = 2; !is_free(to); i++) {
		if (i > NAMES_MAX)
			return false;
		snprintf(to, STATEFILE_NAME_MAX, "%s.%s.%d", file, ending, i);
	}
	return move_both(file, to);
}

void
statefile_newer_ending(int version, char ending[STATEFILE_ENDING_MAX])
{
	snprintf(ending, STATEFILE_ENDING_MAX, "v%d", version);
}

void
statefile_remove(const char *file, const char *ending)
{
	char moved[STATEFILE_NAME_MAX], name[PART_NAME_MAX];

	snprintf(moved, sizeof(moved), "%s.%s", file, ending);
	for (int i = 0; i < STATEFILE_PARTS; i++) {
		name_part(moved, i, name);
		(void)unlink(name);
	}
}
