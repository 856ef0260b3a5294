/*
 * Checks the shape of strings in the configuration: URLs, names, tokens, mail addresses. Pure
 * functions over bytes that are known to be UTF-8 and without a NUL; nothing else is known of them.
 * Addresses are taken stricter than RFC 5321: no quoted local parts, no comments, ASCII only, so
 * that one can be put into a command or a header as it stands.
 */
#include "conf/string_check.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "conf/conf.h"

#define LOCAL_PART_MAX 64 /* bytes before the @ of an address (RFC 5321) */
#define DOMAIN_MAX 253

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Not empty, and made of letters, digits and the others given. */
static bool
is_made_of(const char *text, const char *others)
{
	if (*text == '\0')
		return false;
	for (; *text != '\0'; text++) {
		if (!is_letter(*text) && !is_digit(*text) && strchr(others, *text) == NULL)
			return false;
	}
	return true;
}

bool
string_check_is_plain(const char *text)
{
	for (; *text != '\0'; text++) {
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return false;
	}
	return true;
}

bool
string_check_is_lines(const char *text)
{
	for (; *text != '\0'; text++) {
		if (((unsigned char)*text < 0x20 && *text != '\n' && *text != '\t') ||
		    *text == 0x7f)
			return false;
	}
	return true;
}

const char *
string_check_filled(const char *text)
{
	return *text == '\0' ? "must not be empty" : NULL;
}

const char *
string_check_user(const char *text)
{
	return is_made_of(text, "_-.$")
	           ? NULL
	           : "must be the name of a user (letters, digits, '-', '_', '.')";
}

const char *
string_check_hostname(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == ' ')
			return "must not contain spaces";
	}
	return NULL;
}

const char *
string_check_label_key(const char *text)
{
	if (!is_made_of(text, "_") || is_digit(*text))
		return "has a key that is no label name: use letters, digits and '_', not starting "
		       "with a digit";
	return NULL;
}

/* The host is len bytes, an IPv6 address without its brackets. */
static bool
is_local(const char *host, size_t len)
{
	return (len == 9 && strncasecmp(host, "localhost", len) == 0) ||
	       (len == 3 && memcmp(host, "::1", len) == 0) ||
	       (len > 4 && memcmp(host, "127.", 4) == 0 && strspn(host, "0123456789.") >= len);
}

bool
string_check_is_local_host(const char *host)
{
	return is_local(host, strlen(host));
}

/* Splits "scheme://user@host:port/..." into the host with its brackets; false if it is no URL. */
static bool
find_host(const char *url, const char **host, size_t *len)
{
	const char *p = strstr(url, "://"), *end, *at;

	if (p == NULL)
		return false;
	p += 3;
	end = p + strcspn(p, "/?#");
	at = memrchr(p, '@', (size_t)(end - p));
	if (at != NULL)
		p = at + 1;
	*host = p;
	if (*p == '[') {
		const char *close = memchr(p, ']', (size_t)(end - p));

		if (close == NULL)
			return false;
		*len = (size_t)(close + 1 - p);
	} else {
		*len = strcspn(p, ":/?#");
	}
	return *len > 0 && (p[*len] != ':' || is_digit(p[*len + 1])) &&
	       strchr(":/?#", p[*len]) != NULL;
}

static const char *
check_url(const char *text, const char *const schemes[], const char *complaint)
{
	const char *host;
	size_t len;
	bool known = false;

	for (size_t i = 0; schemes[i] != NULL; i++)
		known = known || strncasecmp(text, schemes[i], strlen(schemes[i])) == 0;
	if (!known)
		return complaint;
	for (const char *p = text; *p != '\0'; p++) {
		if (*p == ' ' || (unsigned char)*p >= 0x7f)
			return "must not contain spaces or characters that are not ASCII: write "
			       "them as %20 and the like";
	}
	return find_host(text, &host, &len) ? NULL : "must name a host after ://";
}

const char *
string_check_url(const char *text)
{
	static const char *const schemes[] = {"http://", "https://", NULL};

	return *text == '\0' ? NULL
	                     : check_url(text, schemes, "must start with https:// (or http://)");
}

const char *
string_check_secure_url(const char *text)
{
	const char *wrong = string_check_url(text), *host;
	size_t len;

	if (wrong != NULL || *text == '\0' || strncasecmp(text, "https://", 8) == 0)
		return wrong;
	if (find_host(text, &host, &len) &&
	    (*host == '[' ? is_local(host + 1, len - 2) : is_local(host, len)))
		return NULL;
	return "must start with https://";
}

const char *
string_check_base_url(const char *text)
{
	const char *wrong = string_check_url(text);

	if (wrong == NULL && strpbrk(text, "?#") != NULL)
		return "must not have a query or a fragment";
	return wrong;
}

const char *
string_check_secure_base_url(const char *text)
{
	const char *wrong = string_check_secure_url(text);

	return wrong != NULL ? wrong : string_check_base_url(text);
}

