/*
 * A cursor for each window that a detector follows, taken when it opens. A window that the history
 * has lost (its memory ran short, or the series ended) begins anew, and that is said.
 */
#include "core/windows.h"

#include "base/mem.h"

struct window {
	struct store_cursor at;
	uint32_t samples;
	bool opened;       /* nothing was told of it yet */
	int64_t newest_ns; /* boot time of the newest sample in it */
};

static struct series_ref
ref_of(const struct windows *w, uint32_t series)
{
	return (struct series_ref){.id = series, .gen = series_at(w->series, series)->gen};
}

static void *
open_window(void *arg, uint32_t series, uint32_t samples)
{
	const struct windows *w = arg;
	struct window *window = mem_zalloc(1, sizeof(*window));

	window->samples = samples;
	window->opened = true;
	if (store_cursor_open(w->store, ref_of(w, series), samples, &window->at))
		return window;
	mem_free(window);
	return NULL;
}

static void
close_window(void *arg, void *cursor)
{
	(void)arg;
	mem_free(cursor);
}

static void
each(const struct detector_window *out, void (*fn)(void *arg, double value), void *arg)
{
	const struct windows *w = out->source;
	const struct window *window = out->cursor;
	struct ring_iter it;
	int64_t ns;
	double value;

	if (!store_cursor_walk(w->store, &window->at, &it))
		return;
	while (ring_iter_next(&it, &ns, &value))
		fn(arg, value);
}

/* More values than a sample can push out, or the history has lost the window's beginning. */
static void
start_again(const struct windows *w, struct window *window, struct detector_window *out)
{
	out->restarted = true;
	out->left_count = 0;
	store_cursor_open(w->store, window->at.ref, window->samples, &window->at);
}

static void
follow(void *arg, void *cursor, struct detector_window *out)
{
	const struct windows *w = arg;
	struct window *window = cursor;
	enum ring_cursor_result result;
	int64_t newest_ns = window->newest_ns;
	double value;

	*out = (struct detector_window){.each = each, .source = w, .cursor = window};
	store_newest(w->store, window->at.ref, &window->newest_ns, &out->entered);
	/* Nothing entered where the history has not taken the sample: the sums begin anew. */
	if (window->opened || window->newest_ns == newest_ns) {
		window->opened = false;
		out->restarted = true;
		return;
	}
	while ((result = store_cursor_next(w->store, &window->at, &value)) == RING_CURSOR_VALUE) {
		if (out->left_count == DETECTOR_LEFT_MAX) {
			result = RING_CURSOR_LOST;
			break;
		}
		out->left[out->left_count++] = value;
	}
	if (result == RING_CURSOR_LOST)
		start_again(w, window, out);
}

struct detect_windows
windows_for_detect(struct windows *w)
{
	return (struct detect_windows){
	    .arg = w, .open = open_window, .follow = follow, .close = close_window};
}
