/*
 * Struct fields to JSON members and back. What is read was written by this program, but disks and
 * people damage files: anything of the wrong type or out of range refuses the whole. A word that is
 * not known is told apart: a newer version wrote it.
 */
#include "model/json_field.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"

#define BOOT_NS_MAX (INT64_MAX / 4)
#define WALL_MS_MAX 253402300799999LL /* end of the year 9999 */

json_t *
json_field_string(const char *text)
{
	size_t len = strlen(text), n;
	char *copy;
	json_t *value;

	if (str_utf8_valid(text, len))
		return json_stringn(text, len);
	copy = mem_strndup(text, len);
	for (size_t i = 0; i < len; i += n) {
		n = str_utf8_len(copy + i, len - i);
		if (n == 0) {
			copy[i] = '?';
			n = 1;
		}
	}
	value = json_stringn(copy, len);
	mem_free(copy);
	return value;
}

static json_t *
put_text(const void *at)
{
	return json_field_string(at);
}

static enum json_read
get_text(const json_t *value, void *at, size_t cap)
{
	return json_read_if(json_is_string(value) && str_copy(at, cap, json_string_value(value)));
}

static json_t *
put_real(const void *at)
{
	double value;

	memcpy(&value, at, sizeof(value));
	return isfinite(value) ? json_real(value) : NULL;
}

static enum json_read
get_real(const json_t *value, void *at, size_t cap)
{
	double number = json_number_value(value);

	(void)cap;
	memcpy(at, &number, sizeof(number));
	return json_read_if(json_is_number(value) && isfinite(number));
}

static json_t *
put_int(const void *at)
{
	int64_t value;

	memcpy(&value, at, sizeof(value));
	return json_integer(value);
}

/* Ids, times and spans: none is negative, and a time past the year 9999 is none. */
static enum json_read
get_int(const json_t *value, void *at, size_t cap)
{
	int64_t number = json_integer_value(value);

	(void)cap;
	memcpy(at, &number, sizeof(number));
	return json_read_if(json_is_integer(value) && number >= 0 && number <= WALL_MS_MAX);
}

/* A moment before this boot is below 0. */
static enum json_read
get_boot_ns(const json_t *value, void *at, size_t cap)
{
	int64_t number = json_integer_value(value);

	(void)cap;
	memcpy(at, &number, sizeof(number));
	return json_read_if(
	    json_is_integer(value) && number >= -BOOT_NS_MAX && number <= BOOT_NS_MAX);
}

static json_t *
put_count(const void *at)
{
	return json_integer(*(const uint32_t *)at);
}

static enum json_read
get_count(const json_t *value, void *at, size_t cap)
{
	json_int_t number = json_integer_value(value);

	(void)cap;
	*(uint32_t *)at = (uint32_t)number;
	return json_read_if(json_is_integer(value) && number >= 0 && number <= UINT32_MAX);
}

static json_t *
put_bool(const void *at)
{
	return json_boolean(*(const bool *)at);
}

static enum json_read
get_bool(const json_t *value, void *at, size_t cap)
{
	(void)cap;
	*(bool *)at = json_is_true(value);
	return json_read_if(json_is_boolean(value));
}

const struct json_type json_field_text = {put_text, get_text};
const struct json_type json_field_real = {put_real, get_real};
const struct json_type json_field_int = {put_int, get_int};
const struct json_type json_field_boot_ns = {put_int, get_boot_ns};
const struct json_type json_field_count = {put_count, get_count};
const struct json_type json_field_bool = {put_bool, get_bool};

json_t *
json_field_put(const struct json_field *fields, size_t n, const void *from)
{
	json_t *object = json_object();

	for (size_t i = 0; i < n; i++) {
		json_t *value = fields[i].type->put((const char *)from + fields[i].at);

		if (value != NULL)
			json_object_set_new(object, fields[i].name, value);
	}
	return object;
}

enum json_read
json_field_get(const struct json_field *fields, size_t n, const json_t *object, void *to)
{
	enum json_read worst = JSON_READ_OK;

	for (size_t i = 0; i < n; i++) {
		const json_t *value = json_object_get(object, fields[i].name);
		enum json_read read = JSON_READ_OK;

		if (value != NULL)
			read = fields[i].type->get(value, (char *)to + fields[i].at, fields[i].cap);
		else if (fields[i].required)
			read = JSON_READ_DAMAGED;
		worst = json_read_worse(worst, read);
	}
	return worst;
}

char *
json_field_dump(json_t *object)
{
	size_t len = json_dumpb(object, NULL, 0, JSON_COMPACT);
	char *text = mem_zalloc(len + 1, 1);

	json_dumpb(object, text, len, JSON_COMPACT);
	json_decref(object);
	return text;
}
