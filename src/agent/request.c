/*
 * A line of the control socket to a request. The line may be any bytes: what is not UTF-8 without
 * control characters, not in the table or of another number of fields is refused with a reason that
 * repeats nothing of it.
 */
#include "agent/request.h"

#include <stdbool.h>
#include <string.h>

#include "base/str.h"

static const struct row {
	const char *verb, *object;
	size_t args;
	enum request_kind kind;
} rows[] = {
    {"status", "json", 0, REQUEST_STATUS_JSON},
    {"status", "nagios", 0, REQUEST_STATUS_NAGIOS},
    {"status", "table", 1, REQUEST_STATUS_TABLE},
    {"status", "colour", 1, REQUEST_STATUS_COLOUR},
    {"silence", "list", 0, REQUEST_SILENCE_LIST},
    {"silence", "add", 4, REQUEST_SILENCE_ADD},
    {"silence", "force", 4, REQUEST_SILENCE_FORCE},
    {"silence", "remove", 1, REQUEST_SILENCE_REMOVE},
};

static bool
is_plain(const char *line, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)line[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return false;
	}
	return str_utf8_valid(line, len);
}

/* The field at *p, which moves to the next; "" when there is none. */
static const char *
take_field(char **p)
{
	char *field = *p, *tab = strchr(field, '\t');

	*p = tab == NULL ? field + strlen(field) : tab + 1;
	if (tab != NULL)
		*tab = '\0';
	return field;
}

static size_t
count_tabs(const char *p)
{
	size_t n = 0;

	while ((p = strchr(p, '\t')) != NULL) {
		n++;
		p++;
	}
	return n;
}

const char *
request_parse(char *line, size_t len, struct request *out)
{
	const char *verb, *object;
	size_t tabs;
	char *p = line;

	if (len >= REQUEST_MAX)
		return "the request is too long";
	if (!is_plain(line, len))
		return "the request is not one line of plain text";
	line[len] = '\0';
	tabs = count_tabs(line);
	verb = take_field(&p);
	object = take_field(&p);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!str_eq(rows[i].verb, verb) || !str_eq(rows[i].object, object))
			continue;
		if (tabs != rows[i].args + 1)
			return "the request has not the right number of fields";
		out->kind = rows[i].kind;
		for (size_t a = 0; a < REQUEST_ARGS; a++)
			out->args[a] = a < rows[i].args ? take_field(&p) : "";
		return NULL;
	}
	return "there is no such request";
}
