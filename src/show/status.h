/*
 * What the agent knows of itself and of what it watches, for `sysops-agent status`: as JSON for
 * programs, as a table for people, as wide as their terminal.
 */
#ifndef SHOW_STATUS_H
#define SHOW_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#include "alert/silence_set.h"
#include "base/buf.h"
#include "collect/family.h"
#include "core/core.h"
#include "core/heartbeat.h"

#define STATUS_COLUMNS 80 /* where nothing is known of the reader */
#define STATUS_COLUMNS_MIN 60
#define STATUS_COLUMNS_MAX 200
#define STATUS_VERDICT_MAX 512
#define STATUS_ALERTS_MAX 200 /* told of one by one; more are counted */

struct status_input {
	const struct core *core;
	const struct heartbeat *heartbeat;
	struct now now;
	const char *conf_origin;                      /* NULL: the defaults */
	int64_t launched_wall_ms, configured_wall_ms; /* 0: not known */
	int64_t started_ns;                           /* boot time of this process's start */
	int64_t cycle_cpu_ns;                         /* CPU time of the last cycle */
	pid_t launcher_pid;
	struct family cost;
	bool kept; /* the state is on disk */
	bool colour;
	int columns; /* of whoever reads the table; within STATUS_COLUMNS_MIN and _MAX */
};

/* The alerts worth telling, the worst first. Views live until the next cycle. */
struct status_alerts {
	struct alert_view items[STATUS_ALERTS_MAX];
	size_t len, firing, pending;
};

void status_alerts(const struct core *core, struct status_alerts *out);

/* Appends one line on a silence: its number, what, until when, why. */
void status_write_silence(
    const struct alert_silence *silence, const struct now *now, struct buf *out);

/* Appends one JSON object and a newline; what finds no room is left out whole. */
void status_write_json(const struct status_input *in, struct buf *out);

/* Appends lines. Untrusted text comes out visible. */
void status_write_table(const struct status_input *in, struct buf *out);

#endif
