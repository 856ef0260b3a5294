/*
 * The notices of the queues as rows on disk, one JSON object each, by id.
 */
#ifndef OUTBOX_OUTBOX_JSON_H
#define OUTBOX_OUTBOX_JSON_H

#include "model/json_field.h"
#include "model/kept_kind.h"
#include "outbox/queue.h"

/* What has changed since the last call; it then counts as kept. */
void outbox_json_take_changes(struct queue_set *set, kept_change_fn *fn, void *arg);

/* Queues a notice of an earlier life, as outbox_load() says; nothing is summed up. */
enum json_read outbox_json_load(
    struct queue_set *set, const char *json, size_t len, const struct now *now);

#endif
