/*
 * Facts of an alert to words about who is behind it. Which alerts have a cause, and of what kind,
 * is a table by metric. Names are the processes' and services' own: plain here, escaped by whoever
 * renders them. Where nobody stands out there is no cause rather than a wrong one.
 */
#include "agent/cause.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/num.h"
#include "base/str.h"

#define NS_MAX_BACK (3600 * NS_PER_SEC)
#define WROTE "wrote most: "

enum kind {
	KIND_NONE,
	KIND_CPU,
	KIND_LOAD,
	KIND_MEMORY,
	KIND_FD,
	KIND_OWN_FD,
	KIND_IO,
	KIND_FILL,
	KIND_PROCESSES,
	KIND_THREADS,
	KIND_ZOMBIES,
	KINDS
};

static const unsigned char kinds[METRIC_COUNT] = {
    [METRIC_CPU_USAGE] = KIND_CPU,
    [METRIC_CPU_CORE_USAGE] = KIND_CPU,
    [METRIC_CPU_USER] = KIND_CPU,
    [METRIC_CPU_SYSTEM] = KIND_CPU,
    [METRIC_CPU_PROCS_RUNNING] = KIND_CPU,
    [METRIC_CPU_PRESSURE_SOME] = KIND_CPU,
    [METRIC_CPU_LOAD_1M] = KIND_LOAD,
    [METRIC_CPU_LOAD_5M] = KIND_LOAD,
    [METRIC_CPU_LOAD_15M] = KIND_LOAD,
    [METRIC_CPU_LOAD_PER_CORE] = KIND_LOAD,
    [METRIC_CPU_IOWAIT] = KIND_IO,
    [METRIC_CPU_PROCS_BLOCKED] = KIND_IO,
    [METRIC_MEM_USAGE] = KIND_MEMORY,
    [METRIC_MEM_AVAILABLE] = KIND_MEMORY,
    [METRIC_MEM_USED] = KIND_MEMORY,
    [METRIC_MEM_SWAP_USAGE] = KIND_MEMORY,
    [METRIC_MEM_SWAP_IN] = KIND_MEMORY,
    [METRIC_MEM_SWAP_OUT] = KIND_MEMORY,
    [METRIC_MEM_PRESSURE_SOME] = KIND_MEMORY,
    [METRIC_MEM_PRESSURE_FULL] = KIND_MEMORY,
    [METRIC_MEM_OOM_KILLS] = KIND_MEMORY,
    [METRIC_DISK_USAGE] = KIND_FILL,
    [METRIC_DISK_AVAILABLE] = KIND_FILL,
    [METRIC_DISK_IO_TIME] = KIND_IO,
    [METRIC_DISK_AWAIT] = KIND_IO,
    [METRIC_DISK_READ_BYTES] = KIND_IO,
    [METRIC_DISK_WRITE_BYTES] = KIND_IO,
    [METRIC_DISK_READ_OPS] = KIND_IO,
    [METRIC_DISK_WRITE_OPS] = KIND_IO,
    [METRIC_DISK_PRESSURE_SOME] = KIND_IO,
    [METRIC_PROC_COUNT] = KIND_PROCESSES,
    [METRIC_PROC_THREADS] = KIND_THREADS,
    [METRIC_PROC_ZOMBIES] = KIND_ZOMBIES,
    [METRIC_FD_USED] = KIND_FD,
    [METRIC_FD_USAGE] = KIND_FD,
    [METRIC_PROC_FD_COUNT] = KIND_OWN_FD,
    [METRIC_PROC_FD_USAGE] = KIND_OWN_FD,
};

struct question {
	struct cause *c;
	int pid;
	int64_t since_ns, now_ns;
};

static enum kind
kind_of(const struct subject *subject)
{
	enum metric_id metric = metric_find(subject->name);
	enum kind kind = metric < METRIC_COUNT ? (enum kind)kinds[metric] : KIND_NONE;
	const char *device = label_set_get(&subject->labels, "device");

	/* Of memory, and of servers, the kernel counts no writes. */
	if (kind == KIND_FILL && (device == NULL || device[0] != '/' || device[1] == '/'))
		return KIND_NONE;
	return kind;
}

static void
add_amount(struct buf *b, enum growth_kind kind, const struct process_growth *g)
{
	char size[STR_SIZE_MAX];

	switch (kind) {
	case GROWTH_CPU:
		buf_addf(b, " %.0f%% CPU", g->amount);
		break;
	case GROWTH_MEMORY:
		buf_addf(b, " %s%s", g->grown ? "+" : "", str_size(g->amount, size));
		break;
	case GROWTH_FD:
		buf_addf(b, " %s%.0f open files", g->grown ? "+" : "", g->amount);
		break;
	case GROWTH_THREADS:
		buf_addf(b, " %.0f threads", g->amount);
		break;
	case GROWTH_WAITING:
	case GROWTH_PROCESSES:
	case GROWTH_ZOMBIES:
		break;
	}
}

/* "postgres x3 (postgresql.service) +1.2 GiB" */
static void
add_growth(const struct question *q, enum growth_kind kind, const struct process_growth *g,
    struct buf *out)
{
	char text[NOTICE_CAUSE_MAX], service[CGROUP_NAME_MAX];
	struct buf b;

	buf_init(&b, text, sizeof(text));
	buf_adds(&b, g->name);
	if (g->processes > 1)
		buf_addf(&b, " x%u", g->processes);
	if (cgroup_of_process(q->c->host, g->pid, service))
		buf_addf(&b, " (%s)", service);
	add_amount(&b, kind, g);
	buf_add_item(out, text);
}

