/*
 * What channels are told, as a short text that a test can name.
 */
#ifndef TESTS_NOTICE_TEXT_H
#define TESTS_NOTICE_TEXT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "conf/channel.h"
#include "model/notice.h"

static const char *const notice_flaps[] = {"", " flapping", " settled", " flapping"};

static inline void
notice_text_place(struct buf *b, const struct notice *n, const struct alert_facts *f)
{
	const char *dot = strchr(f->subject.name, '.');

	buf_addf(b, " %s%s%s%s%s", dot != NULL ? dot + 1 : f->subject.name,
	    f->subject.labels.count > 0 ? label_set_value(&f->subject.labels, 0) : "",
	    notice_flaps[f->flap],
	    f->unheard ? " unheard"
	    : f->still ? " still"
	               : "",
	    n->kind == NOTICE_DIGEST && f->resolved.wall_ms != 0 ? " over" : "");
	if (f->also_count > 0)
		buf_addf(b, " (%u: %s)", f->also_count, f->also);
	if (f->raised_from != SEV_NONE)
		buf_addf(b, " from %s", severity_name(f->raised_from));
}

static inline void
notice_text_first(struct buf *b, const struct notice *n)
{
	const struct alert_facts *f = n->facts;

	buf_addf(b, "%s%s%s", f->gone ? " gone" : "", notice_flaps[f->flap],
	    f->unheard ? " unheard"
	    : f->still ? " still"
	               : "");
	if (n->fact_count > 1)
		buf_addf(b, " x%zu", n->fact_count);
	if (f->count > 1)
		buf_addf(b, " %u times in %llds", f->count, (long long)f->count_secs);
}

/*
 * "webhook fire warn; discord fire critical"; with places, "webhook fire warn:
 * usage_percent/0 usage_percent/1". Returns out.
 */
static inline const char *
notice_text(const struct notices *list, bool places, char *out, size_t cap)
{
	static const char *const kinds[] = {"fire", "resolve", "test", "digest"};
	struct buf b;

	buf_init(&b, out, cap);
	for (size_t i = 0; i < list->len; i++) {
		const struct notice *n = list->items[i];

		assert_true(n->fact_count >= 1);
		assert_int_equal(n->total, n->fact_count);
		buf_addf(&b, "%s%s %s %s%s", b.len > 0 ? "; " : "",
		    channel_name((enum channel_id)n->channel), kinds[n->kind],
		    severity_name(n->severity), places ? ":" : "");
		if (!places)
			notice_text_first(&b, n);
		for (size_t k = 0; places && k < n->fact_count; k++)
			notice_text_place(&b, n, &n->facts[k]);
	}
	assert_false(b.full);
	return out;
}

#endif
