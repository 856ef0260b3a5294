/*
 * The configuration as plain structs, one a section. A module is given its section, never the
 * whole. All of it is owned by struct conf and lives until conf_free(). Table of keys: keys.def.
 */
#ifndef CONF_CONF_H
#define CONF_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/zone.h"
#include "conf/channel.h"
#include "model/limits.h"
#include "model/metric.h"
#include "model/rule.h"
#include "model/severity.h"

struct strings {
	char **items;
	size_t len;
};

struct string_pair {
	char *key, *value;
};

struct string_pairs {
	struct string_pair *items;
	size_t len;
};

/* Collectors by the groups of metrics that they bring. */
enum conf_collector_id {
	COLLECTOR_CPU = GROUP_CPU,
	COLLECTOR_MEMORY = GROUP_MEMORY,
	COLLECTOR_DISK = GROUP_DISK,
	COLLECTOR_NETWORK = GROUP_NETWORK,
	COLLECTOR_PROCESS = GROUP_PROCESS,
	COLLECTOR_FD = GROUP_FD,
	COLLECTOR_KERNEL = GROUP_KERNEL,
	COLLECTOR_COUNT
};

struct conf_agent {
	char *user;
	char *hostname; /* never empty where the role is given it: the system's if not given */
	int64_t collect_interval_secs;
	enum log_level log_level;
	char *timezone; /* "": the system's */
	char *log_file; /* "" for stderr */
	bool log_json;
	char *pid_file; /* "" for none */
	char *data_dir, *proc_root, *sys_root;
	struct string_pairs labels; /* added to every alert and metric */
};

struct conf_collect {
	struct {
		bool enabled;
		int64_t interval_secs; /* never 0: defaults are filled in */
	} each[COLLECTOR_COUNT];
	bool cpu_per_core;
	int64_t disk_io_interval_secs;
	struct strings disk_exclude_fstypes, disk_exclude_mountpoints,
	    disk_exclude_devices;                  /* globs */
	struct strings network_exclude_interfaces; /* globs */
	struct strings process_track_patterns;     /* globs */
	int64_t process_track_top_n;
};

/* A [[rules]]. */
struct conf_rule {
	char *name; /* unique, also among the built-in rules */
	enum metric_id metric;
	struct string_pairs labels; /* key of the metric to glob for its value */
	enum rule_op op;
	double warn, critical; /* NAN: no such level; at least one is given */
	int64_t for_secs;
	char *message; /* the operator's words, or "" */
	bool enabled;
};

struct conf_detect {
	double warn[LIMIT_COUNT], critical[LIMIT_COUNT]; /* NAN: no such level */
	int64_t for_secs;                                /* -1: each rule's own default */
	double clear_percent;
	struct conf_rule *rules; /* those that are enabled */
	size_t rule_count;
};

struct conf_storage {
	int64_t ring_buffer_size; /* samples a series */
};

/* A [[alerting.silences]]: by date, by the week, or both. */
struct conf_silence {
	char *match;                  /* see model/match.h */
	struct zone_date from, until; /* zeroed: since ever, for ever */
	unsigned weekdays;            /* bit 0 is Sunday; 0: it does not go by the week */
	int start_minute, end_minute; /* since local midnight; an end that is not later passes it */
	char *comment;
	bool allow_critical; /* critical and emergency pass */
	struct strings days; /* as given: "mon", "tue", ... */
	char *start, *end;   /* as given: "22:00", or "" */
};

struct conf_alert {
	int64_t rate_limit_per_minute, rate_limit_per_hour; /* a channel; 0: off */
	int64_t dedup_secs[SEV_COUNT];                      /* window by severity; 0: off */
	int64_t group_window_secs;                          /* 0: every alert by itself */
	int64_t escalate_warn_after;                        /* evaluations; 0: never */
	int64_t escalate_critical_mins;                     /* 0: never */
	struct conf_silence *silences;
	size_t silence_count;
	bool recovery_enabled;
	int64_t repeat_secs;           /* 0: no reminders */
	struct string_pairs templates; /* by channel, and "default" */
};

struct placeholder_list; /* conf/placeholder.h */

#define CONF_DELIVERY_SECS_MAX 900 /* the longest timeout_secs of any channel */

/* In the order of their names in conf/keys.c. */
enum mail_tls {
	MAIL_TLS_OFF,      /* plain text */
	MAIL_TLS_ON,       /* STARTTLS; on port 465 from the start */
	MAIL_TLS_IMPLICIT, /* from the start, whatever the port */
	MAIL_TLS_COUNT
};

/* How a mail server is told who we are; its names are in conf/keys.c. */
enum mail_auth {
	MAIL_AUTH_AUTO, /* PLAIN or LOGIN, whichever it has */
	MAIL_AUTH_PLAIN,
	MAIL_AUTH_LOGIN,
	MAIL_AUTH_CRAM_MD5,
	MAIL_AUTH_DIGEST_MD5,
	MAIL_AUTH_NTLM,
	MAIL_AUTHS
};

