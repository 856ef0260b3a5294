/*
 * Reads a date, a time or both from a byte range and writes them in one normal form. Every field
 * is checked, up to the days of the month; second 60 is let through, since which minutes have a
 * leap second is not written in the document. Fractions past nanoseconds are cut.
 */
#include "toml/toml_date.h"

#include <stddef.h>
#include <stdio.h>

#define FRACTION_DIGITS 9

struct reader {
	const char *p;
	const char *end;
	const char *why; /* set by the first failure; p stays there */
};

struct fields {
	int year, month, day;
	int hour, minute, second;
	char fraction[FRACTION_DIGITS + 2]; /* with its dot, or empty */
	char offset[8];                     /* "Z", "+hh:mm" */
};

static bool
is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static bool
has_digits(const char *p, const char *end, int n, char then)
{
	if (end - p <= n || p[n] != then)
		return false;
	for (int i = 0; i < n; i++) {
		if (!is_digit(p[i]))
			return false;
	}
	return true;
}

static bool
fail(struct reader *r, const char *why)
{
	r->why = why;
	return false;
}

static bool
read_number(struct reader *r, int digits, int least, int most, int *out, const char *why)
{
	int value = 0;

	if (r->end - r->p < digits)
		return fail(r, why);
	for (int i = 0; i < digits; i++) {
		if (!is_digit(r->p[i]))
			return fail(r, why);
		value = value * 10 + (r->p[i] - '0');
	}
	if (value < least || value > most)
		return fail(r, why);
	*out = value;
	r->p += digits;
	return true;
}

static bool
read_char(struct reader *r, char c, const char *why)
{
	if (r->p == r->end || *r->p != c)
		return fail(r, why);
	r->p++;
	return true;
}

static int
days_in_month(int year, int month)
{
	static const int DAYS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return DAYS[month - 1] + (month == 2 && leap);
}

static bool
read_date(struct reader *r, struct fields *f)
{
	static const char *const SHAPE = "a date is written yyyy-mm-dd";

	return read_number(r, 4, 0, 9999, &f->year, SHAPE) && read_char(r, '-', SHAPE) &&
	       read_number(r, 2, 1, 12, &f->month, "expected a month, 01 to 12") &&
	       read_char(r, '-', SHAPE) &&
	       read_number(r, 2, 1, days_in_month(f->year, f->month), &f->day,
	           "expected a day that this month has, in two digits");
}

static bool
read_fraction(struct reader *r, struct fields *f)
{
	size_t n = 0;

	if (r->p == r->end || *r->p != '.')
		return true;
	r->p++;
	if (r->p == r->end || !is_digit(*r->p))
		return fail(r, "expected a digit of the seconds' fraction");
	f->fraction[n++] = '.';
	for (; r->p < r->end && is_digit(*r->p); r->p++) {
		if (n <= FRACTION_DIGITS)
			f->fraction[n++] = *r->p;
	}
	while (f->fraction[n - 1] == '0')
		n--;
	f->fraction[n > 1 ? n : 0] = '\0';
	return true;
}

static bool
read_time(struct reader *r, struct fields *f)
{
	static const char *const SHAPE = "a time is written hh:mm:ss";

	return read_number(r, 2, 0, 23, &f->hour, "expected an hour, 00 to 23") &&
	       read_char(r, ':', SHAPE) &&
	       read_number(r, 2, 0, 59, &f->minute, "expected a minute, 00 to 59") &&
	       read_char(r, ':', SHAPE) &&
	       read_number(
	           r, 2, 0, 60, &f->second, "expected a second, 00 to 59 (60 for a leap second)") &&
	       read_fraction(r, f);
}

/* Leaves offset empty if there is none. */
static bool
read_offset(struct reader *r, struct fields *f)
{
	static const char *const SHAPE = "an offset is written Z, +hh:mm or -hh:mm";
	int hour, minute;
	char sign = r->p < r->end ? *r->p : '\0';

	if (sign == 'Z' || sign == 'z') {
		r->p++;
		f->offset[0] = 'Z';
		return true;
	}
	if (sign != '+' && sign != '-')
		return true;
	r->p++;
	if (!read_number(r, 2, 0, 23, &hour, SHAPE) || !read_char(r, ':', SHAPE) ||
	    !read_number(r, 2, 0, 59, &minute, SHAPE))
		return false;
	if (hour == 0 && minute == 0)
		sign = 'Z';
	snprintf(f->offset, sizeof f->offset, sign == 'Z' ? "Z" : "%c%02u:%02u", sign,
	    (unsigned)hour % 100, (unsigned)minute % 100);
	return true;
}

/* A 'T' or, when a time follows, a space. */
static bool
take_separator(struct reader *r)
{
	if (r->p == r->end)
		return false;
	if (*r->p == 'T' || *r->p == 't') {
		r->p++;
		return true;
	}
	if (*r->p != ' ' || r->end - r->p < 2 || !is_digit(r->p[1]))
		return false;
	r->p++;
	return true;
}

static bool
read_all(struct reader *r, struct fields *f, enum toml_type *type)
{
	if (has_digits(r->p, r->end, 2, ':')) {
		*type = TOML_LOCAL_TIME;
		return read_time(r, f);
	}
	*type = TOML_LOCAL_DATE;
	if (!read_date(r, f))
		return false;
	if (!take_separator(r))
		return true;
	if (!read_time(r, f) || !read_offset(r, f))
		return false;
	*type = f->offset[0] != '\0' ? TOML_DATETIME : TOML_LOCAL_DATETIME;
	return true;
}

bool
toml_date_looks_like(const char *p, const char *end)
{
	return has_digits(p, end, 4, '-') || has_digits(p, end, 2, ':');
}

bool
toml_date_read(const char *p, const char *end, struct toml_date *out)
{
	struct reader r = {.p = p, .end = end};
	struct fields f = {0};
	bool ok = read_all(&r, &f, &out->type);
	int n = 0;

	out->end = r.p;
	out->why = r.why;
	if (!ok)
		return false;
	if (out->type != TOML_LOCAL_TIME)
		n = snprintf(out->text, sizeof out->text, "%04d-%02d-%02d", f.year, f.month, f.day);
	if (out->type != TOML_LOCAL_DATE)
		snprintf(out->text + n, sizeof out->text - (size_t)n, "%s%02d:%02d:%02d%s%s",
		    n > 0 ? "T" : "", f.hour, f.minute, f.second, f.fraction, f.offset);
	return true;
}
