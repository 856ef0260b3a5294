/*
 * Holds the tree of a TOML document: memory and lookup. Values and texts are cut from chunks that
 * are wiped and freed together. A table that grows past a few keys gets a hash index, so a document
 * of many keys costs time in proportion to its length. It trusts the parser for keys to be new; the
 * number of values is bounded here.
 */
#include "toml/toml_tree.h"

#include <assert.h>
#include <stdalign.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"

#define CHUNK_BYTES 16384u
#define SCAN_MAX 8u /* entries that are looked up one by one */

struct chunk {
	struct chunk *next;
	size_t used;
	size_t cap;
	alignas(max_align_t) char data[];
};

struct toml {
	struct chunk *chunks; /* the first one is being filled */
	struct toml_value *root;
	size_t values;
};

/* Open addressing; at most half of the slots are taken. */
struct toml_index {
	size_t slots; /* a power of two */
	struct toml_value *slot[];
};

static void *
cut(struct toml *doc, size_t size)
{
	struct chunk *chunk = doc->chunks;
	size_t align = alignof(max_align_t);
	void *out;

	size = (size + align - 1) / align * align;
	if (chunk == NULL || chunk->cap - chunk->used < size) {
		size_t cap = size > CHUNK_BYTES ? size : CHUNK_BYTES;

		chunk = mem_zalloc(1, sizeof *chunk + cap);
		chunk->cap = cap;
		chunk->next = doc->chunks;
		doc->chunks = chunk;
	}
	out = chunk->data + chunk->used;
	chunk->used += size;
	return out;
}

/* The slot that holds the key, or the free one where it belongs. */
static struct toml_value **
probe(struct toml_index *index, const char *key, size_t len)
{
	size_t at = (size_t)str_hash(STR_HASH_SEED, key, len) & (index->slots - 1);

	while (index->slot[at] != NULL) {
		struct toml_value *v = index->slot[at];

		if (v->key_len == len && memcmp(v->key, key, len) == 0)
			break;
		at = (at + 1) & (index->slots - 1);
	}
	return &index->slot[at];
}

static void
index_all(struct toml *doc, struct toml_value *table, size_t slots)
{
	table->index = cut(doc, sizeof *table->index + slots * sizeof table->index->slot[0]);
	table->index->slots = slots;
	for (struct toml_value *v = table->u.list.first; v != NULL; v = v->next)
		*probe(table->index, v->key, v->key_len) = v;
}

static void
index_last(struct toml *doc, struct toml_value *table)
{
	struct toml_value *v = table->u.list.last;
	size_t count = table->u.list.count;

	if (count <= SCAN_MAX)
		return;
	if (table->index == NULL)
		index_all(doc, table, SCAN_MAX * 4);
	else if (count * 2 > table->index->slots)
		index_all(doc, table, table->index->slots * 4);
	else
		*probe(table->index, v->key, v->key_len) = v;
}

struct toml *
toml_tree_new(void)
{
	struct toml *doc = mem_zalloc(1, sizeof *doc);

	doc->root = cut(doc, sizeof *doc->root);
	doc->root->type = TOML_TABLE;
	doc->root->form = TOML_FORM_HEADER;
	doc->root->line = doc->root->col = 1;
	doc->root->key_line = doc->root->key_col = 1;
	return doc;
}

void
toml_tree_free(struct toml *doc)
{
	struct chunk *next;

	if (doc == NULL)
		return;
	for (struct chunk *chunk = doc->chunks; chunk != NULL; chunk = next) {
		next = chunk->next;
		mem_wipe(chunk->data, chunk->used);
		mem_free(chunk);
	}
	mem_free(doc);
}

struct toml_value *
toml_tree_root(const struct toml *doc)
{
	return doc->root;
}

struct toml_value *
toml_tree_add(
    struct toml *doc, struct toml_value *parent, const struct toml_key *key, struct toml_pos pos)
{
	struct toml_value *v;

	assert(parent->type == (key != NULL ? TOML_TABLE : TOML_ARRAY));
	if (doc->values >= TOML_VALUES_MAX)
		return NULL;
	doc->values++;
	v = cut(doc, sizeof *v);
	v->line = v->key_line = pos.line;
	v->col = v->key_col = pos.col;
	v->depth = (unsigned char)(parent->depth + 1);
	if (parent->u.list.last != NULL)
		parent->u.list.last->next = v;
	else
		parent->u.list.first = v;
	parent->u.list.last = v;
	parent->u.list.count++;
	if (key != NULL) {
		v->key = toml_tree_text(doc, key->text, key->len);
		v->key_len = key->len;
		v->key_line = key->pos.line;
		v->key_col = key->pos.col;
		index_last(doc, parent);
	}
	return v;
}

struct toml_value *
toml_tree_find(const struct toml_value *table, const char *key, size_t len)
{
	struct toml_value *v;

	if (table->index != NULL)
		return *probe(table->index, key, len);
	for (v = table->u.list.first; v != NULL; v = v->next) {
		if (v->key_len == len && memcmp(v->key, key, len) == 0)
			break;
	}
	return v;
}

const char *
toml_tree_text(struct toml *doc, const char *text, size_t len)
{
	char *copy = cut(doc, len + 1);

	memcpy(copy, text, len);
	return copy;
}
