/*
 * What a client of the control socket asks for: one line, its fields separated by tabs.
 *
 *	status  json|nagios
 *	status  table|colour  COLUMNS
 *	silence list
 *	silence add  SECONDS  all|minor  COMMENT  MATCH
 *	silence force  SECONDS  all|minor  COMMENT  MATCH
 *	silence remove  ID
 *
 * The answer is a line "ok", or "error " and a reason, then the text, to the end of file. The text
 * of a status begins with a line of its own: the number of its verdict (enum verdict_level).
 */
#ifndef AGENT_REQUEST_H
#define AGENT_REQUEST_H

#include <stddef.h>

#define REQUEST_MAX 1024 /* bytes of a line, its newline included */
#define REQUEST_ARGS 4

enum request_kind {
	REQUEST_STATUS_JSON,
	REQUEST_STATUS_NAGIOS, /* one line, as monitoring plugins write it */
	REQUEST_STATUS_TABLE,  /* columns of the reader's terminal */
	REQUEST_STATUS_COLOUR, /* the same with colours */
	REQUEST_SILENCE_LIST,
	REQUEST_SILENCE_ADD,   /* seconds, what it covers, comment (may be empty), match */
	REQUEST_SILENCE_FORCE, /* the same, whatever the match names */
	REQUEST_SILENCE_REMOVE,
};

struct request {
	enum request_kind kind;
	const char *args[REQUEST_ARGS]; /* inside the line; "" where it has none */
};

/*
 * Reads len bytes without their newline; line has room for a NUL after them, and is cut into
 * pieces. NULL, or what is wrong with it.
 */
const char *request_parse(char *line, size_t len, struct request *out);

#endif
