/*
 * The table of keys (keys.def) as C, and the draft that its offsets point into: what values are
 * read into before they are a struct conf (conf/draft.h). Everything that knows keys by name goes
 * through here: reading, --check, docs, codec.
 */
#ifndef CONF_KEYS_H
#define CONF_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "conf/conf.h"

enum key_type {
	KEY_BOOL,       /* bool */
	KEY_INT,        /* int64_t */
	KEY_FLOAT,      /* double */
	KEY_STRING,     /* char *, never NULL */
	KEY_ENUM,       /* an integer of any size */
	KEY_METRIC,     /* enum metric_id; METRIC_COUNT: not given */
	KEY_STRINGS,    /* struct strings */
	KEY_PAIRS,      /* struct string_pairs */
	KEY_SEVERITIES, /* unsigned */
	KEY_TABLES,     /* [[name]] */
	KEY_TIME,       /* struct zone_date */
	KEY_TYPES
};

#define KEY_SECRET 1u      /* never shown */
#define KEY_UNSUPPORTED 2u /* known, but its feature is not there yet: giving it is an error */
#define KEY_OFF 4u   /* UNSUPPORTED: its default says that the feature is off, which is true */
#define KEY_LEVEL 8u /* may be NAN: there is no such level */
#define KEY_SECRET_FILE 16u /* path of a file that holds the value of the key same_as */
#define KEY_NEEDED 32u      /* when the `enabled` of its table is true */
#define KEY_LINES 64u       /* may have several lines */
#define KEY_SWITCH 128u     /* ENUM: of its names, "false" and "true" are given as booleans */
#define KEY_INHERITS 256u   /* STRINGS: an item "..." stands for what the list was before */

#define KEY_INHERITED "..."
#define KEY_NAME_MAX 64
#define KEY_WHY_MAX 320

#define KEY_STRING_MAX 4096 /* bytes of a string, unless its row says less */
#define KEY_ITEM_MAX 256    /* bytes of an item of a list */
#define KEY_ITEMS_MAX 256   /* items of a list */
#define KEY_PAIRS_MAX 64
#define KEY_RULES_MAX 256
#define KEY_SILENCES_MAX 64

/* What a reload does with a key that has changed; the worst of several counts. */
enum key_reload {
	RELOAD_AT_ONCE,    /* followed in place, or by a worker that has nothing to lose */
	RELOAD_COLLECTORS, /* the collectors begin anew: rates are absent for one interval */
	RELOAD_AGENT,      /* the agent starts anew, and is handed its memory */
	RELOAD_BY_HAND,    /* said, and not followed until the next start */
	RELOAD_KINDS
};

struct conf_key {
	const char *name; /* NULL: no such key (a row made by a macro that does not apply) */
	enum key_type type;
	unsigned flags;
	unsigned roles; /* CONF_AGENT and so on: who may see it */
	enum key_reload reload;
	size_t offset, size; /* in struct conf_draft; of rule keys in struct user_rule */
	double def;          /* BOOL, INT, FLOAT, METRIC, SEVERITIES */
	double min, max;     /* INT, FLOAT; STRING: max is the longest in bytes, 0 the default */
	const char *text;    /* default of STRING and ENUM; of STRINGS with commas */
	const char *const *names;               /* ENUM: the value is the index; ends with NULL */
	const char *(*check)(const char *text); /* STRING, each item, each value of a pair */
	const char *(*check_key)(const char *text);                  /* of a pair */
	bool (*check_pair)(const char *text, char why[KEY_WHY_MAX]); /* value of a pair */
	const char *same_as; /* another key that this is a second name (alias) of */
	const char *gate;  /* UNSUPPORTED: fine when this other key is given and switches it off */
	const char *shown; /* in words, when the default is derived from something else */
	const char *help;
};

struct conf_section {
	const char *name, *help;
};

/* Numbers of rows. */
#define KEY(...) +1
enum {
	KEY_ROWS = 0
#include "conf/keys.def"
};
#define RULE_KEY(...) +1
enum {
	RULE_KEY_ROWS = 0
#include "conf/keys.def"
};
#define SILENCE_KEY(...) +1
enum {
	SILENCE_KEY_ROWS = 0
#include "conf/keys.def"
};
#define SECTION(...) +1
enum {
	SECTION_ROWS = 0
#include "conf/keys.def"
};

