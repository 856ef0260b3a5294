/*
 * Silences made at run time: added, listed, removed, kept. What they hold back is decided in
 * silence.c.
 */
#ifndef ALERT_SILENCE_SET_H
#define ALERT_SILENCE_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "model/json_field.h"
#include "model/kept_kind.h"
#include "model/match.h"

#define ALERT_SILENCES_MAX 64
#define ALERT_COMMENT_MAX 128

struct alert_silence {
	uint32_t id;               /* from 1; of one that is over it may come again */
	uint32_t came_as;          /* the id under which it was kept; 0: it was made in this life */
	struct now created, until; /* of another boot than until: kept through a reboot */
	bool allow_critical;       /* critical and emergency pass */
	char match[MATCH_MAX];     /* see model/match.h */
	char comment[ALERT_COMMENT_MAX]; /* untrusted, or "" */
};

/* Zeroed: empty. */
struct silence_set {
	struct alert_silence items[ALERT_SILENCES_MAX]; /* oldest first */
	bool changed[ALERT_SILENCES_MAX];
	size_t count;
	uint32_t deleted[ALERT_SILENCES_MAX]; /* ids, to be deleted from where they are kept */
	size_t deleted_count;
	uint32_t last_id;
};

/*
 * While it lasts, alerts that match are recorded and not told; when it ends, what still fires is
 * told in one digest. id and created of silence are not read. Returns the id, or 0 when the
 * match is malformed, the end is past or there are ALERT_SILENCES_MAX.
 */
uint32_t silence_set_add(
    struct silence_set *set, const struct alert_silence *silence, const struct now *now);
bool silence_set_remove(struct silence_set *set, uint32_t id); /* false: there is none */
/*
 * It lasts as long as was said, by the boot clock. After a reboot only the wall clock can say how
 * much of that is left, and it may be set later: it ends when the time at which it was to end is
 * passed, or what seemed left is, whichever is first.
 */
bool silence_is_doubtful(const struct alert_silence *s);
/* When it ends, by the wall clock as it goes now. */
int64_t silence_until_ms(const struct alert_silence *s, const struct now *now);

/* Removes those that are over. */
void silence_set_expire(struct silence_set *set, const struct now *now);
/* The i-th, oldest first; NULL past the last. */
const struct alert_silence *silence_set_at(const struct silence_set *set, size_t i);

/* What must outlive a restart: calls fn for each silence that changed since the last call. */
void silence_set_take_changes(struct silence_set *set, kept_change_fn *fn, void *arg);
/* Makes every silence count as changed: the keeper lost what it was told. */
void silence_set_mark_all(struct silence_set *set);
/* One silence as it was kept; it gets another number if one of this life has its own. */
enum json_read silence_set_load(
    struct silence_set *set, const char *json, size_t len, const struct now *now);

#endif
