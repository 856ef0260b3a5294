/*
 * What the agent knows of itself and of what it watches, for `sysops-agent status`: as JSON for
 * programs, as a table of 80 columns for people.
 */
#ifndef SHOW_STATUS_H
#define SHOW_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#include "alert/silence_set.h"
#include "base/buf.h"
#include "core/core.h"
#include "core/heartbeat.h"

#define STATUS_ALERTS_MAX 200 /* told of one by one; more are counted */

struct status_input {
	const struct core *core;
	const struct heartbeat *heartbeat;
	struct now now;
	const char *conf_origin;                      /* NULL: the defaults */
	int64_t launched_wall_ms, configured_wall_ms; /* 0: not known */
	int64_t started_ns;                           /* boot time of this process's start */
	uint64_t wakeups;                             /* of this process, since then */
	int64_t cycle_cpu_ns;                         /* CPU time of the last cycle */
	bool kept;                                    /* the state is on disk */
	bool colour;
};

/* The alerts worth telling, the worst first. Views live until the next cycle. */
struct status_alerts {
	struct alert_view items[STATUS_ALERTS_MAX];
	size_t len, firing, pending;
};

void status_alerts(const struct core *core, struct status_alerts *out);

/* What a person would be told of the state of an alert: "pending", "held", "told", ... */
const char *status_alert_word(const struct alert_view *view);

/* Of this process: wakeups a second since its start; NAN when it has just started. */
double status_wakeup_rate(const struct status_input *in);

/* Appends one line on a silence: its number, what, until when, why. */
void status_write_silence(
    const struct alert_silence *silence, const struct now *now, struct buf *out);

/* Appends one JSON object and a newline; what finds no room is left out whole. */
void status_write_json(const struct status_input *in, struct buf *out);

/* Appends lines. Untrusted text comes out visible. */
void status_write_table(const struct status_input *in, struct buf *out);

#endif
