/*
 * Facts of an alert to words about who is behind it. Which alerts have a cause, and of what kind,
 * is a table by metric. Names are the processes' and services' own: plain here, escaped by whoever
 * renders them. Where nobody stands out there is no cause rather than a wrong one.
 */
#include "agent/cause.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/str.h"

#define NS_MAX_BACK (3600 * NS_PER_SEC)
#define IO_BASELINE_NS (600 * NS_PER_SEC) /* an older one is of another incident */
#define IO_LEAST_BYTES (1024.0 * 1024)
#define IO_LEAST_RATE 65536.0 /* bytes a second */
#define PIDS_MAX 96

enum kind { KIND_NONE, KIND_CPU, KIND_LOAD, KIND_MEMORY, KIND_FD, KIND_OWN_FD, KIND_IO, KINDS };

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
    [METRIC_DISK_IO_TIME] = KIND_IO,
    [METRIC_DISK_AWAIT] = KIND_IO,
    [METRIC_DISK_READ_BYTES] = KIND_IO,
    [METRIC_DISK_WRITE_BYTES] = KIND_IO,
    [METRIC_DISK_READ_OPS] = KIND_IO,
    [METRIC_DISK_WRITE_OPS] = KIND_IO,
    [METRIC_DISK_PRESSURE_SOME] = KIND_IO,
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

typedef void tell_fn(const struct question *q, struct buf *out);

static enum kind
kind_of(const struct subject *subject)
{
	enum metric_id metric = metric_find(subject->name);

	return metric < METRIC_COUNT ? (enum kind)kinds[metric] : KIND_NONE;
}

