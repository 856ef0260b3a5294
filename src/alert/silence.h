/*
 * The silences in force, of the configuration and of the command line alike, as people see them.
 */
#ifndef ALERT_SILENCE_H
#define ALERT_SILENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

struct alert_entry;
struct alert_table;

struct silence_view {
	uint32_t id; /* 0: of the configuration */
	const char *match;
	const char *comment;     /* untrusted, or "" */
	int64_t created_wall_ms; /* 0: of the configuration */
	int64_t until_wall_ms;   /* of one that goes by the week: of these hours; 0: no end */
	bool doubtful;           /* the end: made before a reboot, so by the wall clock */
	bool allow_critical;     /* critical and emergency pass */
	size_t firing;           /* alerts that fire and match */
	size_t held;             /* of those, the ones with news that a silence holds */
};

/* News of it waits for the end of a silence. */
bool silence_holds(const struct alert_entry *a);

/* Those of the configuration first. The texts live as long as the table's. */
void silence_each(const struct alert_table *table, const struct now *now,
    void (*fn)(void *arg, const struct silence_view *view), void *arg);

#endif
