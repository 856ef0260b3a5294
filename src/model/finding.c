/*
 * A bounded array of findings.
 */
#include "model/finding.h"

#include <math.h>

#include "base/log.h"
#include "base/mem.h"

void
findings_init(struct findings *f, size_t cap)
{
	*f = (struct findings){.cap = cap};
	f->items = mem_zalloc(cap, sizeof(*f->items));
}

void
findings_done(struct findings *f)
{
	mem_free(f->items);
	f->items = NULL;
}

void
findings_reset(struct findings *f)
{
	f->len = 0;
}

struct finding *
findings_add(struct findings *f)
{
	struct finding *slot;

	if (f->len == f->cap) {
		if (!f->full_said)
			log_warn("more than %zu findings at a time: further ones wait", f->cap);
		f->full_said = true;
		return NULL;
	}
	slot = &f->items[f->len++];
	*slot = (struct finding){.eta_secs = NAN};
	return slot;
}
