/*
 * Reads booleans, integers, floats and dates. The bytes are UTF-8 and nothing else is known of
 * them. A word is first cut out of the line, then understood as a whole, so that an error can say
 * what was probably meant. Errors do not repeat the word: a password that lost its quotes must not
 * end up in a log.
 */
#include "toml/toml_scalar.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "toml/toml_date.h"

struct word {
	const char *p;
	const char *end;
	const char *at; /* of a failure: the byte that is wrong */
	const char *why;
};

static const struct {
	const char *name;
	enum toml_type type;
	bool boolean;
	double real;
} WORDS[] = {
    {"true", TOML_BOOL, true, 0},
    {"false", TOML_BOOL, false, 0},
    {"inf", TOML_FLOAT, false, INFINITY},
    {"+inf", TOML_FLOAT, false, INFINITY},
    {"-inf", TOML_FLOAT, false, -INFINITY},
    {"nan", TOML_FLOAT, false, NAN},
    {"+nan", TOML_FLOAT, false, NAN},
    {"-nan", TOML_FLOAT, false, NAN},
};

static const char BOOL_HINT[] = "a boolean is written true or false";
static const char NULL_HINT[] = "TOML has no empty value: leave the key out";
static const char TEXT_HINT[] = "strings need quotes: write \"...\" around this value";

/* What people write instead, in any case. */
static const struct {
	const char *name;
	const char *hint;
} NEARLY[] = {
    {"true", BOOL_HINT},
    {"false", BOOL_HINT},
    {"yes", BOOL_HINT},
    {"no", BOOL_HINT},
    {"on", BOOL_HINT},
    {"off", BOOL_HINT},
    {"null", NULL_HINT},
    {"nil", NULL_HINT},
    {"none", NULL_HINT},
};

static bool
is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static bool
fail(struct word *w, const char *at, const char *why)
{
	w->at = at;
	w->why = why;
	return false;
}

static bool
word_is(const struct word *w, const char *name, bool any_case)
{
	size_t len = (size_t)(w->end - w->p);

	if (strlen(name) != len)
		return false;
	return any_case ? strncasecmp(w->p, name, len) == 0 : memcmp(w->p, name, len) == 0;
}

/* Value of a digit, or 99. */
static unsigned
digit_value(int c)
{
	if (is_digit(c))
		return (unsigned)(c - '0');
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10 : 99;
}

/* Moves *p over digits with '_' between them; at least one. */
static bool
skip_digits(struct word *w, const char **p, unsigned base)
{
	const char *q = *p;

	for (;;) {
		if (q == w->end || digit_value(*q) >= base)
			return fail(w, q,
			    q > *p     ? "'_' may only stand between two digits"
			    : q > w->p ? "expected a digit here; if this is text, put it in quotes"
			               : "expected a value");
		while (q < w->end && digit_value(*q) < base)
			q++;
		if (q == w->end || *q != '_')
			break;
		q++;
	}
	*p = q;
	return true;
}

static bool
read_integer(struct word *w, const char *p, const char *end, unsigned base, struct toml_value *v)
{
	bool minus = *w->p == '-';
	uint64_t limit = (uint64_t)INT64_MAX + minus, value = 0;

	for (; p < end; p++) {
		unsigned digit = digit_value(*p);

		if (*p == '_')
			continue;
		if (value > (limit - digit) / base)
			return fail(w, w->p,
			    "this integer does not fit in 64 bits "
			    "(-9223372036854775808 to 9223372036854775807)");
		value = value * base + digit;
	}
	v->type = TOML_INTEGER;
	v->u.integer = minus ? (int64_t)(0 - value) : (int64_t)value;
	return true;
}

static bool
refuse_rest(struct word *w, const char *p)
{
	if (p == w->end)
		return true;
	return fail(w, p, "this is no part of a number; if this is text, put it in quotes");
}

/* 0xff, 0o17, 0b11 */
static bool
read_based(struct word *w, unsigned base, struct toml_value *v)
{
	const char *p = w->p + 2;

	return skip_digits(w, &p, base) && refuse_rest(w, p) &&
	       read_integer(w, w->p + 2, w->end, base, v);
}

static bool
read_float(struct word *w, char *scratch, struct toml_value *v)
{
	char *out = scratch;

	for (const char *p = w->p; p < w->end; p++) {
		if (*p != '_')
			*out++ = *p;
	}
	*out = '\0';
	v->type = TOML_FLOAT;
	v->u.real = strtod(scratch, NULL);
	return isfinite(v->u.real) ? true : fail(w, w->p, "this number is too large for a float");
}

