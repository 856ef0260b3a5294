/*
 * Counts of the kernel to words about who keeps disks busy, or fills them. Names are the services'
 * and processes' own: plain here, escaped by whoever renders them. What an account says is of all
 * disks together.
 */
#include "agent/cause_io.h"

#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "model/metric.h"
#include "model/notice.h"

#define BASELINE_NS (600 * NS_PER_SEC)       /* an older one is of another incident */
#define BASELINE_MOST_NS (1200 * NS_PER_SEC) /* it has to do where the answer is wanted now */
#define LOOK_NS (60 * NS_PER_SEC)            /* disks fill in minutes */
#define USAGE_LEAST 50.0                     /* percent: an emptier disk is no worry in these */
#define LEAST_BYTES (1024.0 * 1024)
#define LEAST_RATE 65536.0 /* bytes a second */
#define PIDS_MAX 96

void
cause_io_init(struct cause_io *io, struct host *host, const struct latest *latest)
{
	*io = (struct cause_io){.host = host, .latest = latest};
}

void
cause_io_done(struct cause_io *io)
{
	mem_free(io->before);
	mem_free(io->after);
}

static bool
is_some_disk_filled(const struct latest *latest)
{
	for (uint32_t id = 0; id < series_capacity(latest->series); id++) {
		const struct series *s = series_at(latest->series, id);

		if (s->gen != 0 && s->metric == METRIC_DISK_USAGE &&
		    latest_value(latest, id) >= USAGE_LEAST)
			return true;
	}
	return false;
}

void
cause_io_look(struct cause_io *io, bool building, const struct now *now)
{
	int64_t age_ns = io->before == NULL ? INT64_MAX : now->boot_ns - io->before->taken_ns;
	bool due = age_ns > (building ? BASELINE_MOST_NS : BASELINE_NS);

	if (due && !building && (io->looked_ns == 0 || now->boot_ns - io->looked_ns >= LOOK_NS)) {
		io->looked_ns = now->boot_ns;
		building = is_some_disk_filled(io->latest);
	}
	if (!due || !building)
		return;
	if (io->before == NULL) {
		io->before = mem_zalloc(1, sizeof(*io->before));
		io->after = mem_zalloc(1, sizeof(*io->after));
	}
	cgroup_io_read(io->before, io->host, now->boot_ns);
}

static void
add_rate(const char *name, const char *service, double rate, struct buf *out)
{
	char value[METRIC_VALUE_MAX], text[NOTICE_CAUSE_MAX];
	struct buf b;

	buf_init(&b, text, sizeof(text));
	buf_adds(&b, name);
	if (service != NULL)
		buf_addf(&b, " (%s)", service);
	buf_addf(&b, " %s", metric_format(UNIT_BYTES_PER_SEC, rate, value));
	buf_add_item(out, text);
}

/* What each has done since it was noted. */
static bool
tell_services(struct cause_io *io, bool written, int64_t now_ns, struct buf *out)
{
	struct cgroup_io_growth found[CAUSE_IO_NAMED];
	size_t from = out->len, n;
	double secs;

	if (io->before == NULL || io->before->len == 0 || io->before->taken_ns >= now_ns)
		return false;
	if (io->after->taken_ns != now_ns)
		cgroup_io_read(io->after, io->host, now_ns);
	secs = (double)(now_ns - io->before->taken_ns) / NS_PER_SEC;
	n = cgroup_io_rank(io->before, io->after, written, found, CAUSE_IO_NAMED);
	for (size_t i = 0; i < n && (double)found[i].bytes >= LEAST_BYTES; i++)
		add_rate(found[i].name, NULL, (double)found[i].bytes / secs, out);
	return out->len > from;
}

struct sum {
	int pid;
	const char *name;
	double rate;
};

static void
add_to_sum(struct sum *sums, size_t *len, const struct series *s, double rate)
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
		sums[(*len)++] = (struct sum){.pid = (int)pid, .name = series_label(s, 1)};
	sums[i].rate += rate;
}

static size_t
sum_up(const struct latest *latest, bool written, struct sum sums[PIDS_MAX])
{
	size_t len = 0;

	for (uint32_t id = 0; id < series_capacity(latest->series); id++) {
		const struct series *s = series_at(latest->series, id);
		double value;

		if (s->gen == 0 || (s->metric != METRIC_PROC_IO_WRITE &&
		                       (written || s->metric != METRIC_PROC_IO_READ)))
			continue;
		value = latest_value(latest, id);
		if (value > 0)
			add_to_sum(sums, &len, s, value);
	}
	return len;
}

/* The tracked processes whose traffic we may see, as it was sampled last. */
static bool
tell_processes(struct cause_io *io, bool written, struct buf *out)
{
	struct sum sums[PIDS_MAX];
	size_t from = out->len, len = sum_up(io->latest, written, sums);

	for (int round = 0; round < CAUSE_IO_NAMED; round++) {
		char service[CGROUP_NAME_MAX];
		struct sum *best = NULL;

		for (size_t i = 0; i < len; i++) {
			if (sums[i].rate >= LEAST_RATE &&
			    (best == NULL || sums[i].rate > best->rate))
				best = &sums[i];
		}
		if (best == NULL)
			break;
		add_rate(best->name,
		    cgroup_of_process(io->host, best->pid, service) ? service : NULL, best->rate,
		    out);
		best->rate = 0;
	}
	return out->len > from;
}

bool
cause_io_tell(struct cause_io *io, bool written, int64_t now_ns, struct buf *out)
{
	return tell_services(io, written, now_ns, out) || tell_processes(io, written, out);
}
