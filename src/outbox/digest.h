/*
 * Many notices to one digest: what could not be delivered in time, summed up.
 */
#ifndef OUTBOX_DIGEST_H
#define OUTBOX_DIGEST_H

#include "model/notice.h"

/* An empty digest. */
struct notice *digest_new(int channel);

/* Adds one alert; if the digest has newer of it, nothing. */
void digest_add_facts(struct notice *digest, const struct alert_facts *facts);

/* Adds what n says, which is not changed. */
void digest_add_notice(struct notice *digest, const struct notice *n);

#endif
