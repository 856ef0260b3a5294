/*
 * The inhibit stage: while an alert fires, what it causes is held and named in its message. Held
 * ones that still fire when it is over are told; a few minutes later, since consequences outlast
 * their cause (swap stays full, a load average falls slowly). It never holds what is worse than
 * itself, nor the end of what was told before; one that is silenced, or held as a consequence
 * itself, or was over before anybody heard of it, speaks for nobody.
 */
#include <string.h>

#include "alert/stage.h"
#include "base/buf.h"
#include "base/str.h"

#define LABELS_MAX 2
#define LINGER_NS (600 * NS_PER_SEC)

/*
 * X(source, its least severity, target, labels that must be equal). Source and target are names of
 * subjects. The labels are those of both; with none, there is one of each on a host.
 */
#define INHIBITS(X)                                                               \
	X("mem.usage_percent", CRITICAL, "mem.swap_usage_percent", NULL)          \
	X("mem.usage_percent", CRITICAL, "mem.swap_in_rate", NULL)                \
	X("mem.usage_percent", CRITICAL, "mem.swap_out_rate", NULL)               \
	X("mem.usage_percent", CRITICAL, "mem.major_faults_rate", NULL)           \
	X("mem.usage_percent", CRITICAL, "mem.pressure_some_percent", NULL)       \
	X("mem.usage_percent", CRITICAL, "mem.pressure_full_percent", NULL)       \
	X("mem.usage_percent", CRITICAL, "proc.rss_bytes", NULL)                  \
	X("cpu.usage_percent", CRITICAL, "cpu.load_per_core", NULL)               \
	X("cpu.usage_percent", CRITICAL, "cpu.pressure_some_percent", NULL)       \
	X("disk.read_only", CRITICAL, "kernel.fs_errors", NULL)                   \
	X("disk.read_only", CRITICAL, "disk.usage_percent", "device")             \
	X("disk.read_only", CRITICAL, "disk.inode_usage_percent", "device")       \
	X("disk.read_only", CRITICAL, "disk.await_ms", "device")                  \
	X("disk.read_only", CRITICAL, "disk.io_time_percent", "device")           \
	X("disk.stale", WARN, "disk.usage_percent", "mountpoint", "device")       \
	X("disk.stale", WARN, "disk.inode_usage_percent", "mountpoint", "device") \
	X("disk.stale", WARN, "disk.available_bytes", "mountpoint", "device")     \
	X("disk.stale", WARN, "disk.read_only", "mountpoint", "device")           \
	X("disk.io_time_percent", CRITICAL, "disk.await_ms", "device")            \
	X("fd.system_usage_percent", CRITICAL, "proc.fd_usage_percent", NULL)     \
	X("net.link_up", WARN, "net.rx_errors_rate", "interface")                 \
	X("net.link_up", WARN, "net.tx_errors_rate", "interface")                 \
	X("net.link_up", WARN, "net.rx_drops_rate", "interface")                  \
	X("net.link_up", WARN, "net.tx_drops_rate", "interface")

static const struct row {
	const char *source; /* name of a subject */
	enum severity least;
	const char *target;
	const char *labels[LABELS_MAX];
} rows[] = {
#define X(source, severity, target, ...) {source, SEV_##severity, target, {__VA_ARGS__}},
    INHIBITS(X)
#undef X
};

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

/* Its last firing left: it was not over before a silence, a cause or its window let it. */
static bool
was_told(const struct alert_entry *a, const struct now *now)
{
	const struct now *sent = &a->fired[a->facts.severity].sent;

	return sent->wall_ms != 0 && sent->boot_ns >= clock_boot_ns(&a->facts.since, now);
}

/* It fires, is about to again, or has ended just now. */
static bool
is_felt(const struct alert_entry *a, const struct now *now)
{
	const struct now *ended = &a->flap.edges[FLAP_EDGES - 1];

	if (a->state == ALERT_FIRING || a->flap.phase == FLAP_ON)
		return true;
	return a->state == ALERT_RESOLVED && ended->wall_ms != 0 &&
	       now->boot_ns - ended->boot_ns < LINGER_NS && was_told(a, now);
}

