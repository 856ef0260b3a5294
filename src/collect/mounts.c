/*
 * The mount table to the disk.* samples of file systems. The table is read each time, for an error
 * that makes a file system read-only shows nowhere else, and understood anew only when it has
 * changed. What may hang is asked by fsprobe; a file system that does not answer keeps its place.
 */
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/str.h"
#include "collect/collect.h"
#include "collect/fsask.h"
#include "collect/fsprobe.h"
#include "collect/mount.h"
#include "collect/mountinfo.h"
#include "collect/mount_select.h"
#include "collect/mount_table.h"

#define MOUNTS_MAX 256 /* their series fit the default quota of group disk */
#define DEADLINE_MS 5000
#define WAIT_MS 20

struct mounts {
	const struct conf_collect *conf;
	struct mount_table table;
	uint64_t hash; /* of the table's text when it was taken in last */
	struct mount *items[MOUNTS_MAX];
	size_t len;
	size_t wanted;         /* file systems that there would be without MOUNTS_MAX */
	struct fsprobe *probe; /* NULL: not the kernel answers, and nothing hangs */
	bool said_many;
};

static int
ask(const void *arg, int root, const char *path, const struct fsask_row *row, struct statvfs *out)
{
	(void)arg;
	return fsask(root, path, row, out);
}

static void *
open_mounts(const struct conf_collect *conf, struct host *host)
{
	struct fsprobe_conf probe = {.fn = ask, .deadline_ms = DEADLINE_MS, .wait_ms = WAIT_MS};
	struct mounts *s = mem_zalloc(1, sizeof(*s));

	s->conf = conf;
	mount_table_open(&s->table, host);
	probe.root = s->table.root;
	if (host->answer_statvfs == NULL)
		s->probe = fsprobe_new(&probe);
	return s;
}

static void
free_mount(struct mounts *s, struct mount *m)
{
	if (s->probe != NULL)
		fsprobe_forget(s->probe, &m->target);
	mount_free(m);
}

static void
close_mounts(void *state)
{
	struct mounts *s = state;

	for (size_t i = 0; i < s->len; i++)
		free_mount(s, s->items[i]);
	fsprobe_free(s->probe);
	mount_table_close(&s->table);
	mem_free(s);
}

static struct mount *
find_mount(struct mounts *s, const struct mountinfo *info)
{
	for (size_t i = 0; i < s->len; i++) {
		struct mount *m = s->items[i];

		if (m->row.major == info->major && m->row.minor == info->minor &&
		    str_eq(m->mountpoint, info->mountpoint) && str_eq(m->source, info->source) &&
		    str_eq(m->fstype, info->fstype))
			return m;
	}
	return NULL;
}

/*
 * Our own view may be read-only for us alone, as systemd's ProtectSystem= has it. Where a path may
 * lead elsewhere, it may lead through anything.
 */
static void
take_row(struct mounts *s, struct mount *m, const struct mount_table_file *from,
    const struct mountinfo *info)
{
	m->listed = true;
	m->row = (struct fsask_row){.id = info->id, .major = info->major, .minor = info->minor};
	mount_table_say_root(&s->table, from, &m->row);
	m->super_read_only = info->super_read_only;
	m->read_only = info->super_read_only || (info->mount_read_only && from != &s->table.self);
	m->was_alive = m->was_alive || !m->super_read_only;
	m->risky = info->risky || !m->row.sure;
	m->target.row = m->row;
}

/* Keeps those that are still there, with their series and their questions under way. */
static void
take_picked(
    struct mounts *s, const struct mount_table_file *from, const struct mountinfo *table, size_t n)
{
	struct mount *next[MOUNTS_MAX];
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		struct mount *m;

		if (!table[i].picked)
			continue;
		m = find_mount(s, &table[i]);
		if (m == NULL || m->listed)
			m = mount_new(&table[i]);
		take_row(s, m, from, &table[i]);
		next[len++] = m;
	}
	for (size_t i = 0; i < s->len; i++)
		if (!s->items[i]->listed)
			free_mount(s, s->items[i]);
	memcpy(s->items, next, len * sizeof(next[0]));
	s->len = len;
	for (size_t i = 0; i < len; i++) {
		s->items[i]->listed = false;
		if (!s->items[i]->risky && s->probe != NULL)
			fsprobe_forget(s->probe, &s->items[i]->target);
	}
}

