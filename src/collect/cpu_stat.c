/*
 * Understands /proc/stat and /proc/loadavg. A line that is not of the documented form is left out;
 * the line of interrupts, which is long on a large machine, is read up to its first number.
 */
#include "collect/cpu_stat.h"

#include <math.h>

#include "base/str.h"
#include "collect/scan.h"

#define TICKS_BACK 2       /* a core */
#define TICKS_A_SECOND 100 /* USER_HZ, the same on all architectures that we know */
/* Times of both readings are not exact, and recorded ones less so: what is wrong is so by far. */
#define HASTE 4
#define SLACK_SECS 1

/* A machine has fewer; a larger number is no core. */
#define CORE_NUMBER_MAX 1000000u

static bool
parse_times(const char *p, const char *end, struct cpu_times *out)
{
	size_t n = 0;

	*out = (struct cpu_times){0};
	while (n < CPU_TIMES && (p = str_skip_blank(p, end)) < end) {
		if (!scan_u64(&p, end, &out->ticks[n]))
			return false;
		n++;
	}
	return n > CPU_TIME_IDLE;
}

/* line starts after "cpu". */
static void
parse_cpu_line(const char *p, const char *end, bool per_core, struct cpu_stat *out)
{
	uint64_t number;

	if (p < end && *p == ' ') {
		if (parse_times(p, end, &out->total))
			out->have |= CPU_STAT_TOTAL;
		return;
	}
	if (!str_u64(&p, end, &number) || number > CORE_NUMBER_MAX || p == end || *p != ' ')
		return;
	out->online++;
	out->set = (out->set ^ number) * 0x100000001b3ULL; /* FNV-1 */
	if (!per_core || out->core_count == CPU_CORES_MAX)
		return;
	out->cores[out->core_count].number = (unsigned)number;
	if (parse_times(p, end, &out->cores[out->core_count].times))
		out->core_count++;
}

/* The lines after the cores', in the order of the bits from CPU_STAT_INTERRUPTS on. */
static const struct scan_key keys[] = {
    SCAN_KEY("intr ", struct cpu_stat, interrupts),
    SCAN_KEY("ctxt ", struct cpu_stat, switches),
    SCAN_KEY("procs_running ", struct cpu_stat, running),
    SCAN_KEY("procs_blocked ", struct cpu_stat, blocked),
};

void
cpu_stat_begin(struct cpu_stat *out)
{
	out->have = 0;
	out->online = 0;
	out->set = 0xcbf29ce484222325ULL;
	out->seen = 0;
	out->core_count = 0;
}

void
cpu_stat_take(const char *line, const char *end, bool per_core, struct cpu_stat *out)
{
	const size_t n = sizeof(keys) / sizeof(keys[0]);

	if (scan_prefix(&line, end, "cpu"))
		parse_cpu_line(line, end, per_core, out);
	else
		out->have |= (unsigned)scan_key_line(line, end, keys, n, &out->seen, out) *
		             CPU_STAT_INTERRUPTS;
}

bool
cpu_stat_parse_loadavg(const char *text, size_t len, struct cpu_load *out)
{
	const char *p = text, *end = text + len;

	return scan_decimal(&p, end, &out->over_1m) && scan_decimal(&p, end, &out->over_5m) &&
	       scan_decimal(&p, end, &out->over_15m) && p < end;
}

/* What a counter has counted; NAN: it cannot be right. */
static double
passed(uint64_t from, uint64_t to, uint64_t back, double most)
{
	if (to < from)
		return from - to <= back ? 0 : NAN;
	return (double)(to - from) <= most ? (double)(to - from) : NAN;
}

bool
cpu_stat_usage(const struct cpu_times *from, const struct cpu_times *to, unsigned cores,
    int64_t elapsed_ns, struct cpu_usage *out)
{
	double elapsed_secs = (double)elapsed_ns / 1e9;
	double most = cores * TICKS_A_SECOND * (elapsed_secs * HASTE + SLACK_SECS);
	double d[CPU_TIMES], total = 0, waiting;

	for (size_t i = 0; i < CPU_TIMES; i++) {
		uint64_t back = i == CPU_TIME_IOWAIT ? UINT64_MAX : TICKS_BACK * (uint64_t)cores;

		d[i] = passed(from->ticks[i], to->ticks[i], back, most);
		total += isnan(d[i]) ? 0 : d[i];
	}
	if (isnan(d[CPU_TIME_IDLE]) || total <= 0)
		return false;
	waiting = isnan(d[CPU_TIME_IOWAIT]) ? 0 : d[CPU_TIME_IOWAIT];
	out->busy = 100 * (1 - (d[CPU_TIME_IDLE] + waiting) / total);
	out->user = 100 * (d[CPU_TIME_USER] + d[CPU_TIME_NICE]) / total;
	out->system = 100 * (d[CPU_TIME_SYSTEM] + d[CPU_TIME_IRQ] + d[CPU_TIME_SOFTIRQ]) / total;
	out->iowait = 100 * d[CPU_TIME_IOWAIT] / total;
	out->steal = 100 * d[CPU_TIME_STEAL] / total;
	return true;
}
