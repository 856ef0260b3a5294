/*
 * A core and what the keeper holds of it.
 */
#ifndef TESTS_CORE_HELP_H
#define TESTS_CORE_HELP_H

#include "core/kept.h"
#include "tests/unit/fake_disk.h"

/* What changed goes to the disk, and the outbox hears that it is there. */
static inline void
core_help_save(struct core *core, struct fake_disk *disk, uint64_t txn)
{
	kept_take_changes(core, fake_disk_put, disk);
	outbox_written(core->outbox, txn);
	outbox_confirmed(core->outbox, txn);
}

static inline void
core_help_load(struct core *core, const struct fake_disk *disk, const struct now *now)
{
	for (size_t i = 0; i < disk->used; i++) {
		const struct fake_row *row = &disk->rows[i];

		if (row->json != NULL)
			assert_int_equal(
			    kept_load(core, row->kind, row->key, row->json, strlen(row->json), now),
			    JSON_READ_OK);
	}
}

#endif
