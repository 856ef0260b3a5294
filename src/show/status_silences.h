/*
 * The silences in force, for whoever asks the running agent.
 */
#ifndef SHOW_STATUS_SILENCES_H
#define SHOW_STATUS_SILENCES_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "core/core.h"

/*
 * Appends each silence: its number, or "conf" for one of the configuration, what it matches whole,
 * until when, what it holds now, why. only: no other than that number; 0: all. Returns how many.
 */
size_t status_silences_write(
    const struct core *core, const struct now *now, uint32_t only, int columns, struct buf *out);

/* Appends the array "silences". */
void status_silences_put(const struct core *core, const struct now *now, struct buf *out);

#endif