/* Where a key was given; line 0: it was not. */
struct place {
	int file; /* in the order of reading */
	int line, col;
};

/* True when a comes after b in the order of reading. */
bool keys_later(struct place a, struct place b);

struct key_state {
	struct place at;
	bool bad; /* given, but reported already: no more checks on it */
	bool off; /* UNSUPPORTED: given with the value that switches it off */
};

/* A [[rules]] and where it was given. The rows of its keys serve a struct conf_rule too. */
struct user_rule {
	struct conf_rule rule; /* first */
	struct place at;
	struct key_state given[RULE_KEY_ROWS];
};

/* The same of [[alerting.silences]]. */
struct user_silence {
	struct conf_silence silence; /* first */
	struct place at;
	struct key_state given[SILENCE_KEY_ROWS];
};

struct conf_draft {
	struct conf conf; /* first: offsets below its size go over the wire */
	int64_t default_interval_secs;
	int64_t dedup_window_secs;
	struct strings enabled_collectors;
	bool grouping_enabled;
	struct user_rule *rules;
	size_t rule_count;
	struct user_silence *silences;
	size_t silence_count;
	char none; /* stands for keys that are not supported yet: never stored */
	struct key_state given[KEY_ROWS];
};

extern const struct conf_key conf_keys[KEY_ROWS];
/* Each key: a row without a name is none. */
#define KEYS_EACH(key)                                                                      \
	for (const struct conf_key *key = conf_keys; (key) < conf_keys + KEY_ROWS; (key)++) \
		if ((key)->name == NULL) {                                                  \
		} else
extern const struct conf_key conf_rule_keys[RULE_KEY_ROWS];
extern const struct conf_key conf_silence_keys[SILENCE_KEY_ROWS];
extern const struct conf_section conf_sections[SECTION_ROWS];

/* An array of tables. */
struct conf_list {
	const char *name;
	const struct conf_key *keys; /* their offsets are in an item */
	size_t key_count;
	size_t item_size, most;
	size_t items, count; /* offsets in struct conf_draft: pointer to the items, size_t */
	size_t at, given;    /* offsets in an item: struct place, struct key_state[] */
};

enum conf_list_id { LIST_RULES, LIST_SILENCES, LIST_COUNT };
extern const struct conf_list conf_lists[LIST_COUNT];

/* NULL when there is none of that name. */
const struct conf_key *keys_find(const char *name);
/* The same, looked for behind a key first: for those that come in the order of the rows. */
const struct conf_key *keys_find_behind(const struct conf_key *key, const char *name);
const struct conf_key *keys_find_in(const struct conf_list *list, const char *name);
const struct conf_list *keys_find_list(const char *name);
/* The key of the same table as this one, e.g. "enabled"; NULL when there is none. */
const struct conf_key *keys_sibling(const struct conf_key *key, const char *leaf);

/* True for "alerting" and "alerting.discord": there are keys below it. */
bool keys_is_table(const char *name);

/* The key or table nearest in spelling, for "did you mean"; NULL when none is near. */
const char *keys_nearest(const char *name);

const char *keys_type_name(enum key_type type); /* "boolean", "list of strings" */

/* The part after the last dot. */
const char *keys_leaf(const char *name);

/* Most bytes of a STRING, or of a value of PAIRS. */
size_t keys_longest(const struct conf_key *key);

/* The value of an ENUM by its name, -1 when there is none; and its member, of whatever size. */
int keys_enum_find(const struct conf_key *key, const char *text);
int keys_enum_get(const struct conf_key *key, const void *member);
void keys_enum_set(const struct conf_key *key, void *member, int value);
/* What stands around a name of it in TOML: "\"" or "". All names so, with commas. */
const char *keys_enum_quote(const struct conf_key *key, const char *name);
void keys_enum_add_names(const struct conf_key *key, struct buf *b);

#endif
