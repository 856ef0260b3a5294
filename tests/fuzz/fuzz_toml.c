/*
 * Any bytes into the TOML parser: a tree whose every value has a place, can be found by its key and
 * read to its last byte, or an error with a place inside the text.
 */
#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "toml/toml.h"
#include "toml/toml_tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t values;
static int lines;

static void
check_text(const char *text, size_t len)
{
	assert(text[len] == '\0');
	assert(str_utf8_valid(text, len));
}

static void
check_place(int line, int col, size_t size)
{
	assert(line >= 1 && line <= lines);
	assert(col >= 1 && (size_t)col <= size + 1);
}

static void
check(const struct toml_value *v, int depth, size_t size)
{
	size_t n = 0;

	values++;
	assert(depth <= TOML_DEPTH_MAX);
	assert(toml_type_name(v->type) != NULL);
	check_place(v->line, v->col, size);
	check_place(v->key_line, v->key_col, size);
	if (v->type != TOML_TABLE && v->type != TOML_ARRAY) {
		if (v->type == TOML_STRING ||
		    (v->type >= TOML_DATETIME && v->type <= TOML_LOCAL_TIME))
			check_text(v->u.str.text, v->u.str.len);
		return;
	}
	for (const struct toml_value *c = v->u.list.first; c != NULL; c = c->next) {
		n++;
		assert((c->key != NULL) == (v->type == TOML_TABLE));
		if (c->key != NULL) {
			check_text(c->key, c->key_len);
			assert(toml_tree_find(v, c->key, c->key_len) == c);
		}
		assert(c->next != NULL || v->u.list.last == c);
		check(c, depth + 1, size);
	}
	assert(n == v->u.list.count);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct toml_error err = {0};
	struct toml *doc = toml_parse((const char *)data, size, &err);

	lines = 1;
	for (size_t i = 0; i < size; i++)
		lines += data[i] == '\n';
	if (doc == NULL) {
		check_place(err.line, err.col, size);
		assert(err.text[0] != '\0');
		assert(str_utf8_valid(err.text, strlen(err.text)));
		for (const char *p = err.text; *p != '\0'; p++)
			assert((unsigned char)*p >= 0x20 && *p != 0x7f);
		return 0;
	}
	values = 0;
	check(toml_root(doc), 0, size);
	assert(values <= TOML_VALUES_MAX + 1);
	toml_free(doc);
	return 0;
}

#include "tests/fuzz/replay_main.h"
