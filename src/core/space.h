/*
 * What a file system has left, for alerts about its space.
 */
#ifndef CORE_SPACE_H
#define CORE_SPACE_H

#include "core/latest.h"
#include "model/notice.h"
#include "store/store.h"

/*
 * Notices that are about to be queued: adds to facts about a file system's space how much is free
 * now, and how fast that goes where it does. What is not known is left as it is.
 */
void space_fill(const struct latest *latest, const struct store *store, struct notices *notices,
    const struct now *now);

#endif
