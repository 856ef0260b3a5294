/*
 * A notice is one message to one channel about one or more alerts. It carries facts, not text: it
 * is rendered when it is sent, so that its words are current. JSON is its form on disk.
 */
#ifndef MODEL_NOTICE_H
#define MODEL_NOTICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/metric.h"
#include "model/rule.h"
#include "model/series.h"
#include "model/severity.h"

#define NOTICE_CAUSE_MAX 256
#define FINGERPRINT_TEXT_MAX 17 /* 16 hex digits */

struct label_set {
	uint32_t count;
	char keys[METRIC_LABELS_MAX][METRIC_LABEL_MAX];
	uint32_t value_at[METRIC_LABELS_MAX]; /* offsets in text */
	char text[SERIES_TEXT_MAX];
};

/* Copies keys and values of a series. */
void label_set_from_series(struct label_set *set, const struct series *s);
const char *label_set_value(const struct label_set *set, size_t i);
/* Appends one; false (and nothing changed) when there is no room. */
bool label_set_add(struct label_set *set, const char *key, const char *value);
/* "mountpoint=/,device=sda1"; returns out. */
const char *label_set_text(const struct label_set *set, char out[SERIES_LABELS_TEXT_MAX]);

/* All that a message may say of one alert. Plain values: copying it copies everything. */
struct alert_facts {
	uint64_t fingerprint; /* rule name and series: the same through severities and restarts */
	char rule[RULE_NAME_MAX];
	enum metric_id metric;
	struct label_set labels;
	enum severity severity; /* the level now; of a resolved one: the level it had last */
	double value, limit, worst;
	enum rule_op op;
	double eta_secs;          /* NAN: none */
	int64_t since_wall_ms;    /* first violating sample */
	int64_t resolved_wall_ms; /* 0 while firing */
	bool gone;                /* resolved because its series or rule vanished */
	uint32_t count;     /* times it fired in the window, where held ones are told of; else 1 */
	int64_t count_secs; /* length of that window */
	char message[RULE_MESSAGE_MAX]; /* the operator's words, or "" */
	char cause[NOTICE_CAUSE_MAX];   /* likely cause, or "" */
};

enum notice_kind { NOTICE_FIRE, NOTICE_RESOLVE, NOTICE_TEST, NOTICE_DIGEST };

struct notice {
	uint64_t id; /* grows through restarts; 0: not queued yet */
	int channel; /* enum channel_id of conf/channel.h */
	enum notice_kind kind;
	enum severity severity; /* highest of its facts */
	int64_t
	    created_wall_ms; /* when it was made: the mark "delayed" and expiry compare with it */
	int64_t created_boot_ns; /* 0 after a restart: expiry then goes by wall time alone */
	size_t fact_count;
	struct alert_facts *facts; /* owned; of a digest: the worst first */
	uint64_t total; /* alerts this is about; over fact_count when a digest left some out */
};

struct notice *notice_new(enum notice_kind kind, int channel, size_t fact_count);
void notice_free(struct notice *n);

/* Growing list; notices are few. notices_add takes ownership. */
struct notices {
	struct notice **items;
	size_t len, cap;
};

void notices_add(struct notices *list, struct notice *n);
/* Frees the list, and the notices still in it. */
void notices_done(struct notices *list);

const char *fingerprint_text(uint64_t fingerprint, char out[FINGERPRINT_TEXT_MAX]);
uint64_t fingerprint_of(const char *rule, const struct series *s);

/* "disk.usage_percent of /var (device=sda1) is 95.2% (limit 90%)": one line on one alert. */
#define FACTS_LINE_MAX 640
const char *facts_line(const struct alert_facts *facts, char out[FACTS_LINE_MAX]);

/*
 * JSON text from mem (free with mem_free), and back. From JSON: false unless it is well-formed and
 * every field in range; what is unknown is passed over, so a newer file loads in an older program.
 */
char *facts_to_json(const struct alert_facts *facts);
bool facts_from_json(const char *text, size_t len, struct alert_facts *out);
/* At most NOTICE_JSON_MAX bytes: of a digest, the facts that do not fit are left out. */
#define NOTICE_JSON_MAX 60000
char *notice_to_json(const struct notice *n, const char *channel_name);
/* channel_name gets the name stored (cut at cap); the caller maps it to a number. NULL when bad. */
struct notice *notice_from_json(const char *text, size_t len, char *channel_name, size_t cap);

#endif
