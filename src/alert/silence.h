/*
 * Silences made at run time: kept, listed, removed. What they do is the stage in silence.c.
 */
#ifndef ALERT_SILENCE_H
#define ALERT_SILENCE_H

#include "alert/alert.h"

struct silences {
	struct alert_silence items[ALERT_SILENCES_MAX]; /* oldest first */
	bool changed[ALERT_SILENCES_MAX];
	size_t count;
	uint32_t deleted[ALERT_SILENCES_MAX]; /* ids, to be deleted from where they are kept */
	size_t deleted_count;
	uint32_t last_id;
};

#endif
