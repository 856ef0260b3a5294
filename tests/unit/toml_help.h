/*
 * What the tests of the TOML parser share: random numbers with a printed seed, and a parse that
 * must work.
 */
#ifndef TESTS_UNIT_TOML_HELP_H
#define TESTS_UNIT_TOML_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "toml/toml.h"
#include "toml/toml_tree.h"

static uint64_t random_state;

static inline uint64_t
next_random(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static inline unsigned
below(unsigned n)
{
	return (unsigned)(next_random() % n);
}

/* Group set-up; SEED in the environment repeats a run. */
static inline int
seed_random(void **state)
{
	const char *given = getenv("SEED");

	(void)state;
	random_state = (given != NULL ? strtoull(given, NULL, 10) : clock_seed()) | 1;
	print_message("SEED=%llu\n", (unsigned long long)random_state);
	return 0;
}

/* Parses from memory that ends where the text ends. */
static inline struct toml *
try_parse(const char *text, size_t len, struct toml_error *err)
{
	char *copy = malloc(len > 0 ? len : 1);
	struct toml *doc;

	assert_non_null(copy);
	memcpy(copy, text, len);
	doc = toml_parse(copy, len, err);
	free(copy);
	return doc;
}

static inline struct toml *
parse(const char *text)
{
	struct toml_error err;
	struct toml *doc = try_parse(text, strlen(text), &err);

	if (doc == NULL)
		fail_msg("%d:%d: %s, in: %s", err.line, err.col, err.text, text);
	return doc;
}

/* The entry of a table, or NULL. */
static inline const struct toml_value *
entry(const struct toml_value *table, const char *key)
{
	return toml_tree_find(table, key, strlen(key));
}

#endif
