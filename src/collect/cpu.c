/*
 * /proc/stat, loadavg and pressure/cpu to the cpu.* samples. A core is known by its number: one
 * that was offline in between starts anew.
 */
#include "collect/cpu_stat.h"

#include <math.h>
#include <stdio.h>

#include "base/log.h"
#include "base/mem.h"
#include "collect/collect.h"
#include "collect/host_lines.h"
#include "collect/psi.h"
#include "collect/rate.h"

struct core {
	unsigned number;
	char label[12]; /* empty: place is free */
	uint64_t cycle; /* in which last was read */
	struct cpu_times last;
	struct series_ref ref;
};

struct cpu {
	struct host_file stat_file, loadavg_file;
	struct psi_source pressure;
	bool per_core, said_many;
	uint64_t cycle;
	struct cpu_stat stat;
	struct cpu_times last; /* of the set of cores that was online */
	uint64_t last_set;
	int64_t last_ns; /* boot time of the last reading; 0: none */
	struct rate switches, interrupts;
	struct core cores[CPU_CORES_MAX];
};

/* The place of a core: most often the one it was listed at before. NULL when all are taken. */
static struct core *
find_core(struct cpu *cpu, unsigned number, size_t hint)
{
	struct core *spare = NULL;

	if (cpu->cores[hint].label[0] != '\0' && cpu->cores[hint].number == number)
		return &cpu->cores[hint];
	for (size_t i = 0; i < CPU_CORES_MAX; i++) {
		struct core *core = &cpu->cores[i];

		if (core->label[0] != '\0' && core->number == number)
			return core;
		if (spare == NULL && (core->label[0] == '\0' || core->cycle + 1 < cpu->cycle))
			spare = core;
	}
	if (spare != NULL) {
		*spare = (struct core){.number = number};
		snprintf(spare->label, sizeof(spare->label), "%u", number);
	}
	return spare;
}

static void
add_core(struct cpu *cpu, size_t i, struct batch *batch)
{
	const struct cpu_core *now = &cpu->stat.cores[i];
	struct core *core = find_core(cpu, now->number, i);
	struct cpu_usage usage;

	if (core == NULL)
		return;
	if (core->cycle != 0 && core->cycle + 1 == cpu->cycle &&
	    cpu_stat_usage(
	        &core->last, &now->times, 1, batch->now.boot_ns - cpu->last_ns, &usage)) {
		const char *values[] = {core->label};

		batch_add_labelled(
		    batch, &core->ref, METRIC_CPU_CORE_USAGE, values, usage.busy, NAN);
	}
	core->last = now->times;
	core->cycle = cpu->cycle;
}

static void
add_percent(struct batch *batch, enum metric_id metric, double percent)
{
	if (!isnan(percent))
		batch_add(batch, metric, percent, NAN);
}

/* The total is of the cores that are online: of others it says nothing about these. */
static void
add_total(struct cpu *cpu, struct batch *batch)
{
	const struct cpu_stat *s = &cpu->stat;
	struct cpu_usage usage;

	if (cpu->last_ns != 0 && cpu->last_set == s->set &&
	    cpu_stat_usage(&cpu->last, &s->total, s->online > 0 ? s->online : 1,
	        batch->now.boot_ns - cpu->last_ns, &usage)) {
		add_percent(batch, METRIC_CPU_USAGE, usage.busy);
		add_percent(batch, METRIC_CPU_USER, usage.user);
		add_percent(batch, METRIC_CPU_SYSTEM, usage.system);
		add_percent(batch, METRIC_CPU_IOWAIT, usage.iowait);
		add_percent(batch, METRIC_CPU_STEAL, usage.steal);
	}
	cpu->last = s->total;
	cpu->last_set = s->set;
}

static void
say_many_cores(struct cpu *cpu, struct host *host)
{
	if (cpu->per_core)
		gaps_note_bound(&host->gaps, "cores", "cpu.core_usage_percent",
		    cpu->stat.core_count, cpu->stat.online);
	if (cpu->said_many || cpu->stat.online <= CPU_CORES_MAX || !cpu->per_core)
		return;
	cpu->said_many = true;
	log_warn("%u cores: the first %d have a usage series of their own, the rest only count in "
	         "the total",
	    cpu->stat.online, CPU_CORES_MAX);
}

