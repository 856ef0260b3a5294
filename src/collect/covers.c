/*
 * The mount table to the short list of mounts below proc and sys that are not the kernel's own.
 * The table is read whole, whatever its length, up to a bound that no kernel's default limit of
 * mounts reaches; when it cannot be read, what is known stands. Two readings of one change cost
 * nothing but time; a change in between is seen by the next look, for the kernel counts them.
 */
#include "collect/covers.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/stream.h"
#include "collect/mount_tree.h"
#include "collect/mount_types.h"

void
covers_init(struct covers *c, const char *proc, const char *sys)
{
	*c = (struct covers){
	    .proc = mem_strdup(proc), .sys = mem_strdup(sys), .table_fd = -1, .gen = 1};
}

static void
forget(struct cover *items, size_t len)
{
	for (size_t i = 0; i < len; i++)
		mem_free(items[i].path);
	mem_free(items);
}

void
covers_done(struct covers *c)
{
	io_close(&c->table_fd);
	forget(c->items, c->len);
	mem_free(c->proc);
	mem_free(c->sys);
	*c = (struct covers){.table_fd = -1};
}

/* What follows root and a slash in path, or NULL. */
static const char *
below(const char *path, const char *root)
{
	size_t len = strlen(root);

	if (strncmp(path, root, len) != 0 || path[len] != '/' || path[len + 1] == '\0')
		return NULL;
	return path + len + 1;
}

static void
add(struct covers *c, bool in_sys, const char *path)
{
	c->items = mem_grow(c->items, c->len, &c->cap, sizeof(*c->items));
	c->items[c->len++] = (struct cover){.in_sys = in_sys, .path = mem_strdup(path)};
}

static void
list(struct covers *c, const struct mountinfo *table, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *in_proc = below(table[i].mountpoint, c->proc);
		const char *in_sys = below(table[i].mountpoint, c->sys);

		if (!table[i].hidden && str_eq(table[i].mountpoint, c->proc))
			c->hidepid = hidepid_parse(table[i].super_options);
		if (table[i].hidden || mount_types_is_kernels(table[i].fstype))
			continue;
		if (in_proc != NULL)
			add(c, false, in_proc);
		if (in_sys != NULL)
			add(c, true, in_sys);
	}
}

static bool
is_same(const struct cover *a, size_t a_len, const struct cover *b, size_t b_len)
{
	bool same = a_len == b_len;

	for (size_t i = 0; same && i < a_len; i++)
		same = a[i].in_sys == b[i].in_sys && str_eq(a[i].path, b[i].path);
	return same;
}

void
covers_take(struct covers *c, char *text, size_t len)
{
	size_t lines = mountinfo_count(text, len), before_len = c->len, n;
	struct mountinfo *table = mem_zalloc(lines + 1, sizeof(*table));
	struct cover *before = c->items;
	bool malformed;

	c->items = NULL;
	c->len = c->cap = 0;
	c->hidepid = (struct hidepid){.level = HIDEPID_OFF};
	n = mountinfo_parse(text, len, table, lines, &malformed);
	mount_tree_hide(table, n);
	list(c, table, n);
	c->gen += !is_same(before, before_len, c->items, c->len);
	forget(before, before_len);
	mem_free(table);
}

static void
read_table(struct covers *c, int fd)
{
	size_t len;
	char *text = stream_pread_most(fd, COVERS_TABLE_MAX, &len);
	uint64_t hash;

	if (text == NULL)
		return;
	if (len == COVERS_TABLE_MAX && !c->said_long)
		log_warn("only %zu bytes of the mount table are read: files of proc and sys that "
		         "are covered by mounts behind that may hang",
		    len);
	c->said_long = c->said_long || len == COVERS_TABLE_MAX;
	hash = str_hash(STR_HASH_SEED, text, len);
	if (hash != c->hash)
		covers_take(c, text, len);
	c->hash = hash;
	mem_free(text);
}

/* proc(5): the file polls as exceptional when a mount has come or gone since the last poll. */
static bool
has_changed(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLPRI};

	return poll(&p, 1, 0) > 0;
}

static int
open_at(int at, const char *path)
{
	return openat(at, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

void
covers_look(struct covers *c, int proc_fd)
{
	bool first = c->table_fd < 0;

	if (first)
		c->table_fd = open_at(proc_fd, "self/mountinfo");
	if (c->table_fd < 0)
		c->table_fd = open_at(AT_FDCWD, "/proc/self/mountinfo");
	if (c->table_fd >= 0 && (has_changed(c->table_fd) || first))
		read_table(c, c->table_fd);
}

void
covers_look_recorded(struct covers *c, int proc_fd)
{
	int fd = open_at(proc_fd, "1/mountinfo");

	if (fd < 0)
		fd = open_at(proc_fd, "self/mountinfo");
	if (fd < 0)
		return;
	read_table(c, fd);
	close(fd);
}

/* Whether path is at or below the folder. */
static bool
is_within(const char *path, const char *folder)
{
	size_t len = strlen(folder);

	return strncmp(path, folder, len) == 0 && (path[len] == '/' || path[len] == '\0');
}

/*
 * The links in sys/class and sys/block lead into sys/devices, to places that only they know; none
 * leads to sys/devices/system, where lxcfs lies.
 */
static bool
is_behind_link(const char *path, const char *cover)
{
	return (is_within(path, "class") || is_within(path, "block")) &&
	       is_within(cover, "devices") && !is_within(cover, "devices/system");
}

bool
covers_has(const struct covers *c, bool in_sys, const char *path)
{
	for (size_t i = 0; i < c->len; i++) {
		const struct cover *it = &c->items[i];

		if (it->in_sys != in_sys)
			continue;
		if (is_within(path, it->path) || (in_sys && is_behind_link(path, it->path)))
			return true;
	}
	return false;
}

bool
covers_has_below(const struct covers *c, bool in_sys, const char *path)
{
	if (covers_has(c, in_sys, path))
		return true;
	for (size_t i = 0; i < c->len; i++)
		if (c->items[i].in_sys == in_sys && is_within(c->items[i].path, path))
			return true;
	return false;
}
