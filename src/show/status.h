/*
 * What the agent knows of itself and of what it watches, for `sysops-agent status`: as JSON for
 * programs, as a table for people, as wide as their terminal.
 */
#ifndef SHOW_STATUS_H
#define SHOW_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#include "alert/alert.h"
#include "base/buf.h"
#include "core/core.h"
#include "show/status_input.h"

#define STATUS_ALERTS_MAX 200 /* told of one by one; more are counted */

/* The alerts worth telling, the worst first. Views live until the next cycle. */
struct status_alerts {
	struct alert_view items[STATUS_ALERTS_MAX];
	size_t len, firing, pending;
};

void status_alerts(const struct core *core, struct status_alerts *out);

/* Appends one JSON object and a newline; what finds no room is left out whole. */
void status_write_json(const struct status_input *in, struct buf *out);

/* Appends lines. Untrusted text comes out visible. */
void status_write_table(const struct status_input *in, struct buf *out);

#endif
