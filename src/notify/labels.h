/*
 * The labels of an alert: those of its subject, then the agent's (agent.labels). Where both have a
 * key, the subject's counts and the agent's is left out.
 */
#ifndef NOTIFY_LABELS_H
#define NOTIFY_LABELS_H

#include "conf/conf.h"
#include "model/label_set.h"
#include "notify/escape.h"

/* Appends one label in the form of a channel, or nothing where it has no place there. */
typedef void label_fn(struct buf *b, const char *key, const char *value);

void labels_add_subject(const struct label_set *subject, label_fn *add, struct buf *b);

/* No further one once b holds max_len bytes: the agent's labels are as many as were configured. */
void labels_add_agent(const struct label_set *subject, const struct string_pairs *agent,
    label_fn *add, size_t max_len, struct buf *b);

/* "mountpoint=/var, env=prod", through escape; the agent's until the text has max_bytes bytes. */
void labels_add_text(const struct label_set *subject, const struct string_pairs *agent,
    escape_fn *escape, size_t max_bytes, struct buf *b);

/*
 * The same of the subject's labels alone, and only what the place (fact_text_add_where()) has not
 * said; a value once: "fstype=tmpfs".
 */
void labels_add_unsaid(const struct label_set *subject, escape_fn *escape, struct buf *b);

/* The member "labels" for programs: an object of both, as they are; the agent's until 8 KiB. */
void labels_add_json(
    const struct label_set *subject, const struct string_pairs *agent, struct buf *b);

#endif
