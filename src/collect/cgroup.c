/*
 * Control group paths to names. A path is what the host's software chose, container ids and all:
 * bytes that are not plain text come out as '?'. The innermost part that names a service, a scope
 * or a container counts.
 */
#include "collect/cgroup.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "collect/scan.h"

#define ID_DIGITS 64 /* of a container, in hex */
#define ID_SHOWN 12

/* How systemd's units end that have processes of their own. */
static const char *const endings[] = {".service", ".scope", ".mount", ".socket", ".swap"};

static bool
ends_like_unit(const char *folder, size_t len)
{
	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		size_t n = strlen(endings[i]);

		if (len > n && memcmp(folder + len - n, endings[i], n) == 0)
			return true;
	}
	return false;
}

static size_t
count_hex(const char *p, size_t len)
{
	size_t n = 0;

	while (n < len && ((p[n] >= '0' && p[n] <= '9') || (p[n] >= 'a' && p[n] <= 'f')))
		n++;
	return n;
}

/* Where a container's id begins, or len. */
static size_t
find_id(const char *folder, size_t len)
{
	for (size_t i = 0; i + ID_DIGITS <= len; i++) {
		size_t n = count_hex(folder + i, len - i);

		if (n >= ID_DIGITS)
			return i;
		i += n;
	}
	return len;
}

static void
add_plain(char out[CGROUP_NAME_MAX], size_t *used, const char *p, size_t len)
{
	for (size_t i = 0; i < len && *used < CGROUP_NAME_MAX - 1;) {
		size_t n = str_utf8_len(p + i, len - i);
		unsigned char c = (unsigned char)p[i];

		if (n == 0 || c < 0x20 || c == 0x7f) {
			out[(*used)++] = '?';
			i++;
			continue;
		}
		if (*used + n > CGROUP_NAME_MAX - 1)
			break;
		memcpy(out + *used, p + i, n);
		*used += n;
		i += n;
	}
	out[*used] = '\0';
}

bool
cgroup_name(const char *folder, size_t len, char out[CGROUP_NAME_MAX])
{
	size_t id = find_id(folder, len), used = 0;

	if (id == len && !ends_like_unit(folder, len))
		return false;
	if (id == len) {
		add_plain(out, &used, folder, len);
		return true;
	}
	add_plain(out, &used, folder, id + ID_SHOWN);
	add_plain(out, &used, folder + id + ID_DIGITS, len - id - ID_DIGITS);
	return true;
}

/* The path of a line "number:controllers:path" if the line is of a hierarchy that has services. */
static const char *
path_of(const char *line, const char *end, bool *unified)
{
	const char *colon = memchr(line, ':', (size_t)(end - line)), *path;

	if (colon == NULL)
		return NULL;
	path = memchr(colon + 1, ':', (size_t)(end - colon - 1));
	if (path == NULL)
		return NULL;
	*unified = path == colon + 1;
	if (!*unified && memmem(colon + 1, (size_t)(path - colon - 1), "name=", 5) == NULL &&
	    memmem(colon + 1, (size_t)(path - colon - 1), "memory", 6) == NULL)
		return NULL;
	return path + 1;
}

/* The innermost part that is a name. */
static bool
name_in_path(const char *path, const char *end, char out[CGROUP_NAME_MAX])
{
	while (end > path) {
		const char *slash = memrchr(path, '/', (size_t)(end - path));
		const char *from = slash == NULL ? path : slash + 1;

		if (cgroup_name(from, (size_t)(end - from), out))
			return true;
		end = slash == NULL ? path : slash;
	}
	return false;
}

bool
cgroup_service(const char *text, size_t len, char out[CGROUP_NAME_MAX])
{
	const char *p = text, *line, *end;
	bool found = false;

	while (scan_line(&p, text + len, &line, &end)) {
		bool unified;
		const char *path = path_of(line, end, &unified);

		if (path == NULL || (found && !unified))
			continue;
		found = name_in_path(path, end, out) || found;
	}
	return found;
}

bool
cgroup_of_process(struct host *host, int pid, char out[CGROUP_NAME_MAX])
{
	char path[32];
	ssize_t len;

	snprintf(path, sizeof(path), "%d/cgroup", pid);
	len = host_read_path(host, false, path);
	return len > 0 && cgroup_service(host->text, (size_t)len, out);
}
