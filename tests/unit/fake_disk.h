/*
 * What the keeper would have on disk, for tests that restart: rows by kind and key.
 */
#ifndef TESTS_FAKE_DISK_H
#define TESTS_FAKE_DISK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/str.h"
#include "model/kept_kind.h"

#define FAKE_DISK_ROWS 4096
#define FAKE_DISK_KEY 40

struct fake_disk {
	struct fake_row {
		enum kept_kind kind;
		char key[FAKE_DISK_KEY];
		char *json; /* NULL: free */
	} rows[FAKE_DISK_ROWS];
	size_t used; /* rows that were ever in use */
	size_t writes, deletes;
};

static inline struct fake_row *
fake_disk_find(struct fake_disk *disk, enum kept_kind kind, const char *key)
{
	for (size_t i = 0; i < disk->used; i++) {
		struct fake_row *row = &disk->rows[i];

		if (row->json != NULL && row->kind == kind && str_eq(row->key, key))
			return row;
	}
	return NULL;
}

/* As kept_put_fn: takes json over. */
static inline void
fake_disk_put(void *arg, enum kept_kind kind, const char *key, char *json)
{
	struct fake_disk *disk = arg;
	struct fake_row *row = fake_disk_find(disk, kind, key);

	if (json == NULL) {
		disk->deletes++;
		if (row != NULL) {
			mem_free(row->json);
			row->json = NULL;
		}
		return;
	}
	disk->writes++;
	for (size_t i = 0; row == NULL && i < disk->used; i++) {
		if (disk->rows[i].json == NULL)
			row = &disk->rows[i];
	}
	if (row == NULL) {
		assert_true(disk->used < FAKE_DISK_ROWS);
		row = &disk->rows[disk->used++];
	}
	mem_free(row->json);
	row->kind = kind;
	row->json = json;
	assert_true(str_copy(row->key, sizeof(row->key), key));
}

/* As kept_change_fn, each for one kind. */
static inline void
fake_disk_put_alert(void *arg, const char *key, char *json)
{
	fake_disk_put(arg, KEPT_ALERT, key, json);
}

static inline void
fake_disk_put_notice(void *arg, const char *key, char *json)
{
	fake_disk_put(arg, KEPT_NOTICE, key, json);
}

static inline void
fake_disk_put_silence(void *arg, const char *key, char *json)
{
	fake_disk_put(arg, KEPT_SILENCE, key, json);
}

static inline size_t
fake_disk_count(const struct fake_disk *disk, enum kept_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < disk->used; i++)
		n += disk->rows[i].json != NULL && disk->rows[i].kind == kind;
	return n;
}

static inline void
fake_disk_done(struct fake_disk *disk)
{
	for (size_t i = 0; i < disk->used; i++)
		mem_free(disk->rows[i].json);
	*disk = (struct fake_disk){.used = 0};
}

#endif
