/*
 * What a message can say of one alert beside its headline, as named texts; and several alerts as a
 * list. Each text is in the channel's markup and of bounded length.
 */
#ifndef NOTIFY_DETAIL_H
#define NOTIFY_DETAIL_H

#include "notify/sentence.h"

enum detail {
	DETAIL_VALUE, /* with its unit, as the limit */
	DETAIL_LIMIT,
	DETAIL_SINCE,
	DETAIL_FREE, /* space left, and how soon it is gone */
	DETAIL_ETA,
	DETAIL_TIMES, /* how often it fired, where that is more than once */
	DETAIL_NOTE,  /* the rule's own words */
	DETAIL_CAUSE,
	DETAIL_ALSO,   /* its consequences, held back */
	DETAIL_RAISED, /* the level before it was escalated */
	DETAIL_REST,   /* labels of the series that the headline does not say */
	DETAIL_METRIC, /* these two are for programs, and for whoever searches by them */
	DETAIL_LABELS, /* of the series, then the agent's */
	DETAIL_COUNT
};

#define DETAIL_UNITS 600 /* of a text, at most */

const char *detail_name(enum detail what);

/* It may be a sentence: not for a narrow column. */
bool detail_is_long(enum detail what);

/*
 * What people read below the headline of one alert and its note, in order: what helps them to act,
 * and nothing that the headline says. Returns how many of out it filled.
 */
size_t detail_below(const struct message *msg, enum detail out[DETAIL_COUNT]);

/* Where the headline is the operator's own, it may not say what host this is. */
bool detail_names_host(const struct message *msg);

/* Appends the text. False: there is nothing to say. */
bool detail_add(
    enum detail what, const struct message *msg, const struct alert_facts *f, struct buf *b);

/* One of several: "disk usage of / is 97.0% (limit 90.0%), 12.0 GiB free", in digests with what it
 * is. */
void detail_add_item(const struct message *msg, const struct alert_facts *f, struct buf *b);

/* "- critical: disk usage of / is 97.0% (limit 90.0%)", as many as fit whole into max_bytes. */
void detail_add_list(
    const struct message *msg, const char *bullet, size_t max_bytes, struct buf *b);

#endif
