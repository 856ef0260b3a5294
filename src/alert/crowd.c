/*
 * Keeps fingerprints with a time each, and says when there come to be some and when none is left.
 * Past its bound it takes no further ones: how many more there are is then not known.
 */
#include "alert/crowd.h"

#include "alert/alert_types.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"

struct crowd_one {
	uint64_t fingerprint;
	int64_t until_ns; /* boot time */
	UT_hash_handle hh;
};

static void
forget(struct crowd *crowd, struct crowd_one *one)
{
	HASH_DEL(crowd->ones, one);
	mem_free(one);
	if (crowd->ones == NULL)
		log_info("all alerts that fire have room again");
}

static struct crowd_one *
find(const struct crowd *crowd, uint64_t fingerprint)
{
	struct crowd_one *one;

	HASH_FIND(hh, crowd->ones, &fingerprint, sizeof(fingerprint), one);
	return one;
}

void
crowd_done(struct crowd *crowd)
{
	struct crowd_one *one, *next;

	HASH_ITER (hh, crowd->ones, one, next) {
		HASH_DEL(crowd->ones, one);
		mem_free(one);
	}
}

bool
crowd_note(struct crowd *crowd, uint64_t fingerprint, int64_t patience_ns, int64_t boot_ns)
{
	struct crowd_one *one = find(crowd, fingerprint);
	bool is_new = one == NULL;

	if (is_new && HASH_COUNT(crowd->ones) >= CROWD_MAX)
		return false;
	if (crowd->ones == NULL)
		log_warn("more than %d alerts at a time: further ones are not told of before "
		         "others end; status counts them",
		    ALERTS_MAX);
	if (is_new) {
		one = mem_zalloc(1, sizeof(*one));
		one->fingerprint = fingerprint;
		HASH_ADD(hh, crowd->ones, fingerprint, sizeof(one->fingerprint), one);
	}
	one->until_ns = boot_ns + patience_ns;
	return is_new;
}

void
crowd_forget(struct crowd *crowd, uint64_t fingerprint)
{
	struct crowd_one *one = crowd->ones == NULL ? NULL : find(crowd, fingerprint);

	if (one != NULL)
		forget(crowd, one);
}

void
crowd_tidy(struct crowd *crowd, int64_t boot_ns)
{
	struct crowd_one *one, *next;

	HASH_ITER (hh, crowd->ones, one, next) {
		if (one->until_ns <= boot_ns)
			forget(crowd, one);
	}
}

size_t
crowd_count(const struct crowd *crowd)
{
	return HASH_COUNT(crowd->ones);
}
