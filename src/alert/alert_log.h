/*
 * What becomes of alerts, as lines of the log: one a transition, never one a cycle, whatever
 * channels there are. An alert that flaps is not logged again until it has come to rest.
 */
#ifndef ALERT_ALERT_LOG_H
#define ALERT_ALERT_LOG_H

#include "alert/entry.h"

/* It fires, at its first or another level: a->was is the level before. */
void alert_log_level(const struct alert_entry *a, enum flap_phase before);

/* It fires, and has no room in the table. */
void alert_log_no_room(const struct alert_entry *a);

/* It is over. before: of its flapping, until this. */
void alert_log_end(const struct alert_entry *a, enum flap_phase before);

/* A silence holds its news back from now on. */
void alert_log_silenced(const struct alert_entry *a);

#endif
