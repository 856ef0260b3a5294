/*
 * All that a message may say of one alert, as plain values; and the alert's names: its fingerprint,
 * and the key of its case.
 */
#ifndef MODEL_FACTS_H
#define MODEL_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "model/metric.h"
#include "model/rule.h"
#include "model/severity.h"
#include "model/subject.h"

#define NOTICE_CAUSE_MAX 256
#define NOTICE_ALSO_MAX 256
#define CASE_HOST_MAX 256
#define FINGERPRINT_TEXT_MAX 17 /* 16 hex digits */

/* An alert that fires and clears again and again is told once at each end of that. FLAP_LASTS: in
 * reminders in between. */
enum alert_flap { FLAP_NONE, FLAP_STARTED, FLAP_ENDED, FLAP_LASTS };

/* All that a message may say of one alert. Plain values: copying it copies everything. */
struct alert_facts {
	uint64_t fingerprint; /* rule name and subject: the same through severities and restarts */
	char rule[RULE_NAME_MAX];
	struct subject subject;
	bool event; /* it happened, and does not hold */
	/* The host's name when this began: with the fingerprint it names the case at services that
	 * keep one, whatever the host is called by then; "": not known. */
	char case_host[CASE_HOST_MAX];
	uint64_t case_key;      /* its fingerprint then, where its rule was renamed since; else 0 */
	enum severity severity; /* the level now; of a resolved one: the level it had last */
	unsigned told_levels;   /* levels under which this firing was told before, SEV_BIT() */
	double value, limit, worst;
	enum rule_op op;
	double eta_secs;     /* NAN: none */
	struct now since;    /* first violating sample */
	struct now resolved; /* wall_ms 0 while firing */
	bool gone;           /* resolved because its series or rule vanished */
	bool unwatched;      /* and that is since the configuration says so */
	uint32_t count;      /* times it fired in the window, where held ones are told of; else 1 */
	int64_t count_secs;  /* length of that window */
	char message[RULE_MESSAGE_MAX]; /* the operator's words, or "" */
	char cause[NOTICE_CAUSE_MAX];   /* likely cause, or "" */
	/* Of a file system's space, when the notice was made: bytes free to unprivileged users, and
	 * bytes a second by which they become fewer, or 0. */
	bool space_known;
	double free_bytes, fill_rate;
	/* Set for one message: */
	enum alert_flap flap; /* count and count_secs then say how often it fired, in how long */
	bool again;           /* fires, and the channel was told so before */
	bool still;           /* and nothing has changed since: a reminder */
	bool unheard;         /* resolved, and its firing is told of only here */
	/* Alerts held back as consequences of this one, by rule and place: "swap, inode of /var";
	 * also_count may be more than are named. */
	char also[NOTICE_ALSO_MAX];
	uint32_t also_count;
	uint64_t seq;              /* id of the notice that brought this; 0: not queued yet */
	enum severity raised_from; /* escalated: the level that was found; SEV_NONE: it was not */
};

/* Its name for others, from beginning to end: with case_host, that of its case. */
static inline uint64_t
facts_case_key(const struct alert_facts *f)
{
	return f->case_key != 0 ? f->case_key : f->fingerprint;
}

static inline bool
facts_is_resolved(const struct alert_facts *f)
{
	return f->resolved.wall_ms != 0;
}

/* Who does not hear this does not know that the alert fired: it was not told before either. */
static inline bool
facts_tells_beginning(const struct alert_facts *f)
{
	return !f->again && (!facts_is_resolved(f) || f->unheard || f->flap == FLAP_STARTED);
}

/*
 * They are of one alert, by the name that it has for others: a rule that was renamed meanwhile
 * makes no difference, another name of the host does. One that knows no name of the host is of any.
 */
bool facts_same_case(const struct alert_facts *a, const struct alert_facts *b);

/* Facts that were kept: see clock_settle(). */
void facts_settle(struct alert_facts *f, const struct now *now);

const char *fingerprint_text(uint64_t fingerprint, char out[FINGERPRINT_TEXT_MAX]);
/* facts_case_key() as text: what every channel and `status` call the alert by. */
const char *facts_case_text(const struct alert_facts *f, char out[FINGERPRINT_TEXT_MAX]);
uint64_t fingerprint_of(const char *rule, uint64_t subject_hash);

/* "disk.usage_percent of /var (device=sda1) is 95.2% (limit 90%)": one line on one alert. */
#define FACTS_LINE_MAX 640
const char *facts_line(const struct alert_facts *facts, char out[FACTS_LINE_MAX]);

#endif
