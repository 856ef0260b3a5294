/*
 * Delivers the body on standard input once, as a runner of the courier would, and prints how it
 * ended: "OUTCOME STATUS RETRY_AFTER_MS TEXT". For the system tests and for looking at a service.
 *   deliver CHANNEL URL [--ca-file F] [--proxy P] [--timeout S] [--method M] [--header NAME VALUE]
 *     [--token T]
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/str.h"
#include "courier/deliver.h"

#define BODY_MAX (1 << 20)
#define HEADERS_MAX 8

/* True if argv[i] is the option; its n values follow. */
static bool
is_option(int argc, char **argv, int i, const char *name, int n)
{
	return str_eq(argv[i], name) && i + n < argc;
}

static bool
read_options(int argc, char **argv, struct conf_channel *channel, struct string_pair *headers)
{
	for (int i = 3; i < argc; i += 2) {
		const char *p;
		uint64_t secs;

		if (is_option(argc, argv, i, "--ca-file", 1)) {
			channel->ca_file = argv[i + 1];
		} else if (is_option(argc, argv, i, "--proxy", 1)) {
			channel->proxy = argv[i + 1];
		} else if (is_option(argc, argv, i, "--token", 1)) {
			channel->token = argv[i + 1];
		} else if (is_option(argc, argv, i, "--method", 1)) {
			channel->method = argv[i + 1];
		} else if (is_option(argc, argv, i, "--timeout", 1)) {
			p = argv[i + 1];
			if (!str_u64(&p, p + strlen(p), &secs) || secs == 0 || secs > 3600)
				return false;
			channel->timeout_secs = (int64_t)secs;
		} else if (is_option(argc, argv, i, "--header", 2) &&
		           channel->headers.len < HEADERS_MAX) {
			headers[channel->headers.len].key = argv[i + 1];
			headers[channel->headers.len++].value = argv[i + 2];
			i++;
		} else {
			return false;
		}
	}
	return true;
}

int
main(int argc, char **argv)
{
	struct string_pair headers[HEADERS_MAX];
	struct conf_channel channel = {.enabled = true, .headers = {headers, 0}};
	struct delivery d;
	char *body;
	ssize_t len;

	if (argc < 3 || channel_find(argv[1]) == CHANNEL_COUNT ||
	    !read_options(argc, argv, &channel, headers)) {
		fprintf(stderr,
		    "usage: deliver CHANNEL URL [--ca-file F] [--proxy P] [--timeout S] "
		    "[--method M] [--header NAME VALUE] [--token T] < BODY\n");
		return 2;
	}
	channel.url = argv[2];
	channel.id = channel_find(argv[1]);
	len = io_read_stream(STDIN_FILENO, BODY_MAX, &body);
	if (len < 0)
		return 2;
	deliver_once(&channel, "application/json", body, (size_t)len, 0, &d);
	printf("%s %u %lld %s\n", deliver_outcome_name(d.outcome), d.status,
	    (long long)d.retry_after_ms, d.text);
	mem_free(body);
	return d.outcome == WIRE_DELIVERED ? 0 : 1;
}
