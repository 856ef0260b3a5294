/*
 * Reads a configuration file whole, and finds the drop-ins beside it. The loader may be root, so a
 * path is opened without blocking and without becoming a controlling terminal, and only a regular
 * file of bounded size is read.
 */
#include "conf/source.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "base/stream.h"

static bool
say(char why[SOURCE_WHY_MAX], const char *what)
{
	snprintf(why, SOURCE_WHY_MAX, "%s", what);
	return false;
}

static bool
say_too_long(char why[SOURCE_WHY_MAX], size_t max)
{
	snprintf(why, SOURCE_WHY_MAX, "is larger than %zu KiB", max / 1024);
	return false;
}

static bool
say_errno(char why[SOURCE_WHY_MAX])
{
	if (errno == ENOENT)
		return say(why, "does not exist");
	snprintf(why, SOURCE_WHY_MAX, "cannot be read: %s", strerror(errno));
	return false;
}

static bool
read_open(int fd, size_t max, char **data, size_t *len, struct stat *st, char why[SOURCE_WHY_MAX])
{
	ssize_t n;

	if (fstat(fd, st) < 0)
		return say_errno(why);
	if (S_ISDIR(st->st_mode))
		return say(why, "is a directory: a file is needed");
	if (!S_ISREG(st->st_mode))
		return say(why, "is not a regular file");
	if (st->st_size > (off_t)max)
		return say_too_long(why, max);
	n = stream_read_all(fd, max, data);
	if (n < 0)
		return errno == EFBIG ? say_too_long(why, max) : say_errno(why);
	*len = (size_t)n;
	return true;
}

bool
source_read(const char *path, size_t max, char **data, size_t *len, struct stat *st,
    char why[SOURCE_WHY_MAX])
{
	int fd;
	bool ok;

	if (*path == '\0')
		return say(why, "the path is empty: name a file");
	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 && errno == ENXIO)
		return say(why, "is not a regular file");
	if (fd < 0)
		return say_errno(why);
	ok = read_open(fd, max, data, len, st, why);
	close(fd);
	return ok;
}

void
source_free(char *data, size_t len)
{
	mem_wipe(data, len);
	mem_free(data);
}

static char *
join(const char *a, const char *b, const char *c)
{
	size_t cap = strlen(a) + strlen(b) + strlen(c) + 1;
	char *out = mem_zalloc(cap, 1);

	snprintf(out, cap, "%s%s%s", a, b, c);
	return out;
}

static char *
folder_of(const char *path)
{
	size_t len = strlen(path);
	char *stem = mem_strndup(path, str_ends(path, ".toml") ? len - 5 : len);
	char *folder = join(stem, ".d", "");

	mem_free(stem);
	return folder;
}

static int
compare(const void *a, const void *b)
{
	char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

static bool
read_folder(DIR *dir, struct source_list *list, char why[SOURCE_WHY_MAX])
{
	struct dirent *entry;

	while (errno = 0, (entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.' || !str_ends(entry->d_name, ".toml"))
			continue;
		if (list->len == SOURCE_DROP_INS_MAX) {
			snprintf(
			    why, SOURCE_WHY_MAX, "holds more than %d files", SOURCE_DROP_INS_MAX);
			return false;
		}
		list->paths[list->len++] = join(list->folder, "/", entry->d_name);
	}
	return errno == 0 || say_errno(why);
}

bool
source_drop_ins(const char *path, struct source_list *list, char why[SOURCE_WHY_MAX])
{
	DIR *dir;
	bool ok;

	list->folder = folder_of(path);
	list->len = 0;
	list->st.st_mode = 0;
	list->paths = mem_zalloc(SOURCE_DROP_INS_MAX, sizeof(list->paths[0]));
	dir = opendir(list->folder);
	if (dir == NULL)
		return errno == ENOENT || say_errno(why);
	ok = fstat(dirfd(dir), &list->st) == 0 ? read_folder(dir, list, why) : say_errno(why);
	closedir(dir);
	qsort(list->paths, list->len, sizeof(list->paths[0]), compare);
	return ok;
}

void
source_list_free(struct source_list *list)
{
	for (size_t i = 0; i < list->len; i++)
		mem_free(list->paths[i]);
	mem_free(list->paths);
	mem_free(list->folder);
}
