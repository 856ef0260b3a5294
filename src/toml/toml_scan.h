/*
 * The parser's place in the text, its errors, and what separates things: blanks, comments, ends of
 * lines. Functions that return bool report false with *err filled unless they say otherwise.
 */
#ifndef TOML_TOML_SCAN_H
#define TOML_TOML_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/printf_like.h"
#include "toml/toml_tree.h"

struct toml_scan {
	const char *p; /* next byte; never moves back */
	const char *end;
	const char *mark; /* the byte, on the line of p, whose column is col */
	int line;
	int col;
	struct toml *doc; /* what is being filled */
	char *scratch;    /* room for the whole input; any text decoded from it fits */
	struct toml_error *err;
};

/* Checks size and UTF-8 of the whole input and steps over a byte order mark. */
bool toml_scan_init(struct toml_scan *s, const char *bytes, size_t len, struct toml_error *err);

/* Where p is. */
struct toml_pos toml_scan_pos(struct toml_scan *s);

/* Fills *err; always false. */
bool toml_scan_fail(struct toml_scan *s, struct toml_pos pos, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/*
 * Names what is at p: "'x'", "the end of the line", "control character 0x07"; what is not ASCII
 * with its code point, for some characters look like others or like nothing. Returns out.
 */
#define TOML_SEEN_MAX 40
const char *toml_scan_seen(const struct toml_scan *s, char out[TOML_SEEN_MAX]);

/* A key as an error shows it: escaped and cut; returns out. */
#define TOML_SHOWN_MAX 52
const char *toml_scan_shown(const struct toml_key *key, char out[TOML_SHOWN_MAX]);

/* The byte at p, or -1 at the end. */
int toml_scan_peek(const struct toml_scan *s);

/* Steps over c if it is next; no error if not. */
bool toml_scan_take(struct toml_scan *s, char c);

/* True for what may not stand for itself in a text: control characters but tab. */
bool toml_scan_is_control(int c);

void toml_scan_blank(struct toml_scan *s);
bool toml_scan_at_newline(const struct toml_scan *s);

/* Steps over one LF or CR LF; no error if there is none. */
bool toml_scan_newline(struct toml_scan *s);

/* Blanks, then a comment if there is one, then the end of the line or of the text. */
bool toml_scan_line_end(struct toml_scan *s);

/* Blanks, comments and ends of lines, as many as there are. */
bool toml_scan_gap(struct toml_scan *s);

#endif
