/*
 * Keeps fingerprints with a time each, and says when there come to be some and when none is left.
 * Past its bound it takes no further ones: how many more there are is then not known.
 */
#include "alert/waiting.h"

#include "alert/alert_types.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"

struct waiting_alert {
	uint64_t fingerprint;
	int64_t until_ns; /* boot time */
	UT_hash_handle hh;
};

static void
forget(struct waiting *waiting, struct waiting_alert *one)
{
	HASH_DEL(waiting->ones, one);
	mem_free(one);
	if (waiting->ones == NULL)
		log_info("all alerts that fire have room again");
}

static struct waiting_alert *
find(const struct waiting *waiting, uint64_t fingerprint)
{
	struct waiting_alert *one;

	HASH_FIND(hh, waiting->ones, &fingerprint, sizeof(fingerprint), one);
	return one;
}

void
waiting_done(struct waiting *waiting)
{
	struct waiting_alert *one, *next;

	HASH_ITER (hh, waiting->ones, one, next) {
		HASH_DEL(waiting->ones, one);
		mem_free(one);
	}
}

bool
waiting_note(struct waiting *waiting, uint64_t fingerprint, int64_t patience_ns, int64_t boot_ns)
{
	struct waiting_alert *one = find(waiting, fingerprint);
	bool is_new = one == NULL;

	if (is_new && HASH_COUNT(waiting->ones) >= WAITING_MAX)
		return false;
	if (waiting->ones == NULL)
		log_warn("more than %d alerts at a time: further ones are not told of before "
		         "others end; status counts them",
		    ALERTS_MAX);
	if (is_new) {
		one = mem_zalloc(1, sizeof(*one));
		one->fingerprint = fingerprint;
		HASH_ADD(hh, waiting->ones, fingerprint, sizeof(one->fingerprint), one);
	}
	one->until_ns = boot_ns + patience_ns;
	return is_new;
}

void
waiting_forget(struct waiting *waiting, uint64_t fingerprint)
{
	struct waiting_alert *one = waiting->ones == NULL ? NULL : find(waiting, fingerprint);

	if (one != NULL)
		forget(waiting, one);
}

void
waiting_tidy(struct waiting *waiting, int64_t boot_ns)
{
	struct waiting_alert *one, *next;

	HASH_ITER (hh, waiting->ones, one, next) {
		if (one->until_ns <= boot_ns)
			forget(waiting, one);
	}
}

size_t
waiting_count(const struct waiting *waiting)
{
	return HASH_COUNT(waiting->ones);
}
