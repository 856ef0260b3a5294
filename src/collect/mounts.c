/*
 * The mount table and statvfs() to the disk.* samples of file systems. The table is read each time,
 * for an error that makes a file system read-only shows nowhere else, and understood anew only when
 * it has changed. What may hang is asked by fsprobe; a file system that does not answer keeps its
 * place, and says disk.stale once that is sure.
 */
#include <math.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "collect/collect.h"
#include "collect/fsprobe.h"
#include "collect/mountinfo.h"
#include "collect/mount_select.h"

#define MOUNTS_MAX 256 /* their series fit the default quota of group disk */
#define DEADLINE_MS 5000
#define WAIT_MS 20

enum { USAGE, AVAILABLE, INODES, READ_ONLY, STALE, ROWS };

static const enum metric_id rows[ROWS] = {
    [USAGE] = METRIC_DISK_USAGE,
    [AVAILABLE] = METRIC_DISK_AVAILABLE,
    [INODES] = METRIC_DISK_INODE_USAGE,
    [READ_ONLY] = METRIC_DISK_READ_ONLY,
    [STALE] = METRIC_DISK_STALE,
};

struct mount {
	char *mountpoint, *source, *fstype;
	uint64_t major, minor;
	bool read_only, risky;
	bool listed;   /* in the table that is being taken in */
	bool has_room; /* for all of its series */
	bool said_failed;
	struct fsprobe_target target;
	struct series_ref refs[ROWS];
};

/* Where the table may be, the best first; the old form has four fields. */
struct table_file {
	struct host_file file;
	bool old_form;
};

struct mounts {
	const struct conf_collect *conf;
	struct table_file self, init, old_init, old_self;
	uint64_t hash; /* of the table's text when it was taken in last */
	struct mount *items[MOUNTS_MAX];
	size_t len;
	struct fsprobe *probe; /* NULL: not the kernel answers, and nothing hangs */
	bool said_many;
};

static bool
ask_host(const void *arg, const char *path, struct statvfs *out)
{
	return host_statvfs(arg, path, out);
}

static void *
open_mounts(const struct conf_collect *conf, struct host *host)
{
	struct fsprobe_conf probe = {.what = "file system",
	    .fn = ask_host,
	    .arg = host,
	    .deadline_ms = DEADLINE_MS,
	    .wait_ms = WAIT_MS};
	struct mounts *s = mem_zalloc(1, sizeof(*s));

	s->conf = conf;
	s->self.file = (struct host_file){.path = "self/mountinfo", .fd = -1};
	s->init.file = (struct host_file){.path = "1/mountinfo", .fd = -1};
	s->old_init = (struct table_file){{.path = "1/mounts", .fd = -1}, .old_form = true};
	s->old_self = (struct table_file){{.path = "mounts", .fd = -1}, .old_form = true};
	if (host->answer_statvfs == NULL)
		s->probe = fsprobe_new(&probe);
	return s;
}

static void
free_mount(struct mounts *s, struct mount *m)
{
	if (s->probe != NULL)
		fsprobe_forget(s->probe, &m->target);
	mem_free(m->mountpoint);
	mem_free(m->source);
	mem_free(m->fstype);
	mem_free(m);
}

static void
close_mounts(void *state)
{
	struct mounts *s = state;

	for (size_t i = 0; i < s->len; i++)
		free_mount(s, s->items[i]);
	fsprobe_free(s->probe);
	host_file_close(&s->self.file);
	host_file_close(&s->init.file);
	host_file_close(&s->old_init.file);
	host_file_close(&s->old_self.file);
	mem_free(s);
}

/* Reads the table into host->text; which file it was, or NULL. */
static struct table_file *
read_table(struct mounts *s, struct host *host, size_t *len)
{
	struct table_file *const own[] = {&s->self, &s->init, &s->old_self, NULL};
	struct table_file *const other[] = {&s->init, &s->self, &s->old_init, &s->old_self, NULL};

	for (struct table_file *const *f = host->own_proc ? own : other; *f != NULL; f++) {
		ssize_t n = host_read(host, &(*f)->file);

		if (n > 0) {
			*len = (size_t)n;
			return *f;
		}
	}
	return NULL;
}

static struct mount *
find_mount(struct mounts *s, const struct mountinfo *info)
{
	for (size_t i = 0; i < s->len; i++) {
		struct mount *m = s->items[i];

		if (m->major == info->major && m->minor == info->minor &&
		    str_eq(m->mountpoint, info->mountpoint) && str_eq(m->source, info->source) &&
		    str_eq(m->fstype, info->fstype))
			return m;
	}
	return NULL;
}

static struct mount *
make_mount(const struct mountinfo *info)
{
	struct mount *m = mem_zalloc(1, sizeof(*m));

	m->mountpoint = mem_strdup(info->mountpoint);
	m->source = mem_strdup(info->source);
	m->fstype = mem_strdup(info->fstype);
	m->major = info->major;
	m->minor = info->minor;
	m->target.path = m->mountpoint;
	return m;
}