/* Adds one more of a list, or nothing when it does not fit whole. */
static void
add_item(struct buf *out, const char *text)
{
	size_t before = out->len;

	if (out->full)
		return;
	if (before > 0)
		buf_adds(out, ", ");
	buf_adds(out, text);
	if (out->full) {
		out->len = before;
		out->data[before] = '\0';
	}
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
	case GROWTH_WAITING:
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
	add_item(out, text);
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

static void
tell_cpu(const struct question *q, struct buf *out)
{
	tell_growth(q, GROWTH_CPU, "", out);
}

/* A load comes from those that run, or from those that wait for a disk. */
static void
tell_load(const struct question *q, struct buf *out)
{
	if (!tell_growth(q, GROWTH_CPU, "", out))
		tell_growth(q, GROWTH_WAITING, "waiting for a disk: ", out);
}

static void
tell_memory(const struct question *q, struct buf *out)
{
	tell_growth(q, GROWTH_MEMORY, "", out);
}

static void
tell_fd(const struct question *q, struct buf *out)
{
	tell_growth(q, GROWTH_FD, "", out);
}

/* By the kernel's accounts of services: what each read and wrote since the alert began to build. */
static bool
tell_services(const struct question *q, struct buf *out)
{
	struct cause *c = q->c;
	struct cgroup_io_growth found[CAUSE_NAMED];
	char rate[METRIC_VALUE_MAX], text[NOTICE_CAUSE_MAX];
	double secs;
	size_t n;

	if (c->io_before == NULL || c->io_before->len == 0 || c->io_before->taken_ns >= q->now_ns)
		return false;
	if (c->io_after->taken_ns != q->now_ns)
		cgroup_io_read(c->io_after, c->host, q->now_ns);
	secs = (double)(q->now_ns - c->io_before->taken_ns) / NS_PER_SEC;
	n = cgroup_io_rank(c->io_before, c->io_after, found, CAUSE_NAMED);
	for (size_t i = 0; i < n && (double)found[i].bytes >= IO_LEAST_BYTES; i++) {
		struct buf b;

		buf_init(&b, text, sizeof(text));
		buf_addf(&b, "%s %s", found[i].name,
		    metric_format(UNIT_BYTES_PER_SEC, (double)found[i].bytes / secs, rate));
		add_item(out, text);
	}
	return out->len > 0;
}

struct io_sum {
	int pid;
	const char *name;
	double rate;
};

static void
add_rate(struct io_sum *sums, size_t *len, const struct series *s, double rate)
{
	const char *text = series_label(s, 0);
	uint64_t pid;
	size_t i = 0;

	if (!str_u64(&text, text + strlen(text), &pid))
		return;
	while (i < *len && sums[i].pid != (int)pid)
		i++;
	if (i == PIDS_MAX)
		return;
	if (i == *len)
		sums[(*len)++] = (struct io_sum){.pid = (int)pid, .name = series_label(s, 1)};
	sums[i].rate += rate;
}

/* By the processes whose traffic we may see, as it was sampled last. */
static bool
tell_tracked(const struct question *q, struct buf *out)
{
	const struct latest *latest = q->c->latest;
	struct io_sum sums[PIDS_MAX];
	char rate[METRIC_VALUE_MAX], service[CGROUP_NAME_MAX], text[NOTICE_CAUSE_MAX];
	size_t len = 0;

	for (uint32_t id = 0; id < series_capacity(latest->series); id++) {
		const struct series *s = series_at(latest->series, id);

		if (s->gen != 0 &&
		    (s->metric == METRIC_PROC_IO_READ || s->metric == METRIC_PROC_IO_WRITE)) {
			double value = latest_value(latest, id);

			if (value > 0)
				add_rate(sums, &len, s, value);
		}
	}
	for (int round = 0; round < CAUSE_NAMED; round++) {
		struct io_sum *best = NULL;
		struct buf b;

		for (size_t i = 0; i < len; i++) {
			if (sums[i].rate >= IO_LEAST_RATE &&
			    (best == NULL || sums[i].rate > best->rate))
				best = &sums[i];
		}
		if (best == NULL)
			break;
		buf_init(&b, text, sizeof(text));
		buf_adds(&b, best->name);
		if (cgroup_of_process(q->c->host, best->pid, service))
			buf_addf(&b, " (%s)", service);
		buf_addf(&b, " %s", metric_format(UNIT_BYTES_PER_SEC, best->rate, rate));
		add_item(out, text);
		best->rate = 0;
	}
	return out->len > 0;
}

static void
tell_io(const struct question *q, struct buf *out)
{
	if (!tell_services(q, out) && !tell_tracked(q, out))
		tell_growth(q, GROWTH_WAITING, "waiting: ", out);
}

static tell_fn *const tellers[KINDS] = {
    [KIND_CPU] = tell_cpu,
    [KIND_LOAD] = tell_load,
    [KIND_MEMORY] = tell_memory,
    [KIND_FD] = tell_fd,
    [KIND_OWN_FD] = tell_fd,
    [KIND_IO] = tell_io,
};

void
cause_init(struct cause *c, struct host *host, struct collect *collect, const struct latest *latest)
{
	*c = (struct cause){.host = host, .collect = collect, .latest = latest};
}

void
cause_done(struct cause *c)
{
	mem_free(c->io_before);
	mem_free(c->io_after);
}

void
cause_look(struct cause *c, const struct findings *findings, const struct now *now)
{
	struct subject subject;
	bool building = false;

	for (size_t i = 0; i < findings->len && !building; i++) {
		const struct finding *f = &findings->items[i];

		if (f->state == FINDING_PENDING) {
			subject_describe(&f->subject, &subject);
			building = kind_of(&subject) == KIND_IO;
		}
	}
	if (!building)
		return;
	if (c->io_before == NULL) {
		c->io_before = mem_zalloc(1, sizeof(*c->io_before));
		c->io_after = mem_zalloc(1, sizeof(*c->io_after));
	}
	if (c->io_before->taken_ns == 0 || now->boot_ns - c->io_before->taken_ns > IO_BASELINE_NS)
		cgroup_io_read(c->io_before, c->host, now->boot_ns);
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
	tellers[kind](&q, &b);
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
