/*
 * Findings to notices. An alert is the lasting state of (rule, series):
 * ok -> pending -> firing(severity) -> resolved. Notices are made on transitions only: when an
 * alert fires or goes up a level, and when it ends, to those who heard of it. Between the two stand
 * stages that may hold a notice back, in a fixed order. Time is the caller's.
 */
#ifndef ALERT_ALERT_H
#define ALERT_ALERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "conf/conf.h"
#include "model/finding.h"
#include "model/notice.h"

#define ALERTS_MAX 2048

enum alert_state { ALERT_PENDING, ALERT_FIRING, ALERT_RESOLVED };

/* A channel that is enabled, and the severities it takes (SEV_BIT()). */
struct alert_channel {
	int id; /* enum channel_id */
	unsigned severities;
};

struct alert_book;

/* Copies conf and channels. */
struct alert_book *alert_new(
    const struct conf_alert *conf, const struct alert_channel *channels, size_t n);
void alert_free(struct alert_book *book);

/* Another configuration for the same alerts: after a reload. */
void alert_configure(struct alert_book *book, const struct conf_alert *conf,
    const struct alert_channel *channels, size_t n);

/*
 * One cycle: all findings of all collectors that were due. An alert without a finding for three of
 * its intervals is gone, unless its file system is known not to answer. Appends to out.
 */
void alert_apply(struct alert_book *book, const struct findings *findings,
    const struct series_table *table, const struct now *now, struct notices *out);

/* A firing alert is told to this channel anew, where an older notice of it expired on its way. */
void alert_again(struct alert_book *book, uint64_t fingerprint, int channel, const struct now *now,
    struct notices *out);

struct alert_view {
	const struct alert_facts *facts;
	enum alert_state state; /* resolved ones are kept while their dedup window lasts */
	unsigned told;          /* bits by channel id */
	bool held;              /* fires, but its notice waits for the end of its dedup window */
	bool restored;          /* loaded since alert_restored(): no finding made it so */
};

/* In no order. view lives for the call. */
void alert_each(
    const struct alert_book *book, void (*fn)(void *arg, const struct alert_view *view), void *arg);
size_t alert_count(const struct alert_book *book, enum alert_state state);
uint64_t alert_overflow(const struct alert_book *book); /* findings that found no room */

/*
 * What must outlive a restart: calls fn for each alert that changed since the last call, with its
 * key and its JSON, NULL for one that is no more. Both live for the call.
 */
void alert_take_changes(
    struct alert_book *book, void (*fn)(void *arg, const char *key, const char *json), void *arg);
/* Makes every alert count as changed: the keeper lost what it was told. */
void alert_mark_all(struct alert_book *book);
/*
 * One alert as it was kept; false when the text is damaged. Windows go on by wall time. It may come
 * late or twice: what findings have made of the alert since then stays, and learns who was told.
 */
bool alert_load(struct alert_book *book, const char *json, size_t len, const struct now *now);
/* Those loaded so far have been seen to: view.restored is false from now on. */
void alert_restored(struct alert_book *book);

#endif
