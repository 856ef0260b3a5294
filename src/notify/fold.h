/*
 * Many notices to one digest: what could not be delivered in time, summed up.
 */
#ifndef NOTIFY_FOLD_H
#define NOTIFY_FOLD_H

#include "model/notice.h"

#define FOLD_FACTS_MAX 50 /* the worst ones are told in full, of the rest only the number */

/* An empty digest. */
struct notice *fold_new(int channel);

/* Adds what n says; n is newer than all that was added before, and is not changed. */
void fold_add(struct notice *digest, const struct notice *n);

#endif
