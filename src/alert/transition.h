/*
 * How alerts come and go: ok -> pending -> firing(severity) -> resolved.
 */
#ifndef ALERT_TRANSITION_H
#define ALERT_TRANSITION_H

#include "alert/alert_table.h"
#include "model/finding.h"

/* The further value on the bad side; where no side is, the newer. NAN: none. */
double transition_worse(enum rule_op op, double older, double newer);

/* The alert of (rule, subject) begins, goes on, changes its level or ends. */
void transition_take_finding(
    struct alert_table *table, const struct finding *f, const struct now *now);

/*
 * Ages every alert by the time since the last cycle, but by at most one of its own intervals: after
 * a suspend or a stall its collector has had no more than one chance.
 */
void transition_grow_older(struct alert_table *table, const struct now *now);

/*
 * What nothing is heard of any more is over, unless it is held; an event only when it was told.
 */
void transition_end_silent(struct alert_table *table, const struct alert_round *round);

/* Forgets ended alerts of which nothing is to be told or remembered. */
void transition_forget_ended(struct alert_table *table, const struct now *now);

#endif
