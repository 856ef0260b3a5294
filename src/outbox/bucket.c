/*
 * Says when the next token is there, from a ring of the times at which the last ones were taken. A
 * refilling counter would be smaller but lets twice the limit through around a full bucket, and
 * people count messages.
 */
#include "outbox/bucket.h"

#include "base/mem.h"
#include "base/num.h"

#define LIMIT_MAX 100000
#define LONG_AGO (INT64_MIN / 2)

void
bucket_done(struct bucket *b)
{
	mem_free(b->taken);
	*b = (struct bucket){.taken = NULL};
}

void
bucket_configure(struct bucket *b, int64_t limit, int64_t window_ns)
{
	size_t n = (size_t)num_clamp(limit, 0, LIMIT_MAX);
	struct bucket old = *b;
	size_t newest = old.next + old.limit - 1;

	b->window_ns = window_ns;
	if (n == old.limit)
		return;
	b->taken = mem_zalloc(n, sizeof(*b->taken));
	b->limit = n;
	b->next = 0;
	for (size_t i = 0; i < n; i++)
		b->taken[n - 1 - i] =
		    i < old.limit ? old.taken[(newest - i) % old.limit] : LONG_AGO;
	if (n < old.limit)
		b->before = old.taken[(newest - n) % old.limit];
	bucket_done(&old);
}

int64_t
bucket_free_at(const struct bucket *b)
{
	return b->limit == 0 ? LONG_AGO : b->taken[b->next] + b->window_ns;
}

void
bucket_take(struct bucket *b, int64_t boot_ns)
{
	if (b->limit == 0)
		return;
	b->before = b->taken[b->next];
	b->taken[b->next] = boot_ns;
	b->next = (b->next + 1) % b->limit;
}

void
bucket_give_back(struct bucket *b)
{
	if (b->limit == 0)
		return;
	b->next = (b->next + b->limit - 1) % b->limit;
	b->taken[b->next] = b->before;
}
