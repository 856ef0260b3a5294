/*
 * Rows that outlive the agent: their kinds, by the numbers that are in the database (never changed,
 * never used again), and how changes of them are handed on.
 */
#ifndef MODEL_KEPT_KIND_H
#define MODEL_KEPT_KIND_H

#define KEPT_KEY_MAX 64 /* bytes, with its NUL */

enum kept_kind { KEPT_ALERT = 1, KEPT_NOTICE, KEPT_META, KEPT_SILENCE };

/* A row has changed. key lives for the call; json, from mem, is taken over; NULL deletes the row.
 */
typedef void kept_change_fn(void *arg, const char *key, char *json);

#endif
