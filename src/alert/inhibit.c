/*
 * The inhibit stage: while an alert fires, what it causes is held and named in its message. Held
 * ones that still fire when it is over are told; a few minutes later, since consequences outlast
 * their cause (swap stays full, a load average falls slowly). It never holds what is worse than
 * itself, nor the end of what was told before; one that is silenced, or held as a consequence
 * itself, speaks for nobody.
 */
#include <string.h>

#include "alert/stage.h"
#include "base/buf.h"
#include "base/str.h"

#define LABELS_MAX 2
#define LINGER_NS (600 * NS_PER_SEC)

/*
 * X(source, its least severity, target, labels that must be equal). The labels are those of both
 * metrics; with none, there is one of each on a host.
 */
#define INHIBITS(X)                                                   \
	X(MEM_USAGE, CRITICAL, MEM_SWAP_USAGE, NULL)                  \
	X(MEM_USAGE, CRITICAL, MEM_SWAP_IN, NULL)                     \
	X(MEM_USAGE, CRITICAL, MEM_SWAP_OUT, NULL)                    \
	X(MEM_USAGE, CRITICAL, MEM_MAJOR_FAULTS, NULL)                \
	X(MEM_USAGE, CRITICAL, MEM_PRESSURE_SOME, NULL)               \
	X(MEM_USAGE, CRITICAL, MEM_PRESSURE_FULL, NULL)               \
	X(MEM_USAGE, CRITICAL, PROC_RSS, NULL)                        \
	X(CPU_USAGE, CRITICAL, CPU_LOAD_PER_CORE, NULL)               \
	X(CPU_USAGE, CRITICAL, CPU_PRESSURE_SOME, NULL)               \
	X(DISK_READ_ONLY, CRITICAL, KERNEL_FS_ERRORS, NULL)           \
	X(DISK_READ_ONLY, CRITICAL, DISK_USAGE, "device")             \
	X(DISK_READ_ONLY, CRITICAL, DISK_INODE_USAGE, "device")       \
	X(DISK_READ_ONLY, CRITICAL, DISK_AWAIT, "device")             \
	X(DISK_READ_ONLY, CRITICAL, DISK_IO_TIME, "device")           \
	X(DISK_STALE, WARN, DISK_USAGE, "mountpoint", "device")       \
	X(DISK_STALE, WARN, DISK_INODE_USAGE, "mountpoint", "device") \
	X(DISK_STALE, WARN, DISK_AVAILABLE, "mountpoint", "device")   \
	X(DISK_STALE, WARN, DISK_READ_ONLY, "mountpoint", "device")   \
	X(DISK_IO_TIME, CRITICAL, DISK_AWAIT, "device")               \
	X(FD_USAGE, CRITICAL, PROC_FD_USAGE, NULL)                    \
	X(NET_LINK_UP, WARN, NET_RX_ERRORS, "interface")              \
	X(NET_LINK_UP, WARN, NET_TX_ERRORS, "interface")              \
	X(NET_LINK_UP, WARN, NET_RX_DROPS, "interface")               \
	X(NET_LINK_UP, WARN, NET_TX_DROPS, "interface")

static const struct row {
	enum metric_id source;
	enum severity least;
	enum metric_id target;
	const char *labels[LABELS_MAX];
} rows[] = {
#define X(source, severity, target, ...) \
	{METRIC_##source, SEV_##severity, METRIC_##target, {__VA_ARGS__}},
    INHIBITS(X)
#undef X
};

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

/* It fires, is about to again, or has ended just now. */
static bool
is_felt(const struct alert_entry *a, const struct now *now)
{
	const struct now *ended = &a->flap.edges[FLAP_EDGES - 1];

	if (a->state == ALERT_FIRING || a->flap.phase == FLAP_ON)
		return true;
	return a->state == ALERT_RESOLVED && ended->wall_ms != 0 &&
	       now->boot_ns - ended->boot_ns < LINGER_NS;
}

static bool
is_source(const struct alert_entry *a, const struct now *now)
{
	if (!is_felt(a, now) || a->silenced || a->inhibitor != 0)
		return false;
	for (size_t i = 0; i < LEN(rows); i++) {
		if (rows[i].source == a->facts.metric && a->facts.severity >= rows[i].least)
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

static const char *
label(const struct alert_entry *a, const char *key)
{
	for (size_t i = 0; i < a->facts.labels.count; i++) {
		if (str_eq(a->facts.labels.keys[i], key))
			return label_set_value(&a->facts.labels, i);
	}
	return NULL;
}

static bool
labels_agree(const struct row *row, const struct alert_entry *a, const struct alert_entry *b)
{
	for (size_t i = 0; i < LABELS_MAX && row->labels[i] != NULL; i++) {
		const char *left = label(a, row->labels[i]), *right = label(b, row->labels[i]);

		if (left == NULL || right == NULL || !str_eq(left, right))
			return false;
	}
	return true;
}

static bool
causes(const struct alert_entry *source, const struct alert_entry *a)
{
	if (source == a || source->facts.severity < a->facts.severity)
		return false;
	for (size_t i = 0; i < LEN(rows); i++) {
		if (rows[i].source == source->facts.metric && rows[i].target == a->facts.metric &&
		    source->facts.severity >= rows[i].least && labels_agree(&rows[i], source, a))
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

/* "swap, inode of /var": by rule, which people chose, and by place. */
static void
list_in(struct alert_facts *source, const struct alert_entry *a)
{
	const char *where = label(a, "name");
	struct buf b;

	if (where == NULL && a->facts.labels.count > 0)
		where = label_set_value(&a->facts.labels, 0);
	source->also_count++;
	b = (struct buf){source->also, strlen(source->also), sizeof(source->also), false};
	if (b.len + strlen(a->facts.rule) + (where == NULL ? 0 : strlen(where)) + 8 >= b.cap)
		return;
	buf_addf(&b, "%s%s%s%s", b.len > 0 ? ", " : "", a->facts.rule, where == NULL ? "" : " of ",
	    where == NULL ? "" : where);
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

const struct alert_stage stage_inhibit = {.name = "inhibit", .begin = begin, .pass = pass};
