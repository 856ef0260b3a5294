/*
 * Shapes of mail addresses and of the hosts that take mail. Stricter than RFC 5321: no quoted local
 * parts, no comments, no letters beyond ASCII, so that an address can be put into a command or a
 * header as it stands.
 */
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "conf/string_check.h"

#define LOCAL_MAX 64
#define DOMAIN_MAX 253

static bool
is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Atoms with single dots between them, of letters, digits and the others given. */
static bool
is_dotted(const char *text, size_t len, const char *others)
{
	char before = '.';

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '.' ? before == '.'
		                   : !is_alnum(text[i]) &&
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

	return at != NULL && local <= LOCAL_MAX && len - local - 1 <= DOMAIN_MAX &&
	       is_dotted(text, local, "!#$%&'*+-/=?^_`{|}~") &&
	       is_dotted(at + 1, len - local - 1, "-");
}

struct string_check_address
string_check_split_address(const char *text)
{
	struct string_check_address a = {.mailbox = text, .mailbox_len = strlen(text)};
	const char *open = strrchr(text, '<');

	if (open == NULL || a.mailbox_len == 0 || text[a.mailbox_len - 1] != '>')
		return a;
	a.mailbox = open + 1;
	a.mailbox_len = strlen(open + 1) - 1;
	a.name = text;
	a.name_len = (size_t)(open - text);
	while (a.name_len > 0 && (*a.name == ' ' || *a.name == '"')) {
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

bool
string_check_is_local_host(const char *host)
{
	return strcasecmp(host, "localhost") == 0 || str_eq(host, "::1") ||
	       (str_starts(host, "127.") && strspn(host, "0123456789.") == strlen(host));
}
