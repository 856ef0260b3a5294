/*
 * Latest values in, lines for a person out. A row whose values are absent is left out, and so is a
 * part of a row. Names of devices and processes are untrusted: they come out visible.
 */
#include "show/table.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/zone.h"

#define BAR_CELLS 10
#define NAME_CELLS 22 /* of a mount point or device */

struct table {
	const struct table_input *in;
	struct buf *out;
};

static double
plain(const struct table *t, enum metric_id metric)
{
	return latest_plain(t->in->latest, metric);
}

static void
add_label(struct table *t, const char *name)
{
	if (t->in->colour)
		buf_adds(t->out, "\033[1m");
	buf_addf(t->out, "%-6s", name);
	if (t->in->colour)
		buf_adds(t->out, "\033[0m");
}

/* Green, yellow from warn on, red from critical on. */
static void
start_colour(struct table *t, double value, enum limit_id limit)
{
	const struct conf_detect *limits_now = t->in->limits;
	const char *code = "\033[32m";

	if (!t->in->colour || limits_now == NULL || limit == LIMIT_COUNT)
		return;
	if (value >= limits_now->critical[limit])
		code = "\033[1;31m";
	else if (value >= limits_now->warn[limit])
		code = "\033[33m";
	buf_adds(t->out, code);
}

static void
end_colour(struct table *t)
{
	if (t->in->colour)
		buf_adds(t->out, "\033[0m");
}

