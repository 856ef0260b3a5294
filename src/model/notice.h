/*
 * A notice is one message to one channel about one or more alerts. It carries facts, not text: it
 * is rendered when it is sent, so that its words are current. JSON is its form on disk.
 */
#ifndef MODEL_NOTICE_H
#define MODEL_NOTICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/facts.h"

#define NOTICE_FACTS_MAX 50 /* alerts told in full, the worst of them; of the rest the number */

/*
 * A resolve may be of several alerts, as a fire may. A digest holds both: its facts say which. An
 * alert that starts or stops flapping is a fire, or a resolve if it stops and is fine.
 */
enum notice_kind { NOTICE_FIRE, NOTICE_RESOLVE, NOTICE_TEST, NOTICE_DIGEST };

/* Why a digest holds what it does. */
enum digest_reason {
	DIGEST_LATE,    /* could not be delivered in a day */
	DIGEST_LIMIT,   /* held back by a rate limit */
	DIGEST_SILENCE, /* goes on after a silence ended */
	DIGEST_JOINED,  /* fired before the channel took it */
};

/*
 * How much of a notice is told: what a service refuses for its form is tried in the next one. The
 * last has no text from outside: a service that refuses that, too, does not refuse the text.
 */
enum notice_form { NOTICE_FULL, NOTICE_SHORT, NOTICE_BARE };

struct notice {
	uint64_t id; /* grows through restarts; 0: not queued yet */
	int channel; /* enum channel_id of conf/channel.h */
	enum notice_kind kind;
	enum severity severity; /* highest of its facts */
	struct now created; /* when it was made: the mark "delayed" and expiry compare with it */
	size_t fact_count;
	struct alert_facts *facts; /* owned; of a digest: the worst first */
	uint64_t total; /* alerts this is about; over fact_count when a digest left some out */
	enum digest_reason reason; /* of a digest */
	bool transient; /* says again what is known: not kept, and dropped if it does not arrive */
	uint64_t *owed; /* owned; recipients who have not got it when others have, see delivery.h */
	size_t owed_count; /* 0: nobody has got it, it is for all */
};

struct notice *notice_new(enum notice_kind kind, int channel, size_t fact_count);
void notice_free(struct notice *n);

/*
 * Others have got it, these have not: it is owed to them alone. Of one that was owed to some
 * before, to those of them who are still left. False: nobody is, and nothing has changed.
 */
bool notice_owe(struct notice *n, const uint64_t *left, size_t count);

/* Alerts that n is about, those it has no facts of included. */
unsigned long long notice_total(const struct notice *n);

/* The alert that stands for all: firing before resolved, then the most severe. NULL: none. */
const struct alert_facts *notice_worst(const struct notice *n);

/* It says that nobody looks at its alerts any more: they have not normalized. */
bool notice_is_of_unwatched(const struct notice *n);

/* What n says of the alert of f; NULL: nothing. */
struct alert_facts *notice_find(const struct notice *n, const struct alert_facts *f);

/* n says nothing of that alert any more. facts: of n's. */
void notice_remove(struct notice *n, struct alert_facts *facts);

/* Growing list; notices are few. notices_add takes ownership. */
struct notices {
	struct notice **items;
	size_t len, cap;
};

void notices_add(struct notices *list, struct notice *n);
/* Frees the list, and the notices still in it. */
void notices_done(struct notices *list);

#endif
