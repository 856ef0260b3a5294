/*
 * One way of finding something wrong: a row of DETECTORS(X) below and a file of arithmetic. The
 * frame (detect.c) owns everything that detectors have in common: which series are watched, where
 * their state lives, that it starts afresh with a new series, goes on after a restart or reload,
 * and is given back. A detector never allocates.
 *
 * A detector may watch a series in several ways at once, its variants: one state each.
 */
#ifndef DETECT_DETECTOR_H
#define DETECT_DETECTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "conf/conf.h"
#include "detect/rollup.h"
#include "detect/rules.h"
#include "model/finding.h"
#include "model/series.h"

#define DETECTOR_VARIANTS_MAX RULES_A_SERIES_MAX

/* What detectors work by; all of it outlives their states. */
struct detector_setup {
	const struct conf_detect *conf;
	const struct rule_set *rules;
};

/* Bytes of a state, or of what a detector shares, that may be kept. */
#define STATE_BYTES_MAX 4096
#define DETECTOR_LEFT_MAX 8 /* values that leave a window with one sample; one, as a rule */

/*
 * The window of past samples and this one, as the history returns them (rounded). restarted: what
 * the detector knows of the window is void; each() gives all values that are in it, oldest first.
 */
struct detector_window {
	bool restarted;
	double entered; /* the newest; among those of each() */
	double left[DETECTOR_LEFT_MAX];
	size_t left_count;
	void (*each)(
	    const struct detector_window *w, void (*fn)(void *arg, double value), void *arg);
	const void *source, *cursor; /* for each() */
};

/* A state of a series that the detector wants, and what happens to it. */
struct detector_input {
	const struct detector_setup *setup;
	const struct series *series;
	uint16_t variant;
	struct now now;
	double value;                         /* of a sample */
	const struct detector_window *window; /* with a sample; NULL unless the row asks for one */
	void *shared;                         /* the detector's state of no series */
};

/* An alert that fires, of which a state knows nothing. */
struct detector_alert {
	enum severity severity; /* as the detector found it */
	int64_t since_ns;       /* boot time; before this boot: negative */
};

/* Functions that a detector has no use for are NULL. */
struct detector {
	const char *name; /* of kept state: never changed */
	uint16_t version; /* of the layout and meaning of its state: another one's is dropped */
	size_t state_bytes, shared_bytes;
	uint32_t states_a_series; /* room for so many states a place of the series table */

	/* Which variants of it watch the series, in out; how many. Asked once a series. */
	size_t (*wants)(const struct detector_setup *setup, const struct series *s,
	    uint16_t out[DETECTOR_VARIANTS_MAX]);
	/* The name of the rule that a variant's findings are under; lives as long as the setup. */
	const char *(*rule_name)(const struct detector_setup *setup, uint16_t variant);
	/* Length of the window of past samples that it wants to follow; 0: none. */
	uint32_t (*window)(const struct detector_setup *setup);

	void (*start)(void *state, const struct detector_input *in); /* the state is zeroed */
	/* An alert of this variant fires: it counts as firing. Before a feed; perhaps once more. */
	void (*resume)(
	    void *state, const struct detector_input *in, const struct detector_alert *alert);
	/* The series had ended and is back, before the next feed. NULL: as if it were new. */
	void (*gone)(void *state);
	/* A sample; finite. */
	void (*feed)(void *state, const struct detector_input *in, struct findings *out);
	/* A minute of the series is complete. in->value is its mean. */
	void (*minute)(void *state, const struct detector_input *in, const struct rollup_row *row,
	    struct findings *out);
	/* All samples of a cycle were fed. in has no series. */
	void (*cycle_end)(void *shared, const struct detector_input *in, struct findings *out);
	/*
	 * The state is a copy of one that was kept: boot times in it move by shift_ns. False: it
	 * makes no sense, and starts afresh. It may hold any bytes. NULL: nothing is kept. The same
	 * of the state of no series.
	 */
	bool (*load)(void *state, int64_t shift_ns);
	bool (*load_shared)(void *shared, int64_t shift_ns);
};

/* One a line, so that adding one changes one line. */
/* clang-format off */
#define DETECTORS(X) \
	X(threshold)
/* clang-format on */

#define X(name) extern const struct detector name##_detector;
DETECTORS(X)
#undef X

#endif
