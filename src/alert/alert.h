/*
 * Findings to notices. An alert is the lasting state of (rule, subject):
 * ok -> pending -> firing(severity) -> resolved. A channel is told what it does not know yet: that
 * an alert fires or went up a level, and that one it heard of is over. An event fires when it
 * happens and is over after a quiet time, which only services that keep cases are told. Between the
 * state and the notice stand stages that may hold it back, in a fixed order (stage.h); what is held
 * is asked about again each cycle, so what is untrue by then is never told. Time is the caller's.
 */
#ifndef ALERT_ALERT_H
#define ALERT_ALERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alert/alert_types.h"
#include "base/clock.h"
#include "conf/conf.h"
#include "model/finding.h"
#include "model/json_field.h"
#include "model/kept_kind.h"
#include "model/notice.h"

struct alert_table;
struct silence_set;

/* Copies all. hostname names the cases of alerts that begin from now on. */
struct alert_table *alert_new(const struct conf_alert *conf, const char *hostname,
    const struct alert_channel *channels, size_t n);
void alert_free(struct alert_table *table);

/* Another configuration for the same alerts: after a reload. */
void alert_configure(struct alert_table *table, const struct conf_alert *conf, const char *hostname,
    const struct alert_channel *channels, size_t n);

/*
 * A rule goes on under another name, and its alerts with it: nobody is told of an end. Their cases
 * keep the key that they were opened with. Before the next findings.
 */
void alert_rename(struct alert_table *table, const char *from, const char *to);

/*
 * Takes the findings in; appends to out. cycle: they are all findings of all collectors that were
 * due, so what has none grows older: an alert without a finding for GONE_INTERVALS of its intervals
 * is over, unless its subject is held: it is there and does not answer. Otherwise they came between
 * cycles, and no alert ages.
 */
void alert_apply(struct alert_table *table, const struct findings *findings,
    const struct alert_round *round, struct notices *out);

/*
 * The alert of this facts_case_key(), if it fires, is told to this channel anew: an older notice of
 * it went into a digest of what is too old.
 */
void alert_again(struct alert_table *table, uint64_t case_key, int channel, const struct now *now,
    struct notices *out);

/* The channel's service refused what it was told last of the alert of this facts_case_key(). */
void alert_note_refused(struct alert_table *table, uint64_t case_key, int channel);

/* Notices that are about to leave: remembers the likely causes that they tell of what fires. */
void alert_note_causes(struct alert_table *table, const struct notices *notices);

struct alert_view {
	const struct alert_facts *facts;
	enum alert_state state; /* resolved ones are kept while something is to be remembered */
	enum severity found;    /* the level of the finding; facts have it after escalation */
	unsigned told;          /* bits by channel id */
	unsigned refused;       /* of those, the ones whose service refused its words */
	const char *held_by;    /* the stage at which news of it waits; NULL: none waits */
	const char *held_words; /* the same for people: "grouped" */
	bool silenced;          /* it is a silence that holds it */
	bool flapping;
	const char *cause; /* the likely one that was told last; "": none was */
};

/* In no order. view lives for the call. */
void alert_each(const struct alert_table *table,
    void (*fn)(void *arg, const struct alert_view *view), void *arg);
/* False: no alert of that fingerprint fires. What view points to is the alert's. */
bool alert_find_firing(
    const struct alert_table *table, uint64_t fingerprint, struct alert_view *view);
size_t alert_count(const struct alert_table *table, enum alert_state state);
/* Alerts that fire and have no room in the table, so that nobody is told; at most WAITING_MAX. */
size_t alert_without_room(const struct alert_table *table);

/*
 * What must outlive a restart: calls fn for each alert that changed since the last call.
 */
void alert_take_changes(struct alert_table *table, kept_change_fn *fn, void *arg);
/* Makes every alert count as changed: the keeper lost what it was told. */
void alert_mark_all(struct alert_table *table);
/*
 * One alert as it was kept. Windows go on by wall time. It may come late or twice: what findings
 * have made of the alert since then stays, and learns who was told.
 */
enum json_read alert_load(
    struct alert_table *table, const char *json, size_t len, const struct now *now);

/* Silences made at run time (alert/silence_set.h); owned by the table. */
struct silence_set *alert_silences(struct alert_table *table);

#endif
