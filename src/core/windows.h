/*
 * Windows over the last samples of series, for detectors: cursors of the history, which they know
 * nothing of.
 */
#ifndef CORE_WINDOWS_H
#define CORE_WINDOWS_H

#include "detect/detect.h"
#include "store/store.h"

struct windows {
	const struct store *store;
	const struct series_table *series;
};

/* What detect_new() is given; w and what it points to must outlive the detect. */
struct detect_windows windows_for_detect(struct windows *w);

#endif
