/*
 * A short list, by what is not watched. Whoever looks at a file or table notes each time that it
 * has a gap, so nobody needs to tell that one has closed. Past GAPS_MAX a gap is not listed; the
 * log has had it.
 */
#include "collect/gaps.h"

#include "base/errtext.h"
#include "base/str.h"

void
gaps_begin(struct gaps *gaps, unsigned owner)
{
	gaps->owner = owner;
	for (size_t i = 0; i < gaps->len; i++)
		if (gaps->items[i].owner == owner)
			gaps->items[i].renewed = false;
}

static void
drop(struct gaps *gaps, size_t i)
{
	gaps->items[i] = gaps->items[--gaps->len];
}

void
gaps_end(struct gaps *gaps)
{
	for (size_t i = gaps->len; i-- > 0;)
		if (gaps->items[i].owner == gaps->owner && !gaps->items[i].renewed)
			drop(gaps, i);
	gaps->owner = 0;
}

static bool
is_of_same(const struct gap *a, const struct gap *b)
{
	bool both_files = a->root != NULL && b->root != NULL;

	return str_eq(a->what, b->what) &&
	       (both_files ? str_eq(a->root, b->root) : a->root == b->root);
}

static size_t
find(const struct gaps *gaps, const struct gap *gap)
{
	size_t i = 0;

	while (i < gaps->len && !is_of_same(&gaps->items[i], gap))
		i++;
	return i;
}

void
gaps_note(struct gaps *gaps, const struct gap *gap)
{
	size_t i = find(gaps, gap);

	if (i == GAPS_MAX)
		return;
	gaps->len += i == gaps->len;
	gaps->items[i] = *gap;
	gaps->items[i].owner = gaps->owner;
	gaps->items[i].renewed = true;
}

void
gaps_note_bound(
    struct gaps *gaps, const char *what, const char *metrics, uint64_t taken, uint64_t all)
{
	const struct gap gap = {
	    .kind = GAP_BOUND, .what = what, .metrics = metrics, .taken = taken, .all = all};
	size_t i;

	if (taken < all) {
		gaps_note(gaps, &gap);
		return;
	}
	i = find(gaps, &gap);
	if (i < gaps->len)
		drop(gaps, i);
}

void
gaps_add_what(const struct gap *gap, struct buf *out)
{
	if (gap->root != NULL)
		buf_addf(out, "%s/", gap->root);
	buf_adds(out, gap->what);
}

void
gaps_add_why(const struct gap *gap, struct buf *out)
{
	char text[ERRTEXT_MAX];
	unsigned long long taken = gap->taken, all = gap->all;

	if (gap->kind == GAP_UNREAD)
		buf_adds(out, errtext(gap->err, text));
	else if (gap->kind == GAP_MALFORMED)
		buf_adds(out, "not of the form that the kernel documents");
	else if (gap->kind == GAP_CUT)
		buf_addf(out, "only %llu bytes of it, or of a line of it, are read", taken);
	else if (gap->kind == GAP_BOUND && all == GAPS_UNCOUNTED)
		buf_addf(out, "%llu are watched, and there are more", taken);
	else if (gap->kind == GAP_BOUND)
		buf_addf(out, "%llu of %llu are watched", taken, all);
	else if (all == GAPS_UNCOUNTED)
		buf_adds(out, "those of other users are hidden (hidepid)");
	else
		buf_addf(out, "%llu of %llu may be read", taken, all);
}