static void
take_table(struct mounts *s, struct mount_table_file *from, char *text, size_t len)
{
	size_t lines = mountinfo_count(text, len), n, wanted;
	struct mountinfo *table = mem_zalloc(lines, sizeof(*table));
	bool malformed;

	n = from->old_form ? mountinfo_parse_mounts(text, len, table, lines, &malformed)
	                   : mountinfo_parse(text, len, table, lines, &malformed);
	if (malformed)
		host_file_say_malformed(&from->file);
	wanted = mount_select(table, n, &s->conf->disk_exclude_fstypes,
	    &s->conf->disk_exclude_mountpoints, MOUNTS_MAX);
	s->wanted = wanted;
	if (wanted > MOUNTS_MAX && !s->said_many) {
		s->said_many = true;
		log_warn("%zu file systems are mounted: only %d are watched, "
		         "those of disks first",
		    wanted, MOUNTS_MAX);
	}
	take_picked(s, from, table, n);
	mem_free(table);
}

/* What comes between this reading and the next changes the hash of the next cycle. */
static bool
take_anew(struct mounts *s, struct host *host, struct mount_table_file *from)
{
	size_t len = 0;
	char *text = host_read_table(host, &from->file, &len);

	if (text == NULL)
		return false;
	take_table(s, from, text, len);
	mem_free(text);
	return true;
}

static void
refresh(struct mounts *s, struct host *host)
{
	struct host_lines lines;
	struct mount_table_file *from = mount_table_read(&s->table, host, &lines);
	uint64_t hash = STR_HASH_SEED;
	const char *line, *line_end;

	if (from == NULL) {
		s->hash = 0;
		s->wanted = 0;
		take_picked(s, NULL, NULL, 0);
		return;
	}
	while (host_lines_next(&lines, &line, &line_end))
		hash = str_hash(hash, line, (size_t)(line_end + 1 - line));
	if (hash != s->hash && !take_anew(s, host, from))
		hash = 0;
	s->hash = hash;
}

static void
add_local(struct mounts *s, struct mount *m, struct host *host, struct batch *batch)
{
	struct statvfs value = {0};
	int err;

	if (host->answer_statvfs == NULL)
		err = fsask(s->table.root, m->mountpoint, &m->row, &value);
	else
		err = host->answer_statvfs(host->answer_arg, m->mountpoint, &value) ? 0 : errno;
	mount_add_answer(m, batch, host, err, &value);
}

static void
add_probed(struct mount *m, struct host *host, struct batch *batch)
{
	const struct fsprobe_target *target = &m->target;

	if (target->fresh)
		mount_add_answer(m, batch, host, target->err, &target->value);
	else
		mount_add_silence(m, batch, target->stale);
}

static void
probe_risky(struct mounts *s, int64_t boot_ns)
{
	struct fsprobe_target *targets[MOUNTS_MAX];
	size_t n = 0;

	for (size_t i = 0; i < s->len; i++)
		if (s->items[i]->risky)
			targets[n++] = &s->items[i]->target;
	fsprobe_round(s->probe, targets, n, boot_ns);
}

/* A mount has all of its series or none: while the dead hold their places a new one waits. */
static void
find_room(struct mounts *s, const struct batch *batch)
{
	bool known = false;
	uint32_t room = 0;

	for (size_t i = 0; i < s->len; i++) {
		struct mount *m = s->items[i];

		if (m->has_room)
			continue;
		if (!known)
			room = series_room(batch->series, GROUP_DISK);
		known = true;
		m->has_room = room >= MOUNT_SERIES;
		room -= m->has_room ? MOUNT_SERIES : 0;
	}
}

static void
collect_mounts(void *state, struct host *host, struct batch *batch)
{
	struct mounts *s = state;

	refresh(s, host);
	gaps_note_bound(&host->gaps, "file systems", MOUNT_TABLE_TELLS,
	    num_min_size(s->wanted, MOUNTS_MAX), s->wanted);
	if (s->probe != NULL)
		probe_risky(s, batch->now.boot_ns);
	find_room(s, batch);
	for (size_t i = 0; i < s->len; i++) {
		struct mount *m = s->items[i];

		if (!m->has_room)
			continue;
		mount_add_read_only(m, batch);
		if (m->risky && s->probe != NULL)
			add_probed(m, host, batch);
		else
			add_local(s, m, host, batch);
	}
}

const struct collector collector_mounts = {
    .name = "mounts",
    .section = COLLECTOR_DISK,
    .open = open_mounts,
    .collect = collect_mounts,
    .close = close_mounts,
};