static bool
read_decimal(struct word *w, char *scratch, struct toml_value *v)
{
	const char *digits = w->p + (*w->p == '+' || *w->p == '-');
	const char *p = digits, *whole;

	if (!skip_digits(w, &p, 10))
		return false;
	if (*digits == '0' && p - digits > 1)
		return fail(w, digits, "a number cannot start with 0 (octal is written 0o17)");
	whole = p;
	if (p < w->end && *p == '.') {
		p++;
		if (!skip_digits(w, &p, 10))
			return false;
	}
	if (p < w->end && (*p == 'e' || *p == 'E')) {
		p++;
		p += p < w->end && (*p == '+' || *p == '-');
		if (!skip_digits(w, &p, 10))
			return false;
	}
	if (!refuse_rest(w, p))
		return false;
	return p == whole ? read_integer(w, digits, whole, 10, v) : read_float(w, scratch, v);
}

static bool
read_number(struct word *w, char *scratch, struct toml_value *v)
{
	if (w->end - w->p >= 2 && w->p[0] == '0') {
		switch (w->p[1]) {
		case 'x':
			return read_based(w, 16, v);
		case 'o':
			return read_based(w, 8, v);
		case 'b':
			return read_based(w, 2, v);
		}
	}
	if (w->end - w->p >= 2 && w->p[0] == '.' && is_digit(w->p[1]))
		return fail(w, w->p, "a number cannot start with '.': write 0 before it");
	return read_decimal(w, scratch, v);
}

static bool
read_date(struct toml_scan *s, struct word *w, struct toml_value *v)
{
	struct toml_date date;

	if (!toml_date_read(w->p, s->end, &date))
		return fail(w, date.end, date.why);
	if (date.end < w->end)
		return fail(w, date.end, "this is no part of a date or a time");
	w->end = date.end;
	v->type = date.type;
	v->u.str.len = strlen(date.text);
	v->u.str.text = toml_tree_text(s->doc, date.text, v->u.str.len);
	return true;
}

static bool
read_name(struct word *w, struct toml_value *v)
{
	for (size_t i = 0; i < sizeof WORDS / sizeof WORDS[0]; i++) {
		if (!word_is(w, WORDS[i].name, false))
			continue;
		v->type = WORDS[i].type;
		if (v->type == TOML_BOOL)
			v->u.boolean = WORDS[i].boolean;
		else
			v->u.real = WORDS[i].real;
		return true;
	}
	for (size_t i = 0; i < sizeof NEARLY / sizeof NEARLY[0]; i++) {
		if (word_is(w, NEARLY[i].name, true))
			return fail(w, w->p, NEARLY[i].hint);
	}
	return fail(w, w->p, TEXT_HINT);
}

/* The bytes up to a blank, the end of the line or what can follow a value. */
static struct word
cut_word(const struct toml_scan *s)
{
	struct word w = {.p = s->p, .end = s->p};

	while (w.end < s->end && (unsigned char)*w.end > 0x20 && *w.end != 0x7f &&
	       memchr(",]}#", *w.end, 4) == NULL)
		w.end++;
	return w;
}

static bool
is_numeric(const struct word *w)
{
	const char *p = w->p + (*w->p == '+' || *w->p == '-');

	p += p < w->end && *p == '.';
	return p < w->end && is_digit(*p);
}

bool
toml_scalar_read(struct toml_scan *s, struct toml_value *v)
{
	struct word w = cut_word(s);
	struct toml_pos pos = toml_scan_pos(s);
	char seen[TOML_SEEN_MAX];
	bool ok;

	if (w.end == w.p || *w.p == '=')
		return toml_scan_fail(
		    s, pos, "expected a value, found %s", toml_scan_seen(s, seen));
	if ((unsigned char)*w.p >= 0x80)
		return toml_scan_fail(s, pos, "expected a value, found %s: strings need quotes",
		    toml_scan_seen(s, seen));
	if (toml_date_looks_like(w.p, w.end))
		ok = read_date(s, &w, v);
	else if (is_numeric(&w))
		ok = read_number(&w, s->scratch, v);
	else
		ok = read_name(&w, v);
	s->p = ok ? w.end : w.at;
	return ok || toml_scan_fail(s, toml_scan_pos(s), "%s", w.why);
}