const char *
string_check_topic_url(const char *text)
{
	const char *wrong = string_check_base_url(text), *host, *topic;
	size_t len;

	if (wrong != NULL || *text == '\0')
		return wrong;
	topic = find_host(text, &host, &len) ? strrchr(host, '/') : NULL;
	if (topic == NULL || strlen(topic + 1) > 64 || !is_made_of(topic + 1, "-_"))
		return "must end in the name of a topic: letters, digits, '-' and '_', at most 64";
	return NULL;
}

const char *
string_check_token(const char *text)
{
	return *text == '\0' || is_made_of(text, "-._~+/=:")
	           ? NULL
	           : "must be a token: letters, digits and -._~+/=:";
}

/* "123456789:AAF-x_y" */
const char *
string_check_bot_token(const char *text)
{
	size_t digits = strspn(text, "0123456789");

	return *text == '\0' ||
	               (digits > 0 && text[digits] == ':' && is_made_of(text + digits + 1, "-_"))
	           ? NULL
	           : "must be a bot's token: its number, ':' and letters, digits, '-' or '_'";
}

const char *
string_check_chat(const char *text)
{
	const char *digits = *text == '-' ? text + 1 : text;

	if (*text == '\0' || (*text == '@' && is_made_of(text + 1, "_")) ||
	    (*digits != '\0' && digits[strspn(digits, "0123456789")] == '\0'))
		return NULL;
	return "must be the number of a chat, or '@' and the name of a public channel";
}

const char *
string_check_proxy(const char *text)
{
	static const char *const schemes[] = {
	    "http://", "https://", "socks5://", "socks5h://", NULL};

	return *text == '\0' ? NULL
	                     : check_url(text, schemes,
	                           "must start with http://, https://, socks5:// or socks5h://");
}

const char *
string_check_method(const char *text)
{
	static const char *const methods[] = {"POST", "PUT", "PATCH"};

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		if (str_eq(text, methods[i]))
			return NULL;
	}
	return "must be \"POST\", \"PUT\" or \"PATCH\"";
}

const char *
string_check_header_key(const char *text)
{
	return is_made_of(text, "!#$%&'*+-.^_`|~") ? NULL : "has a key that is no HTTP header name";
}

const char *
string_check_collector(const char *text)
{
	if (str_eq(text, "log"))
		return "names \"log\", which is not supported yet: leave it out";
	for (unsigned i = 0; i < COLLECTOR_COUNT; i++) {
		if (str_eq(text, conf_collector_name(i)))
			return NULL;
	}
	return "must name collectors: cpu, memory, disk, network, process, fd, kernel";
}

const char *
string_check_path(const char *text)
{
	return *text == '/' ? NULL : "must be a path from the root (/...)";
}

const char *
string_check_channel(const char *text)
{
	if (str_eq(text, "default") || channel_find(text) != CHANNEL_COUNT)
		return NULL;
	return "has a key that is neither \"default\" nor the name of a channel";
}

/* Atoms with single dots between them, of letters, digits and the others given. */
static bool
is_dotted(const char *text, size_t len, const char *others)
{
	char before = '.';

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '.' ? before == '.'
		                   : !is_letter(text[i]) && !is_digit(text[i]) &&
		                         (text[i] == '\0' || strchr(others, text[i]) == NULL))
			return false;
		before = text[i];
	}
	return len > 0 && before != '.';
}

static bool
is_mailbox(const char *text, size_t len)
{
	const char *at = memchr(text, '@', len);
	size_t local = at == NULL ? 0 : (size_t)(at - text);

	return at != NULL && local <= LOCAL_PART_MAX && len - local - 1 <= DOMAIN_MAX &&
	       is_dotted(text, local, "!#$%&'*+-/=?^_`{|}~") &&
	       is_dotted(at + 1, len - local - 1, "-");
}

struct string_check_address
string_check_split_address(const char *text)
{
	struct string_check_address a = {.mailbox = text, .mailbox_len = strlen(text)};
	const char *open = strrchr(text, '<');

	if (open == NULL || text[a.mailbox_len - 1] != '>')
		return a;
	a.mailbox = open + 1;
	a.mailbox_len = strlen(open + 1) - 1;
	a.name = text;
	a.name_len = (size_t)(open - text);
	while (*a.name == ' ' || *a.name == '"') { /* the '<' ends it */
		a.name++;
		a.name_len--;
	}
	while (a.name_len > 0 && strchr(" \"", a.name[a.name_len - 1]) != NULL)
		a.name_len--;
	return a;
}

const char *
string_check_address(const char *text)
{
	struct string_check_address a = string_check_split_address(text);

	if (*text == '\0' || is_mailbox(a.mailbox, a.mailbox_len))
		return NULL;
	return "must be a mail address: \"name@example.org\" or \"Name <name@example.org>\"";
}

const char *
string_check_host(const char *text)
{
	size_t len = strlen(text);

	if (len == 0 || is_dotted(text, len, "-_") ||
	    (strchr(text, ':') != NULL && strspn(text, "0123456789abcdefABCDEF:.") == len))
		return NULL;
	return "must be the name or address of a host, without scheme and port";
}
