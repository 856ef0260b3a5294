/*
 * One alert, as the stages see it, and the table of stages.
 */
#ifndef ALERT_ENTRY_H
#define ALERT_ENTRY_H

#include "alert/alert.h"
#include "base/hash.h"

/* The notices of one severity. */
struct alert_fired {
	struct now sent; /* when the last one was sent; wall_ms 0: never */
	uint32_t count;  /* times it fired since then, that one included */
};

struct alert_entry {
	struct alert_facts facts; /* of a pending one: as if it fired */
	enum alert_state state;
	enum severity announced; /* highest level told of in this firing, at most the one now */
	unsigned told;           /* channels that heard of this firing, bits by id */
	int64_t interval_ms;
	int64_t unseen_ns; /* without a finding */
	double kept_worst; /* facts.worst as last kept */
	struct alert_fired fired[SEV_COUNT];
	bool changed, kept; /* since last kept; ever kept */
	bool loaded;        /* there was a row of an earlier life */
	bool restored;      /* as it was in an earlier life: the detector must be told */
	UT_hash_handle hh;
};

/* Decides about a firing alert that is due to be told; false: not now, ask again next cycle. */
struct alert_stage {
	const char *name;
	bool (*pass)(const struct conf_alert *conf, struct alert_entry *a, const struct now *now);
};

#endif