/* One channel. A field that a channel does not have stays empty. Secrets reach the courier only. */
struct conf_channel {
	bool enabled;
	unsigned severities;         /* SEV_BIT() of those it takes */
	char *url;                   /* secret */
	char *method;                /* webhook */
	struct string_pairs headers; /* webhook; values are secret */
	char *username;              /* discord: name shown */
	char *token;    /* secret: telegram bot_token, pagerduty routing_key, else a bearer token */
	char *target;   /* slack: channel to post to; telegram: chat_id */
	bool plain;     /* telegram: no markup */
	int64_t thread; /* discord: of the channel; telegram: topic of the group; 0: none */
	char *ca_file, *proxy; /* "" for the system's; proxy is secret (may hold a password) */
	int64_t timeout_secs;
	enum channel_id id;

	char *smtp_host; /* email */
	int64_t smtp_port;
	enum mail_tls smtp_tls;
	char *login, *password; /* password is secret; "" for no AUTH */
	enum mail_auth auth;
	char *from;             /* "a@b" or "Name <a@b>" */
	struct strings to;      /* the same */
	enum facility facility; /* syslog */
	char *socket;
	const struct placeholder_list *template; /* the operator's words; NULL: ours */
};

/* The dead man's switch: of a channel it has enabled, url, ca_file, proxy and timeout_secs. */
struct conf_heartbeat {
	struct conf_channel channel;
	int64_t interval_secs;
};

struct conf {
	struct conf_agent agent;
	struct conf_collect collect;
	struct conf_detect detect;
	struct conf_storage storage;
	struct conf_alert alert;
	struct conf_channel channels[CHANNEL_COUNT];
	struct conf_heartbeat heartbeat;
	void *arena; /* owner of every string and array above */
};

/* Who is given a key: a role that has no use for it never sees it. */
#define CONF_LAUNCHER 1u
#define CONF_AGENT 2u
#define CONF_KEEPER 4u
#define CONF_COURIER 8u

#define CONF_ERRORS_MAX 64
struct conf_error {
	char file[256];
	int line, col; /* 0: the file as a whole */
	bool warning;
	char text[512]; /* says what is wrong and what to do */
};

struct trust;

struct conf_report {
	struct conf_error items[CONF_ERRORS_MAX];
	size_t len;
	size_t errors, warnings; /* of all, also those that found no room in items */
};

/*
 * Reads the file and its drop-ins (path without .toml, .d/ files ending in .toml, by name), expands
 * ${ENV}, reads the files that _file keys name, checks everything. path NULL: defaults only. us:
 * who besides root may have written it (base/trust.h); NULL: who this process is now. now: what it
 * says of times is held against; NULL: nothing.
 * Returns NULL when there is any error; the report then has them all, in the order of file and
 * line. Warnings do not stop it.
 */
struct conf *conf_load(
    const char *path, const struct trust *us, const struct now *now, struct conf_report *report);
void conf_free(struct conf *conf); /* wipes secrets */

/* "file:line:col: error: text" */
#define CONF_ERROR_LINE_MAX 4096
const char *conf_error_line(const struct conf_error *e, char out[CONF_ERROR_LINE_MAX]);
/*
 * The data_dir of a configuration, whatever is wrong with its other keys: who only asks the agent
 * may not have its secrets or its environment. From mem. NULL: that is not sure, for something of
 * it could not be read, or the key is wrong or perhaps misspelt: another agent must not be asked in
 * its place.
 */
char *conf_load_data_dir(const char *path, const struct trust *us);

/* Prints the report to a descriptor, a line each. */
void conf_report_print(const struct conf_report *report, int fd);

/* The effective policy in plain words, as --check prints it; never a secret. */
int conf_describe(const struct conf *conf, int fd);

/* Bytes of an encoded configuration, at most: 256 rules and silences of the longest keys fit. */
#define CONF_BLOB_MAX (1u << 20)

/* The flat list of the keys that a role may see, from mem; *len is its size in bytes. */
char *conf_encode(const struct conf *conf, unsigned role, size_t *len);
/* The inverse, in the role's process; keys it was not given have their rows' defaults. NULL:
 * damaged. */
struct conf *conf_decode(const char *blob, size_t len);

/* "cpu", "memory", ...; NULL past the last. */
const char *conf_collector_name(unsigned id);

/* A built-in rule with what is configured of it. It is off where both levels are NAN. */
struct rule conf_built_in(const struct conf_detect *conf, const struct limit_rule *row);

/*
 * The shortest interval of the collectors that are enabled, the traffic of block devices included:
 * how often the host says something. 0 when none is enabled.
 */
int64_t conf_collect_shortest_secs(const struct conf_collect *conf);

#endif
