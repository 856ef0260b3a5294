/*
 * The values of a TOML document and where each was written: what the parser fills and what its
 * callers read. Lines and columns count from 1; a column is a character (a code point, a tab is
 * one), not a byte.
 */
#ifndef TOML_TOML_VALUE_H
#define TOML_TOML_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TOML_BYTES_MAX (1u << 20) /* of a document */
#define TOML_VALUES_MAX 100000u   /* of a document, tables and arrays counted */
#define TOML_DEPTH_MAX 64         /* tables and arrays inside each other, below the root */

enum toml_type {
	TOML_STRING,
	TOML_INTEGER,
	TOML_FLOAT,
	TOML_BOOL,
	TOML_DATETIME, /* with an offset */
	TOML_LOCAL_DATETIME,
	TOML_LOCAL_DATE,
	TOML_LOCAL_TIME,
	TOML_ARRAY,
	TOML_TABLE,
};

struct toml_error {
	int line;
	int col;
	char text[160];
};

struct toml_value {
	enum toml_type type;
	int line; /* where the value starts; of [table], its first bracket */
	int col;
	int key_line; /* where its own part of the key starts; of an item, the same as line, col */
	int key_col;
	const char *key; /* UTF-8, NUL-terminated; may hold NULs too; NULL for items and the root */
	size_t key_len;
	struct toml_value *next; /* in the same table or array, in the order of the document */
	union {
		/*
		 * TOML_STRING: UTF-8, NUL-terminated, may hold NULs too. The dates and times: RFC
		 * 3339 with 'T' and 'Z', a fraction of at most 9 digits without zeros at its end.
		 */
		struct {
			const char *text;
			size_t len;
		} str;
		int64_t integer;
		double real;
		bool boolean;
		struct {
			struct toml_value *first; /* entries of a table, items of an array */
			struct toml_value *last;
			size_t count;
		} list;
	} u;
	/* The parser's own. */
	struct toml_index *index;
	unsigned char form;
	unsigned char depth;
};

/* With its article, for messages: "a string", "an integer". */
const char *toml_type_name(enum toml_type type);

#endif
