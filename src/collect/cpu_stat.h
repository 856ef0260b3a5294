/*
 * What /proc/stat and /proc/loadavg say (Documentation/filesystems/proc.rst, 1.7).
 */
#ifndef COLLECT_CPU_STAT_H
#define COLLECT_CPU_STAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Cores with a series of their own; a host with more has them for the first ones only. */
#define CPU_CORES_MAX 256

/* In ticks since boot. Guest time is inside user and nice and is not kept. */
enum cpu_time {
	CPU_TIME_USER,
	CPU_TIME_NICE,
	CPU_TIME_SYSTEM,
	CPU_TIME_IDLE,
	CPU_TIME_IOWAIT,
	CPU_TIME_IRQ,
	CPU_TIME_SOFTIRQ,
	CPU_TIME_STEAL,
	CPU_TIMES
};

struct cpu_times {
	uint64_t ticks[CPU_TIMES];
};

struct cpu_core {
	unsigned number;
	struct cpu_times times;
};

#define CPU_STAT_TOTAL 1u
#define CPU_STAT_INTERRUPTS 2u
#define CPU_STAT_SWITCHES 4u
#define CPU_STAT_RUNNING 8u
#define CPU_STAT_BLOCKED 16u

struct cpu_stat {
	unsigned have; /* CPU_STAT_ bits of what the text had */
	struct cpu_times total;
	uint64_t interrupts, switches, running, blocked;
	unsigned online; /* cores that the text lists */
	uint64_t set;    /* of their numbers: another when others are online */
	uint64_t seen;   /* of cpu_stat.c */
	size_t core_count;
	struct cpu_core cores[CPU_CORES_MAX]; /* core_count of them are set */
};

/* /proc/stat, a line without its newline at a time, of which there may be very many. */
void cpu_stat_begin(struct cpu_stat *out);
/*
 * Fields that a line is too short for are 0, from iowait on; without idle it is no line at all.
 * Cores are listed if per_core.
 */
void cpu_stat_take(const char *line, const char *end, bool per_core, struct cpu_stat *out);

struct cpu_load {
	double over_1m, over_5m, over_15m;
};

bool cpu_stat_parse_loadavg(const char *text, size_t len, struct cpu_load *out);

/* Percent of the time that passed between two readings; NAN: its counters cannot be right. */
struct cpu_usage {
	double busy, user, system, iowait, steal;
};

/*
 * Of so many cores, elapsed_ns by the boot clock apart. Each counter is judged by itself. One that
 * goes back by a tick or two a core counts as not having moved, and so does iowait in any case: on
 * real kernels it does. One that goes back further, as steal does on some guests, or runs faster
 * than the time can pass, is left out, and the others are of the time that is left. False when
 * nothing can be said: no time passed, or the idle time cannot be right. The ticks do not advance
 * in suspend, so after one the percentages are of the time awake.
 */
bool cpu_stat_usage(const struct cpu_times *from, const struct cpu_times *to, unsigned cores,
    int64_t elapsed_ns, struct cpu_usage *out);

#endif
