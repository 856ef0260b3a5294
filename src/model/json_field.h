/*
 * A struct's fields as JSON members, each a row: name, type, place. For what is kept on disk:
 * reading checks type and range of every field and passes over members it does not know.
 */
#ifndef MODEL_JSON_FIELD_H
#define MODEL_JSON_FIELD_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * How reading went; the worse of two is the greater. What is unknown is well-formed but says
 * something that this version has no word for: a newer one wrote it, and will want it back.
 */
enum json_read { JSON_READ_OK, JSON_READ_UNKNOWN, JSON_READ_DAMAGED };

static inline enum json_read
json_read_worse(enum json_read a, enum json_read b)
{
	return a > b ? a : b;
}

static inline enum json_read
json_read_if(bool fine)
{
	return fine ? JSON_READ_OK : JSON_READ_DAMAGED;
}

/* How a kind of field gets into JSON (NULL: left out) and back. */
struct json_type {
	json_t *(*put)(const void *at);
	enum json_read (*get)(const json_t *value, void *at, size_t cap);
};

struct json_field {
	const char *name;
	const struct json_type *type;
	size_t at, cap;
	bool required;
};

#define JSON_FIELD(owner, member, json_type, is_required)                                  \
	{                                                                                  \
		.name = #member, .type = &json_type, .at = offsetof(struct owner, member), \
		.cap = sizeof(((struct owner *)0)->member), .required = is_required        \
	}
/* A struct now: three rows. Versions before kept its wall_ms alone. */
#define JSON_MOMENT(field_name, owner, member, is_required)                                        \
	{field_name "_wall_ms", &json_field_int, offsetof(struct owner, member.wall_ms), 0,        \
	    is_required},                                                                          \
	    {field_name "_boot_ns", &json_field_boot_ns, offsetof(struct owner, member.boot_ns),   \
	        0, false},                                                                         \
	{                                                                                          \
		field_name "_boot", &json_field_int, offsetof(struct owner, member.boot), 0, false \
	}
#define JSON_LEN(array) (sizeof(array) / sizeof((array)[0]))

extern const struct json_type json_field_text; /* char[]: longer ones are refused */
extern const struct json_type json_field_real; /* double; NAN is left out, and stays as it is */
extern const struct json_type json_field_int;  /* int64_t or uint64_t, 0 to the year 9999 in ms */
extern const struct json_type json_field_boot_ns; /* int64_t, of a boot clock */
extern const struct json_type json_field_count;   /* uint32_t */
extern const struct json_type json_field_bool;

/* Bytes that are not UTF-8 become '?': as long as before, so what fitted fits again. */
json_t *json_field_string(const char *text);

json_t *json_field_put(const struct json_field *fields, size_t n, const void *from);
/* Damaged when a required one is missing, or any is of another type or out of range. */
enum json_read json_field_get(
    const struct json_field *fields, size_t n, const json_t *object, void *to);

/* The text of object, from mem; takes the object. */
char *json_field_dump(json_t *object);

/* An enumeration that goes by names: put_, get_ and the type of it. */
#define JSON_NAMED(what, type, count, name_of)                                      \
	static json_t *put_##what(const void *at)                                   \
	{                                                                           \
		return json_string(name_of(*(const type *)at));                     \
	}                                                                           \
                                                                                    \
	static enum json_read get_##what(const json_t *value, void *at, size_t cap) \
	{                                                                           \
		(void)cap;                                                          \
		if (!json_is_string(value))                                         \
			return JSON_READ_DAMAGED;                                   \
		for (int i = 0; i < (int)(count); i++) {                            \
			if (str_eq(name_of((type)i), json_string_value(value))) {   \
				*(type *)at = (type)i;                              \
				return JSON_READ_OK;                                \
			}                                                           \
		}                                                                   \
		return JSON_READ_UNKNOWN;                                           \
	}

#endif