static bool
is_source(const struct alert_entry *a, const struct now *now)
{
	if (!is_felt(a, now) || a->silenced || a->inhibitor != 0)
		return false;
	for (size_t i = 0; i < LEN(rows); i++) {
		if (str_eq(rows[i].source, a->facts.subject.name) &&
		    a->facts.severity >= rows[i].least)
			return true;
	}
	return false;
}

static void
begin(struct alert_table *table, const struct now *now)
{
	struct alert_entry *a, *next;

	table->source_count = 0;
	if (table->news_count == 0)
		return;
	HASH_ITER (hh, table->entries, a, next) {
		if (table->source_count < ALERT_TABLE_SOURCES_MAX && is_source(a, now))
			table->sources[table->source_count++] = a;
	}
}

static bool
causes(const struct alert_entry *source, const struct alert_entry *a)
{
	if (source->facts.severity < a->facts.severity)
		return false;
	for (size_t i = 0; i < LEN(rows); i++) {
		if (str_eq(rows[i].source, source->facts.subject.name) &&
		    str_eq(rows[i].target, a->facts.subject.name) &&
		    source->facts.severity >= rows[i].least &&
		    label_set_agree(&source->facts.subject.labels, &a->facts.subject.labels,
		        rows[i].labels, LABELS_MAX))
			return true;
	}
	return false;
}

/* Of several causes always the same. */
static struct alert_entry *
find_source(const struct alert_table *table, const struct alert_entry *a)
{
	struct alert_entry *found = NULL;

	for (size_t i = 0; i < table->source_count; i++) {
		struct alert_entry *source = table->sources[i];

		if (causes(source, a) &&
		    (found == NULL || source->facts.fingerprint < found->facts.fingerprint))
			found = source;
	}
	return found;
}

/* "inode of /var": by rule, which people chose, and by place. */
static void
describe(const struct alert_entry *a, struct buf *b)
{
	const struct label_set *labels = &a->facts.subject.labels;
	const char *where = label_set_get(labels, "name");

	if (where == NULL && labels->count > 0)
		where = label_set_value(labels, 0);
	buf_adds(b, a->facts.rule);
	if (where != NULL)
		buf_addf(b, " of %s", where);
}

static bool
is_listed(const char *list, const char *item)
{
	size_t len = strlen(item);

	for (const char *at = list; (at = strstr(at, item)) != NULL; at++) {
		bool begins = at == list || (at >= list + 2 && at[-2] == ',' && at[-1] == ' ');

		if (begins && (at[len] == '\0' || str_starts(at + len, ", ")))
			return true;
	}
	return false;
}

/* One that comes and goes is listed once. What finds no room is counted: no half names. */
static void
list_in(struct alert_facts *source, const struct alert_entry *a)
{
	char storage[NOTICE_ALSO_MAX];
	size_t before = strlen(source->also);
	struct buf item, list = {source->also, before, sizeof(source->also), false};

	buf_init(&item, storage, sizeof(storage));
	describe(a, &item);
	if (is_listed(source->also, item.data))
		return;
	source->also_count++;
	buf_addf(&list, "%s%s", before > 0 ? ", " : "", item.data);
	if (list.full || item.full)
		source->also[before] = '\0';
}

static bool
pass(struct alert_table *table, struct alert_entry *a, const struct now *now)
{
	struct alert_entry *source = a->news == NEWS_RESOLVE ? NULL : find_source(table, a);

	(void)now;
	if (source == NULL) {
		a->changed = a->changed || a->inhibitor != 0;
		a->inhibitor = 0;
		return true;
	}
	if (a->inhibitor != source->facts.fingerprint) {
		a->inhibitor = source->facts.fingerprint;
		a->changed = true;
		list_in(&source->facts, a);
		source->changed = true;
	}
	return false;
}

const struct alert_stage stage_inhibit = {
    .name = "inhibit", .words = "suppressed by its cause", .begin = begin, .pass = pass};