/* Reads /proc/stat into cpu->stat; false when it is absent, and then no core is online. */
static bool
read_stat(struct cpu *cpu, struct host *host)
{
	struct cpu_stat *s = &cpu->stat;
	const char *line, *line_end;
	struct host_lines lines;

	cpu_stat_begin(s);
	if (!host_lines_open(&lines, host, &cpu->stat_file))
		return false;
	while (host_lines_next(&lines, &line, &line_end))
		cpu_stat_take(line, line_end, cpu->per_core, s);
	if ((s->have & CPU_STAT_TOTAL) == 0)
		host_file_say_malformed(&cpu->stat_file);
	return true;
}

static void
collect_stat(struct cpu *cpu, struct host *host, struct batch *batch)
{
	const struct cpu_stat *s = &cpu->stat;

	if (!read_stat(cpu, host))
		return;
	if (s->have & CPU_STAT_TOTAL)
		add_total(cpu, batch);
	for (size_t i = 0; i < s->core_count; i++)
		add_core(cpu, i, batch);
	cpu->last_ns = batch->now.boot_ns;
	say_many_cores(cpu, host);
	if (s->have & CPU_STAT_SWITCHES)
		rate_add(&cpu->switches, batch, METRIC_CPU_CONTEXT_SWITCHES, s->switches);
	if (s->have & CPU_STAT_INTERRUPTS)
		rate_add(&cpu->interrupts, batch, METRIC_CPU_INTERRUPTS, s->interrupts);
	if (s->have & CPU_STAT_RUNNING)
		batch_add(batch, METRIC_CPU_PROCS_RUNNING, (double)s->running, NAN);
	if (s->have & CPU_STAT_BLOCKED)
		batch_add(batch, METRIC_CPU_PROCS_BLOCKED, (double)s->blocked, NAN);
}

static void
collect_load(struct cpu *cpu, struct host *host, struct batch *batch)
{
	struct cpu_load load;
	ssize_t len = host_read(host, &cpu->loadavg_file);

	if (len < 0)
		return;
	if (!cpu_stat_parse_loadavg(host->text, (size_t)len, &load)) {
		host_file_say_malformed(&cpu->loadavg_file);
		return;
	}
	batch_add(batch, METRIC_CPU_LOAD_1M, load.over_1m, NAN);
	batch_add(batch, METRIC_CPU_LOAD_5M, load.over_5m, NAN);
	batch_add(batch, METRIC_CPU_LOAD_15M, load.over_15m, NAN);
	if (cpu->stat.online > 0 && host_is_one_scope(&cpu->stat_file, &cpu->loadavg_file))
		batch_add(batch, METRIC_CPU_LOAD_PER_CORE, load.over_5m / cpu->stat.online, NAN);
}

static void *
open_cpu(const struct conf_collect *conf, struct host *host)
{
	struct cpu *cpu = mem_zalloc(1, sizeof(*cpu));

	(void)host;
	cpu->per_core = conf->cpu_per_core;
	cpu->stat_file = (struct host_file){.path = "stat",
	    .tells =
	        "cpu.usage_percent, cpu.core_usage_percent, cpu.user_percent, cpu.system_percent, "
	        "cpu.iowait_percent, cpu.steal_percent, cpu.load_per_core, "
	        "cpu.context_switches_rate, "
	        "cpu.interrupts_rate, cpu.procs_running, cpu.procs_blocked",
	    .fd = -1};
	cpu->loadavg_file = (struct host_file){.path = "loadavg",
	    .tells = "cpu.load_1m, cpu.load_5m, cpu.load_15m, cpu.load_per_core",
	    .fd = -1};
	cpu->pressure = (struct psi_source)PSI_SOURCE("cpu", "cpu.pressure_some_percent");
	return cpu;
}

static void
collect_cpu(void *state, struct host *host, struct batch *batch)
{
	struct cpu *cpu = state;

	cpu->cycle++;
	collect_stat(cpu, host, batch);
	collect_load(cpu, host, batch);
	psi_collect(&cpu->pressure, host, batch, METRIC_CPU_PRESSURE_SOME, METRIC_COUNT);
}

static void
close_cpu(void *state)
{
	struct cpu *cpu = state;

	host_file_close(&cpu->stat_file);
	host_file_close(&cpu->loadavg_file);
	host_file_close(&cpu->pressure.file);
	mem_free(cpu);
}

const struct collector collector_cpu = {
    .name = "cpu",
    .section = COLLECTOR_CPU,
    .open = open_cpu,
    .collect = collect_cpu,
    .close = close_cpu,
};