static void
add_bar(struct table *t, double percent, enum limit_id limit)
{
	static const char *const eighths[] = {" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
	int filled = (int)(fmin(fmax(percent, 0), 100) / 100 * BAR_CELLS * 8 + 0.5);

	start_colour(t, percent, limit);
	buf_addf(t->out, "%5.1f%% ", percent);
	for (int i = 0; i < BAR_CELLS; i++, filled -= 8)
		buf_adds(t->out, filled >= 8 ? "█" : filled > 0 ? eighths[filled] : "░");
	end_colour(t);
}

/* "  name value", unless the value is absent. */
static void
add_value(struct table *t, const char *before, enum metric_id metric, double value)
{
	char text[METRIC_VALUE_MAX];

	if (!isnan(value))
		buf_addf(
		    t->out, "  %s%s", before, metric_format(metrics[metric].unit, value, text));
}

static void
add_plain(struct table *t, const char *before, enum metric_id metric)
{
	add_value(t, before, metric, plain(t, metric));
}

static void
write_head(struct table *t)
{
	char when[CLOCK_ISO8601_MAX], up[STR_SPAN_MAX];

	if (t->in->colour)
		buf_adds(t->out, "\033[7m");
	buf_addf(t->out, " sysops-agent " SYSOPS_VERSION "  ");
	buf_add_visible(t->out, t->in->hostname, strlen(t->in->hostname));
	if (!isnan(t->in->uptime_secs))
		buf_addf(t->out, "  up %s", str_span((int64_t)t->in->uptime_secs, up));
	buf_addf(t->out, "  %s", zone_hms(t->in->now.wall_ms, when));
	if (t->in->interval_secs > 0)
		buf_addf(t->out, "  every %g s", t->in->interval_secs);
	if (t->in->alerts_firing > 0)
		buf_addf(t->out, "  %zu alert%s firing", t->in->alerts_firing,
		    t->in->alerts_firing == 1 ? "" : "s");
	buf_addc(t->out, ' ');
	end_colour(t);
	buf_addc(t->out, '\n');
}

static void
write_cpu(struct table *t)
{
	double usage = plain(t, METRIC_CPU_USAGE), load = plain(t, METRIC_CPU_LOAD_1M);

	if (isnan(usage) && isnan(load))
		return;
	add_label(t, "CPU");
	if (!isnan(usage))
		add_bar(t, usage, LIMIT_CPU);
	add_plain(t, "user ", METRIC_CPU_USER);
	add_plain(t, "system ", METRIC_CPU_SYSTEM);
	add_plain(t, "iowait ", METRIC_CPU_IOWAIT);
	add_plain(t, "steal ", METRIC_CPU_STEAL);
	if (!isnan(load))
		buf_addf(t->out, "  load %.2f %.2f %.2f", load, plain(t, METRIC_CPU_LOAD_5M),
		    plain(t, METRIC_CPU_LOAD_15M));
	buf_addc(t->out, '\n');
}

static void
write_memory(struct table *t)
{
	double usage = plain(t, METRIC_MEM_USAGE), swap = plain(t, METRIC_MEM_SWAP_USAGE);

	if (isnan(usage))
		return;
	add_label(t, "MEM");
	add_bar(t, usage, LIMIT_MEMORY);
	add_plain(t, "used ", METRIC_MEM_USED);
	add_plain(t, "available ", METRIC_MEM_AVAILABLE);
	add_plain(t, "cached ", METRIC_MEM_CACHED);
	if (isnan(swap))
		buf_adds(t->out, "  no swap");
	else
		buf_addf(t->out, "  swap %.1f%%", swap);
	add_plain(t, "pressure ", METRIC_MEM_PRESSURE_SOME);
	buf_addc(t->out, '\n');
}

/* Exactly cells columns of a name; a long one keeps its end, which tells mount points apart. */
static void
add_name(struct table *t, const char *name, size_t cells)
{
	char text[256];
	struct buf b;
	const char *from = text;

	buf_init(&b, text, sizeof(text));
	buf_add_visible(&b, name, strlen(name));
	if (b.len > cells) {
		from = text + b.len - (cells - 1);
		while (((unsigned char)*from & 0xc0) == 0x80)
			from++;
		buf_adds(t->out, "…");
		buf_addf(t->out, "%-*s", (int)cells - 1, from);
	} else {
		buf_addf(t->out, "%-*s", (int)cells, text);
	}
}

/* The value of another metric of the same labels. */
static double
sibling(const struct table *t, const struct series *s, enum metric_id metric)
{
	const char *values[METRIC_LABELS_MAX];
	uint32_t id;

	for (size_t i = 0; i < s->label_count; i++)
		values[i] = series_label(s, i);
	id = series_find(t->in->latest->series, metric, values);
	return id == SERIES_NONE ? NAN : latest_value(t->in->latest, id);
}

static void
write_mount(struct table *t, const struct series *s, double usage)
{
	add_name(t, series_label(s, 0), NAME_CELLS);
	add_bar(t, usage, LIMIT_DISK);
	add_value(t, "free ", METRIC_DISK_AVAILABLE, sibling(t, s, METRIC_DISK_AVAILABLE));
	add_value(t, "inodes ", METRIC_DISK_INODE_USAGE, sibling(t, s, METRIC_DISK_INODE_USAGE));
	buf_adds(t->out, "  ");
	buf_add_visible(t->out, series_label(s, 2), strlen(series_label(s, 2)));
	if (sibling(t, s, METRIC_DISK_READ_ONLY) == 1)
		buf_adds(t->out, "  read-only");
}

static void
write_disk_io(struct table *t, const struct series *s, double busy)
{
	add_name(t, series_label(s, 0), NAME_CELLS);
	add_bar(t, busy, LIMIT_DISK_BUSY);
	add_value(t, "read ", METRIC_DISK_READ_BYTES, sibling(t, s, METRIC_DISK_READ_BYTES));
	add_value(t, "write ", METRIC_DISK_WRITE_BYTES, sibling(t, s, METRIC_DISK_WRITE_BYTES));
	add_value(t, "await ", METRIC_DISK_AWAIT, sibling(t, s, METRIC_DISK_AWAIT));
}

static void
write_interface(struct table *t, const struct series *s, double rx)
{
	double errors = sibling(t, s, METRIC_NET_RX_ERRORS) + sibling(t, s, METRIC_NET_TX_ERRORS);
	double drops = sibling(t, s, METRIC_NET_RX_DROPS) + sibling(t, s, METRIC_NET_TX_DROPS);

	add_name(t, series_label(s, 0), NAME_CELLS);
	add_value(t, "in ", METRIC_NET_RX_BYTES, rx);
	add_value(t, "out ", METRIC_NET_TX_BYTES, sibling(t, s, METRIC_NET_TX_BYTES));
	if (errors > 0)
		add_value(t, "errors ", METRIC_NET_RX_ERRORS, errors);
	if (drops > 0)
		add_value(t, "drops ", METRIC_NET_RX_DROPS, drops);
	if (sibling(t, s, METRIC_NET_LINK_UP) == 0)
		buf_adds(t->out, "  down");
}

/* One line for each live series of a metric, at most max_lines of them. */
static void
write_each(struct table *t, const char *label, enum metric_id metric,
    void (*write)(struct table *, const struct series *, double))
{
	const struct latest *latest = t->in->latest;
	int shown = 0, more = 0;

	for (uint32_t id = 0; id < series_capacity(latest->series); id++) {
		const struct series *s = series_at(latest->series, id);
		double value;

		if (s->gen == 0 || s->metric != metric)
			continue;
		value = latest_value(latest, id);
		if (isnan(value))
			continue;
		if (shown == t->in->max_lines) {
			more++;
			continue;
		}
		add_label(t, shown++ == 0 ? label : "");
		write(t, s, value);
		buf_addc(t->out, '\n');
	}
	if (more > 0)
		buf_addf(t->out, "%-6sand %d more\n", "", more);
}

static void
write_network(struct table *t)
{
	if (isnan(plain(t, METRIC_NET_TCP_CONNECTIONS)))
		return;
	add_label(t, "TCP");
	buf_addf(t->out, "%.0f connections", plain(t, METRIC_NET_TCP_CONNECTIONS));
	add_plain(t, "time-wait ", METRIC_NET_TCP_TIME_WAIT);
	add_plain(t, "retransmits ", METRIC_NET_TCP_RETRANSMITS);
	add_plain(t, "listen overflows ", METRIC_NET_LISTEN_OVERFLOWS);
	add_plain(t, "conntrack ", METRIC_NET_CONNTRACK_USAGE);
	buf_addc(t->out, '\n');
}

static void
add_top(struct table *t, const char *before, const struct process_view *top, size_t n, bool by_cpu)
{
	char size[STR_SIZE_MAX];

	for (size_t i = 0; i < n; i++) {
		if (by_cpu && (isnan(top[i].cpu_percent) || top[i].cpu_percent < 0.05))
			break;
		buf_adds(t->out, i == 0 ? before : ", ");
		buf_add_visible(t->out, top[i].name, strlen(top[i].name));
		if (by_cpu)
			buf_addf(t->out, " %.1f%%", top[i].cpu_percent);
		else
			buf_addf(t->out, " %s", str_size(top[i].rss_bytes, size));
	}
}

static void
write_processes(struct table *t)
{
	double count = plain(t, METRIC_PROC_COUNT), zombies = plain(t, METRIC_PROC_ZOMBIES);

	if (isnan(count))
		return;
	add_label(t, "PROC");
	buf_addf(t->out, "%.0f processes", count);
	add_plain(t, "threads ", METRIC_PROC_THREADS);
	if (zombies > 0)
		buf_addf(t->out, "  zombies %.0f", zombies);
	add_plain(t, "open files ", METRIC_FD_USED);
	buf_addc(t->out, '\n');
	if (t->in->rss_count == 0)
		return;
	buf_addf(t->out, "%-6smost memory: ", "");
	add_top(t, "", t->in->by_rss, t->in->rss_count, false);
	add_top(t, "   most CPU: ", t->in->by_cpu, t->in->cpu_count, true);
	buf_addc(t->out, '\n');
}

void
table_add_world(struct table_input *in, const struct collect *collect)
{
	in->uptime_secs = latest_plain(in->latest, METRIC_KERNEL_UPTIME);
	in->cpu_count = collect_top_processes(collect, true, in->by_cpu, TABLE_TOP_PROCESSES);
	in->rss_count = collect_top_processes(collect, false, in->by_rss, TABLE_TOP_PROCESSES);
}

void
table_write(const struct table_input *in, struct buf *out)
{
	struct table t = {.in = in, .out = out};

	write_head(&t);
	write_cpu(&t);
	write_memory(&t);
	write_each(&t, "DISK", METRIC_DISK_USAGE, write_mount);
	write_each(&t, "IO", METRIC_DISK_IO_TIME, write_disk_io);
	write_each(&t, "NET", METRIC_NET_RX_BYTES, write_interface);
	write_network(&t);
	write_processes(&t);
}
