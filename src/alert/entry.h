/*
 * One alert, as the stages see it.
 */
#ifndef ALERT_ENTRY_H
#define ALERT_ENTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "alert/alert_types.h"
#include "base/clock.h"
#include "base/hash.h"
#include "model/notice.h"
#include "model/severity.h"

struct alert_stage;

#define FLAP_EDGES 5 /* so many turns of the level in half an hour are flapping */

/* The notices of one severity. */
struct alert_fired {
	struct now sent; /* when the last one was sent; wall_ms 0: never */
	uint32_t count;  /* times it fired since then, that one included */
};

/* What its channels do not know of an alert. */
enum alert_news {
	NEWS_NONE,
	NEWS_FIRE,     /* it fires, at this level */
	NEWS_LATE,     /* it fires, which a channel that takes it since then was not told */
	NEWS_FLAPPING, /* it has begun to fire and clear again and again */
	NEWS_SETTLED,  /* it has stopped that, and fires */
	NEWS_STILL,    /* nothing is new, but reminders are asked for */
	NEWS_RESOLVE,  /* it is over */
	NEWS_KINDS
};

enum flap_phase {
	FLAP_STEADY,
	FLAP_BEGUN, /* not told yet */
	FLAP_ON,
	FLAP_OVER, /* not told yet */
};

struct flap_state {
	enum flap_phase phase;
	/* When its level turned: the last step up, or down, of several; oldest first; wall_ms 0:
	 * none. */
	struct now edges[FLAP_EDGES];
	bool rising;      /* the newest of them: up */
	struct now since; /* its first edge of this flapping */
	uint32_t changes; /* turns since then */
};

struct alert_entry {
	struct alert_facts facts; /* of a pending one: as if it fired */
	enum alert_state state;
	enum severity found;     /* the level of the last finding, before escalation */
	enum severity found_was; /* the one before; SEV_NONE: it did not fire */
	enum severity was;       /* the level before the last finding; SEV_NONE: it did not fire */
	enum severity announced; /* highest level told of in this firing, at most the one now */
	unsigned told;           /* channels that believe it fires, bits by id */
	unsigned refused;        /* of those, channels that refused its words */
	unsigned brief;          /* channels that hear of a firing that is over already */
	enum alert_news news;
	const struct alert_stage *held_by; /* the stage at which news waits; NULL: none waits */
	struct now due;       /* when the news reached the group stage; wall_ms 0: it did not */
	bool silenced;        /* a silence held the news back */
	uint64_t inhibitor;   /* fingerprint of the alert that it is a consequence of; 0: none */
	uint32_t evaluations; /* firing at warn or above, in a row */
	struct now critical_since; /* wall_ms 0: it is not */
	struct flap_state flap;
	uint32_t events; /* findings since it began to fire */
	int64_t interval_ms;
	int64_t quiet_ms;             /* of an event: how long after the last one it is over */
	int64_t unseen_ns;            /* without a finding */
	bool doubted;                 /* none since the configuration changed */
	double kept_worst;            /* facts.worst as last kept */
	char cause[NOTICE_CAUSE_MAX]; /* the likely one that was told last, of this firing; or "" */
	struct alert_fired fired[SEV_COUNT];
	bool changed, kept; /* since last kept; ever kept */
	bool loaded;        /* there was a row of an earlier life */
	UT_hash_handle hh;
};

#endif
