/*
 * All that a status is made of: where the agent's state lies, and who asks.
 */
#ifndef SHOW_STATUS_INPUT_H
#define SHOW_STATUS_INPUT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "collect/process_tree.h"
#include "collect/gaps.h"
#include "core/core.h"
#include "core/heartbeat.h"

#define STATUS_COLUMNS 80 /* where nothing is known of the reader */
#define STATUS_COLUMNS_MIN 60
#define STATUS_COLUMNS_MAX 200
#define STATUS_VERDICT_MAX 512

struct status_input {
	const struct core *core;
	const struct heartbeat *heartbeat;
	const struct gaps *gaps; /* NULL: nobody looked at the host */
	struct now now;
	const char *conf_origin;               /* NULL: the defaults */
	struct now launched_at, configured_at; /* wall_ms 0: not known */
	int64_t started_ns;                    /* boot time of this process's start */
	int64_t cycle_cpu_ns;                  /* CPU time of the last cycle */
	pid_t launcher_pid;
	struct process_tree cost;
	bool kept; /* the state is on disk */
	bool colour;
	int columns; /* of whoever reads the table; within STATUS_COLUMNS_MIN and _MAX */
};

#endif
