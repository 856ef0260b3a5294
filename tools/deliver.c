/*
 * Delivers the body on standard input once, as a runner of the courier would, and prints how it
 * ended: "OUTCOME STATUS RETRY_AFTER_MS TEXT". For the system tests and for looking at a service.
 *   deliver CHANNEL ADDRESS [options]
 * ADDRESS is a URL, the host of a mail server or the socket of a syslog daemon.
 */
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "base/stream.h"
#include "conf/keys.h"
#include "courier/runner.h"

#define BODY_MAX (1 << 20)
#define LIST_MAX 8

/* Options with one value. */
static const struct {
	const char *name;
	size_t offset;
	bool number;
} options[] = {
    {"--ca-file", offsetof(struct conf_channel, ca_file), false},
    {"--proxy", offsetof(struct conf_channel, proxy), false},
    {"--token", offsetof(struct conf_channel, token), false},
    {"--method", offsetof(struct conf_channel, method), false},
    {"--timeout", offsetof(struct conf_channel, timeout_secs), true},
    {"--from", offsetof(struct conf_channel, from), false},
    {"--login", offsetof(struct conf_channel, login), false},
    {"--password", offsetof(struct conf_channel, password), false},
    {"--port", offsetof(struct conf_channel, smtp_port), true},
    {"--thread", offsetof(struct conf_channel, thread), true},
};

/* A value by its name in the configuration. */
static bool
read_choice(const char *key_name, const char *text, void *member)
{
	const struct conf_key *key = keys_find(key_name);
	int value = keys_enum_find(key, text);

	if (value >= 0)
		keys_enum_set(key, member, value);
	return value >= 0;
}

static bool
read_value(char **argv, struct conf_channel *channel)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		char *member = (char *)channel + options[i].offset;
		const char *p = argv[1];
		uint64_t n;

		if (!str_eq(argv[0], options[i].name))
			continue;
		if (!options[i].number) {
			*(char **)(void *)member = argv[1];
			return true;
		}
		if (!str_u64(&p, p + strlen(p), &n) || n == 0 || n > 65535)
			return false;
		*(int64_t *)(void *)member = (int64_t)n;
		return true;
	}
	return false;
}

static bool
read_options(int argc, char **argv, struct conf_channel *channel)
{
	for (int i = 3; i < argc; i += 2) {
		struct string_pairs *headers = &channel->headers;

		if (str_eq(argv[i], "--plain")) {
			channel->smtp_tls = MAIL_TLS_OFF;
			i--;
		} else if (i + 2 < argc && str_eq(argv[i], "--header") && headers->len < LIST_MAX) {
			headers->items[headers->len].key = argv[i + 1];
			headers->items[headers->len++].value = argv[i + 2];
			i++;
		} else if (i + 1 < argc && str_eq(argv[i], "--to") && channel->to.len < LIST_MAX) {
			channel->to.items[channel->to.len++] = argv[i + 1];
		} else if (str_eq(argv[i], "--implicit")) {
			channel->smtp_tls = MAIL_TLS_IMPLICIT;
			i--;
		} else if (i + 1 < argc && str_eq(argv[i], "--auth")) {
			if (!read_choice("alerting.email.auth", argv[i + 1], &channel->auth))
				return false;
		} else if (i + 1 >= argc || !read_value(argv + i, channel)) {
			return false;
		}
	}
	return true;
}

int
main(int argc, char **argv)
{
	struct string_pair headers[LIST_MAX];
	char *to[LIST_MAX];
	struct conf_channel channel = {.enabled = true,
	    .headers = {headers, 0},
	    .to = {to, 0},
	    .smtp_port = 587,
	    .smtp_tls = MAIL_TLS_ON};
	struct delivery d;
	char *body;
	ssize_t len;

	if (argc < 3 || channel_find(argv[1]) == CHANNEL_COUNT ||
	    !read_options(argc, argv, &channel)) {
		fprintf(stderr,
		    "usage: deliver CHANNEL ADDRESS [--ca-file F] [--proxy P] [--timeout S] "
		    "[--method M] [--header NAME VALUE] [--token T] [--port N] [--plain | "
		    "--implicit] "
		    "[--login L] [--password P] [--auth A] [--thread N] [--from A] [--to A] < "
		    "BODY\n");
		return 2;
	}
	channel.url = channel.smtp_host = channel.socket = argv[2];
	channel.id = channel_find(argv[1]);
	len = stream_read_all(STDIN_FILENO, BODY_MAX, &body);
	if (len < 0)
		return 2;
	runner_once(&channel, "application/json", body, (size_t)len, &d);
	printf("%s %u %lld %s\n", deliver_outcome_name(d.outcome), d.status,
	    (long long)d.retry_after_ms, d.text);
	mem_free(body);
	return d.outcome == DELIVERY_DELIVERED ? 0 : 1;
}
