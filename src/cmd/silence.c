/*
 * silence: the operator's words to a request. What a match means is for the agent to say; here only
 * its form is looked at.
 */
#include <stdio.h>
#include <string.h>

#include "agent/request.h"
#include "base/buf.h"
#include "base/str.h"
#include "cmd/cmd.h"

#define DEFAULT_SECS (2 * 3600)
#define LONGEST_SECS (366LL * 86400)

/* "45s", "30m", "2h", "1d12h": seconds, or 0 when it is nothing of the kind. */
static int64_t
parse_span(const char *text)
{
	static const struct {
		char unit;
		int64_t secs;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};
	const char *p = text, *end = text + strlen(text);
	int64_t total = 0;

	while (p < end) {
		int64_t secs = 0;
		uint64_t n;

		if (!str_u64(&p, end, &n) || n > LONGEST_SECS)
			return 0;
		for (size_t i = 0; p < end && i < sizeof(units) / sizeof(units[0]); i++) {
			if (*p == units[i].unit)
				secs = units[i].secs;
		}
		if (secs == 0)
			return 0;
		p++;
		total += (int64_t)n * secs;
		if (total > LONGEST_SECS)
			return 0;
	}
	return total;
}

static bool
is_plain(const char *text)
{
	for (; *text != '\0'; text++) {
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return false;
	}
	return true;
}

static int
refuse(const char *what)
{
	fprintf(stderr, "sysops-agent: silence: %s\n", what);
	return EXIT_USAGE;
}

/* Minutes or seconds? The one who wrote the number knows. */
static int
refuse_span(const char *span)
{
	const char *p = span, *end = span + strlen(span);
	char text[96];
	uint64_t n;

	if (!str_u64(&p, end, &n) || p != end || n == 0 || n > LONGEST_SECS)
		return refuse("--for takes a time like 30m, 2h or 1d, at most a year");
	snprintf(text, sizeof(text), "--for %s has no unit: %sm are minutes, %sh hours, %sd days",
	    span, span, span, span);
	return refuse(text);
}

static int
add(const struct cmd_args *args)
{
	int64_t secs = args->span == NULL ? DEFAULT_SECS : parse_span(args->span);
	const char *comment = args->comment == NULL ? "" : args->comment;
	char line[REQUEST_MAX];
	struct buf b;

	if (args->operands[1] == NULL)
		return refuse("add what? e.g. silence add 'disk.*{mountpoint=/backup*}' --for 2h");
	if (secs <= 0)
		return refuse_span(args->span);
	if (!is_plain(args->operands[1]) || !is_plain(comment))
		return refuse("no tabs, line breaks or other control characters, please");
	buf_init(&b, line, sizeof(line));
	buf_addf(&b, "silence\t%s\t%lld\t%s\t%s\t%s", args->force != NULL ? "force" : "add",
	    (long long)secs, args->allow_critical != NULL ? "minor" : "all", comment,
	    args->operands[1]);
	return b.full ? refuse("that is too long") : cmd_ask(args, line);
}

static int
list(const struct cmd_args *args)
{
	return cmd_ask(args, "silence\tlist");
}

static int
drop(const struct cmd_args *args)
{
	char line[REQUEST_MAX];
	struct buf b;

	if (args->operands[1] == NULL || !is_plain(args->operands[1]))
		return refuse("remove which? silence list shows their numbers");
	buf_init(&b, line, sizeof(line));
	buf_addf(&b, "silence\tremove\t%s", args->operands[1]);
	return b.full ? refuse("that is too long") : cmd_ask(args, line);
}

int
cmd_silence(const struct cmd_args *args)
{
	static const struct {
		const char *verb;
		bool takes_options, takes_operand;
		int (*run)(const struct cmd_args *args);
	} verbs[] = {
	    {"add", true, true, add}, {"list", false, false, list}, {"remove", false, true, drop}};
	const char *verb = args->operands[0] == NULL ? "" : args->operands[0];

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (!str_eq(verbs[i].verb, verb))
			continue;
		if (!verbs[i].takes_options &&
		    (args->span != NULL || args->comment != NULL || args->allow_critical != NULL ||
		        args->force != NULL))
			return refuse(
			    "--for, --comment, --allow-critical and --force go with silence add");
		if (!verbs[i].takes_operand && args->operands[1] != NULL)
			return refuse("list takes no argument");
		return verbs[i].run(args);
	}
	return refuse("add MATCH, list, or remove ID");
}