static bool
tell_growth(const struct question *q, enum growth_kind kind, const char *before, struct buf *out)
{
	struct growth_query query = {
	    .kind = kind, .pid = q->pid, .since_ns = q->since_ns, .now_ns = q->now_ns};
	struct process_growth found[CAUSE_NAMED];
	struct buf list;
	char text[NOTICE_CAUSE_MAX];
	size_t n = collect_growth(q->c->collect, &query, found, CAUSE_NAMED);

	if (n == 0)
		return false;
	if (!found[0].grown)
		before = "largest: ";
	buf_init(&list, text, sizeof(text) - strlen(before));
	for (size_t i = 0; i < n; i++)
		add_growth(q, kind, &found[i], &list);
	buf_adds(out, before);
	buf_adds(out, text);
	return true;
}

/* A load comes from those that run, or from those that wait for a disk. */
static void
tell_load(const struct question *q, struct buf *out)
{
	if (!tell_growth(q, GROWTH_CPU, "", out))
		tell_growth(q, GROWTH_WAITING, "waiting for a disk: ", out);
}

static void
tell_io(const struct question *q, struct buf *out)
{
	if (!cause_io_tell(&q->c->io, false, q->now_ns, out))
		tell_growth(q, GROWTH_WAITING, "waiting: ", out);
}

/* What fills a disk was written by somebody. */
static void
tell_fill(const struct question *q, struct buf *out)
{
	char list[NOTICE_CAUSE_MAX];
	struct buf b;

	buf_init(&b, list, sizeof(list) - strlen(WROTE));
	if (cause_io_tell(&q->c->io, true, q->now_ns, &b))
		buf_addf(out, WROTE "%s", list);
}

/* Who has most, or more than before; or a function that knows more. */
static const struct teller {
	enum growth_kind growth;
	void (*tell)(const struct question *q, struct buf *out);
} tellers[KINDS] = {
    [KIND_CPU] = {GROWTH_CPU, NULL},
    [KIND_LOAD] = {GROWTH_CPU, tell_load},
    [KIND_MEMORY] = {GROWTH_MEMORY, NULL},
    [KIND_FD] = {GROWTH_FD, NULL},
    [KIND_OWN_FD] = {GROWTH_FD, NULL},
    [KIND_IO] = {GROWTH_WAITING, tell_io},
    [KIND_FILL] = {GROWTH_WAITING, tell_fill},
    [KIND_PROCESSES] = {GROWTH_PROCESSES, NULL},
    [KIND_THREADS] = {GROWTH_THREADS, NULL},
    [KIND_ZOMBIES] = {GROWTH_ZOMBIES, NULL},
};

void
cause_init(struct cause *c, struct host *host, struct collect *collect, const struct latest *latest)
{
	*c = (struct cause){.host = host, .collect = collect};
	cause_io_init(&c->io, host, latest);
}

void
cause_done(struct cause *c)
{
	cause_io_done(&c->io);
}

/* Space has no time in which its alert builds: it is told at once, and may get worse. */
static bool
is_building(const struct finding *f)
{
	struct subject subject;
	enum kind kind;

	if (f->state == FINDING_CLEAR)
		return false;
	subject_describe(&f->subject, &subject);
	kind = kind_of(&subject);
	return kind == KIND_FILL || (kind == KIND_IO && f->state == FINDING_PENDING);
}

void
cause_look(struct cause *c, const struct findings *findings, const struct now *now)
{
	bool building = false;

	for (size_t i = 0; i < findings->len && !building; i++)
		building = is_building(&findings->items[i]);
	cause_io_look(&c->io, building, now);
}

static int
own_pid(const struct alert_facts *f)
{
	const char *text = label_set_get(&f->subject.labels, "pid");
	uint64_t pid = 0;

	if (text == NULL || !str_u64(&text, text + strlen(text), &pid) || pid > INT32_MAX)
		return 0;
	return (int)pid;
}

/* When the alert began, by the boot clock; not so long ago that no mark is as old. */
static int64_t
began_ns(const struct alert_facts *f, const struct now *now)
{
	return num_max(clock_boot_ns(&f->since, now), now->boot_ns - NS_MAX_BACK);
}

/* Several channels, and several alerts of one kind, share one answer. NULL: no room for more. */
static const char *
find_cause(struct cause *c, enum kind kind, const struct alert_facts *f, const struct now *now)
{
	struct question q = {.c = c,
	    .pid = kind == KIND_OWN_FD ? own_pid(f) : 0,
	    .since_ns = began_ns(f, now),
	    .now_ns = now->boot_ns};
	struct cause_cached *cached;
	struct buf b;

	for (size_t i = 0; i < c->cached_len; i++) {
		cached = &c->cached[i];
		if (cached->kind == (int)kind && cached->pid == q.pid &&
		    llabs(cached->since_ns - q.since_ns) < NS_PER_SEC)
			return cached->text;
	}
	if (c->cached_len == CAUSE_CACHED)
		return "";
	cached = &c->cached[c->cached_len++];
	*cached = (struct cause_cached){.kind = (int)kind, .pid = q.pid, .since_ns = q.since_ns};
	buf_init(&b, cached->text, sizeof(cached->text));
	if (tellers[kind].tell != NULL)
		tellers[kind].tell(&q, &b);
	else
		tell_growth(&q, tellers[kind].growth, "", &b);
	return cached->text;
}

void
cause_fill(struct cause *c, struct notices *notices, const struct now *now)
{
	c->cached_len = 0;
	for (size_t i = 0; i < notices->len; i++) {
		struct notice *n = notices->items[i];

		for (size_t k = 0; k < n->fact_count; k++) {
			struct alert_facts *f = &n->facts[k];
			enum kind kind = kind_of(&f->subject);

			if (kind != KIND_NONE && f->resolved.wall_ms == 0 && f->cause[0] == '\0')
				str_copy(f->cause, sizeof(f->cause), find_cause(c, kind, f, now));
		}
	}
}
