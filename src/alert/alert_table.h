/*
 * All alerts by fingerprint, and what of them is still to be kept.
 */
#ifndef ALERT_ALERT_TABLE_H
#define ALERT_ALERT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alert/alert_types.h"
#include "alert/waiting.h"
#include "alert/entry.h"
#include "alert/silence_set.h"
#include "conf/channel.h"
#include "conf/conf.h"

#define ALERT_TABLE_SOURCES_MAX 64

struct alert_table {
	struct conf_alert conf;
	char hostname[CASE_HOST_MAX];
	struct alert_channel channels[CHANNEL_COUNT];
	unsigned enabled; /* channels, bits by id */
	unsigned cases;   /* those that keep cases */
	size_t channel_count;
	struct alert_entry *entries; /* uthash by fingerprint */
	uint64_t *deleted;           /* fingerprints of kept ones that are no more */
	size_t deleted_count, deleted_cap;
	int64_t applied_ns;     /* boot time of the last cycle; 0 before it */
	struct waiting waiting; /* those without room */
	struct silence_set silences;
	/* Of this cycle: those with news that no stage holds yet, and what the stages note. */
	struct alert_entry **news;
	size_t news_count;
	struct alert_entry *sources[ALERT_TABLE_SOURCES_MAX];
	size_t source_count;
	int64_t group_ns[NEWS_KINDS][SEV_COUNT][GROUP_COUNT];
};

struct alert_entry *alert_table_find(const struct alert_table *table, uint64_t fingerprint);
void alert_table_insert(struct alert_table *table, struct alert_entry *a);
void alert_table_forget(struct alert_table *table, struct alert_entry *a); /* frees it */
/* What was kept of it must go as well, when it is not in the table. */
void alert_table_note_deleted(struct alert_table *table, uint64_t fingerprint);

bool alert_table_has_room(const struct alert_table *table);
/* Room for one more, at the cost of one that does not fire; false when there is none. */
bool alert_table_make_room(struct alert_table *table);
/* Room for that one of an earlier life, past the bound if an end of it is owed. */
bool alert_table_make_room_for(struct alert_table *table, const struct alert_entry *a);

/* The channels that take alerts of this severity, bits by id. */
unsigned alert_table_takers(const struct alert_table *table, enum severity severity);

/* Those that are told ends of such an alert, if they were told of it: cases are always closed. */
unsigned alert_table_end_hearers(const struct alert_table *table, const struct alert_entry *a);

/* Of those, the ones that do not believe that the alert fires. */
unsigned alert_table_unaware(const struct alert_table *table, const struct alert_entry *a);

/*
 * A channel that is not enabled knows nothing: what waited for it is dropped, and it hears no end.
 * So it is told what fires once it is enabled again.
 */
void alert_table_forget_disabled(const struct alert_table *table, struct alert_entry *a);

#endif
