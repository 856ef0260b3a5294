/*
 * Is agent.timezone a zone of the tz database? Where it is none, the nearest name of the database
 * is looked for: by its last part, for people know cities, then by spelling. The database is a
 * tree of folders: how deep and how far it is read has a bound. A host without one has times in
 * UTC, and is no reason to refuse a configuration that is right elsewhere.
 */
#include "conf/timezone.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "base/zone.h"
#include "conf/draft.h"

enum { DEPTH_MAX = 3, NAMES_MAX = 5000 }; /* "America/Indiana/Knox"; the database has some 1,800 */

struct search {
	char wanted[ZONE_NAME_MAX]; /* in lower case, with _ for blanks */
	char found[ZONE_NAME_MAX];
	size_t least; /* distance; what is not below it is not near */
	int names;
};

static void
lower(const char *text, char out[ZONE_NAME_MAX])
{
	size_t n = 0;

	for (; text[n] != '\0' && n < ZONE_NAME_MAX - 1; n++)
		out[n] = text[n] == ' ' ? '_' : (char)tolower((unsigned char)text[n]);
	out[n] = '\0';
}

static const char *
last_part(const char *name)
{
	const char *slash = strrchr(name, '/');

	return slash == NULL ? name : slash + 1;
}

/* By its last part it is one step further away. */
static void
compare(struct search *s, const char *name)
{
	char text[ZONE_NAME_MAX];
	size_t whole, part;

	lower(name, text);
	whole = str_distance(s->wanted, text);
	part = 1 + str_distance(last_part(s->wanted), last_part(text));
	whole = part < whole ? part : whole;
	if (whole >= s->least || !zone_exists(name) || !str_copy(s->found, sizeof(s->found), name))
		return;
	s->least = whole;
}

static void look_through(struct search *s, const char *folder, int depth);

/* The database's own copies of itself begin in lower case, as do its lists. */
static void
look_at(struct search *s, const char *folder, const char *entry, int depth)
{
	char name[ZONE_NAME_MAX], path[ZONE_NAME_MAX + sizeof(ZONE_FILES) + 1];
	struct stat st;
	int len = snprintf(name, sizeof(name), "%s%s%s", folder, *folder == '\0' ? "" : "/", entry);

	if (!isupper((unsigned char)entry[0]) || len < 0 || (size_t)len >= sizeof(name))
		return;
	snprintf(path, sizeof(path), ZONE_FILES "/%s", name);
	if (stat(path, &st) != 0)
		return;
	if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX)
		look_through(s, name, depth + 1);
	else if (S_ISREG(st.st_mode))
		compare(s, name);
}

static void
look_through(struct search *s, const char *folder, int depth)
{
	char path[ZONE_NAME_MAX + sizeof(ZONE_FILES) + 1];
	const struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), ZONE_FILES "/%s", folder);
	dir = opendir(path);
	while (dir != NULL && s->names < NAMES_MAX && (entry = readdir(dir)) != NULL) {
		s->names++;
		look_at(s, folder, entry->d_name, depth);
	}
	if (dir != NULL)
		closedir(dir);
}

void
timezone_check(const struct conf_draft *draft, struct error_list *errors)
{
	const char *name = draft->conf.agent.timezone;
	const struct key_state *given = draft_given(draft, &draft->conf.agent.timezone);
	struct search s = {.least = strlen(name) / 3 + 2};

	if (*name == '\0' || given->bad || zone_exists(name))
		return;
	if (!zone_exists("UTC") && access(ZONE_FILES "/Europe", F_OK) != 0) {
		error_list_warn(errors, given->at,
		    "agent.timezone: this host has no time zones (" ZONE_FILES
		    "; Debian's package is tzdata), so times are in UTC");
		return;
	}
	lower(name, s.wanted);
	look_through(&s, "", 1);
	error_list_add(errors, given->at, "agent.timezone: there is no time zone \"%.64s\"%s%s%s",
	    name,
	    s.found[0] == '\0' ? ": give a name of the tz database, e.g. \"Asia/Seoul\" or \"UTC\""
	                       : ": did you mean \"",
	    s.found, s.found[0] == '\0' ? "" : "\"?");
}
