/*
 * A notice is one message to one channel about one or more alerts. It carries facts, not text: it
 * is rendered when it is sent, so that its words are current. JSON is its form on disk.
 */
#ifndef MODEL_NOTICE_H
#define MODEL_NOTICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "model/metric.h"
#include "model/rule.h"
#include "model/subject.h"
#include "model/severity.h"

#define NOTICE_FACTS_MAX 50 /* alerts told in full, the worst of them; of the rest the number */
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

/*
 * They are of one alert, by the name that it has for others: a rule that was renamed meanwhile
 * makes no difference, another name of the host does. One that knows no name of the host is of any.
 */
bool facts_same_case(const struct alert_facts *a, const struct alert_facts *b);

/* Facts that were kept: see clock_settle(). */
void facts_settle(struct alert_facts *f, const struct now *now);

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

const char *fingerprint_text(uint64_t fingerprint, char out[FINGERPRINT_TEXT_MAX]);
/* facts_case_key() as text: what every channel and `status` call the alert by. */
const char *facts_case_text(const struct alert_facts *f, char out[FINGERPRINT_TEXT_MAX]);
uint64_t fingerprint_of(const char *rule, uint64_t subject_hash);

/* "disk.usage_percent of /var (device=sda1) is 95.2% (limit 90%)": one line on one alert. */
#define FACTS_LINE_MAX 640
const char *facts_line(const struct alert_facts *facts, char out[FACTS_LINE_MAX]);

#endif
