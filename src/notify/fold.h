/*
 * Many notices to one digest: what could not be delivered in time, summed up.
 */
#ifndef NOTIFY_FOLD_H
#define NOTIFY_FOLD_H

#include "model/notice.h"

#define FOLD_FACTS_MAX 50 /* the worst ones are told in full, of the rest only the number */

/* An empty digest. */
struct notice *fold_new(int channel);

/* Adds one alert; if the digest has newer of it, nothing. */
void fold_facts(struct notice *digest, const struct alert_facts *facts);

/* Adds what n says, which is not changed. */
void fold_add(struct notice *digest, const struct notice *n);

#endif