/* Keeps those that are still there, with their series and their questions under way. */
static void
take_picked(struct mounts *s, const struct mountinfo *table, size_t n, bool sandboxed)
{
	struct mount *next[MOUNTS_MAX];
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		struct mount *m;

		if (!table[i].picked)
			continue;
		m = find_mount(s, &table[i]);
		if (m == NULL || m->listed)
			m = make_mount(&table[i]);
		m->listed = true;
		m->read_only = table[i].super_read_only || (table[i].mount_read_only && !sandboxed);
		m->risky = table[i].risky;
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
take_table(struct mounts *s, struct table_file *from, char *text, size_t len)
{
	size_t lines = mountinfo_count(text, len), n, wanted;
	struct mountinfo *table = mem_zalloc(lines, sizeof(*table));
	bool malformed;

	n = from->old_form ? mountinfo_parse_mounts(text, len, table, lines, &malformed)
	                   : mountinfo_parse(text, len, table, lines, &malformed);
	if (malformed)
		host_say_malformed(&from->file);
	wanted = mount_select(table, n, &s->conf->disk_exclude_fstypes,
	    &s->conf->disk_exclude_mountpoints, MOUNTS_MAX);
	if (wanted > MOUNTS_MAX && !s->said_many) {
		s->said_many = true;
		log_warn("%zu file systems are mounted: only %d are watched, "
		         "those of disks first",
		    wanted, MOUNTS_MAX);
	}
	/* Our own view may be read-only for us alone, as systemd's ProtectSystem= has it. */
	take_picked(s, table, n, from == &s->self);
	mem_free(table);
}

static void
refresh(struct mounts *s, struct host *host)
{
	size_t len = 0;
	struct table_file *from = read_table(s, host, &len);
	uint64_t hash;

	if (from == NULL) {
		s->hash = 0;
		take_picked(s, NULL, 0, false);
		return;
	}
	hash = str_hash(STR_HASH_SEED, host->text, len);
	if (hash != s->hash)
		take_table(s, from, host->text, len);
	s->hash = hash;
}

static void
add(struct batch *batch, struct mount *m, int row, double value)
{
	const char *const labels[] = {m->mountpoint, m->source, m->fstype};

	batch_add_labelled(batch, &m->refs[row], rows[row], labels, value, NAN);
}

/*
 * Percentages as df has them: of what an unprivileged user can fill. One without blocks (a pseudo
 * file system) has none.
 */
static void
add_space(struct batch *batch, struct mount *m, const struct statvfs *v)
{
	double used, available;

	if (v->f_blocks == 0 || v->f_bfree > v->f_blocks)
		return;
	used = (double)(v->f_blocks - v->f_bfree);
	/* Some servers count what root has taken of its reserve as less than nothing. */
	available = v->f_bavail > v->f_blocks ? 0 : (double)v->f_bavail;
	if (used + available > 0)
		add(batch, m, USAGE, 100 * used / (used + available));
	add(batch, m, AVAILABLE, available * (double)(v->f_frsize != 0 ? v->f_frsize : v->f_bsize));
	if (v->f_files > 0 && v->f_ffree <= v->f_files)
		add(batch, m, INODES, 100 * (double)(v->f_files - v->f_ffree) / (double)v->f_files);
}

static void
add_local(struct batch *batch, struct mount *m, const struct host *host)
{
	struct statvfs value;

	if (host_statvfs(host, m->mountpoint, &value)) {
		add_space(batch, m, &value);
	} else if (!m->said_failed) {
		m->said_failed = true;
		log_debug("file system %s cannot be asked, its space is absent", m->mountpoint);
	}
}

/* What is known of it stands. */
static void
hold(struct batch *batch, struct mount *m, int row)
{
	const char *const labels[] = {m->mountpoint, m->source, m->fstype};

	batch_hold(batch, &m->refs[row], rows[row], labels);
}

/*
 * Without an answer its space is what it was; whether it is dead is not known before the deadline,
 * which may be many short intervals away, nor while nobody is free to ask.
 */
static void
add_probed(struct batch *batch, struct mount *m)
{
	const struct fsprobe_target *target = &m->target;

	if (target->stale || target->fresh)
		add(batch, m, STALE, target->stale);
	else
		hold(batch, m, STALE);
	if (target->stale || !target->fresh) {
		hold(batch, m, USAGE);
		hold(batch, m, AVAILABLE);
		hold(batch, m, INODES);
	} else if (target->ok) {
		add_space(batch, m, &target->value);
	}
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
		m->has_room = room >= ROWS;
		room -= m->has_room ? ROWS : 0;
	}
}

static void
collect_mounts(void *state, struct host *host, struct batch *batch)
{
	struct mounts *s = state;

	refresh(s, host);
	if (s->probe != NULL)
		probe_risky(s, batch->now.boot_ns);
	find_room(s, batch);
	for (size_t i = 0; i < s->len; i++) {
		struct mount *m = s->items[i];

		if (!m->has_room)
			continue;
		add(batch, m, READ_ONLY, m->read_only);
		if (m->risky && s->probe != NULL)
			add_probed(batch, m);
		else
			add_local(batch, m, host);
	}
}

const struct collector collector_mounts = {
    .name = "mounts",
    .section = COLLECTOR_DISK,
    .open = open_mounts,
    .collect = collect_mounts,
    .close = close_mounts,
};
