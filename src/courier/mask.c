/*
 * Replaces a channel's secrets by stars in text from outside: a service's error text, or libcurl's,
 * can repeat what was sent, the address with its token. The text is not trusted to be text, and may
 * be cut in the middle of a secret.
 */
#include "courier/mask.h"

#include <string.h>

#include "base/str.h"

#define PART_MIN 8  /* shorter parts of a path are words like "api" and "hooks" */
#define WHOLE_MIN 4 /* shorter values hide nothing and would riddle the text with stars */
#define STARS "***"

/* Long parts of well-known paths that services' errors are made of, too ("no_service"). */
static const char *const open_words[] = {"services", "webhooks", "sendMessage"};

static bool
is_open_word(const char *text, size_t len)
{
	for (size_t i = 0; i < sizeof(open_words) / sizeof(open_words[0]); i++) {
		if (strlen(open_words[i]) == len && memcmp(open_words[i], text, len) == 0)
			return true;
	}
	return false;
}

static void
add_word(struct mask *mask, const char *text, size_t len, size_t min)
{
	if (len < min || mask->count == MASK_WORDS_MAX || is_open_word(text, len))
		return;
	mask->words[mask->count++] = (struct mask_word){text, len};
}

/* The pieces of text between any of the separators. */
static void
add_parts(struct mask *mask, const char *text, size_t len, const char *separators, size_t min)
{
	size_t start = 0;

	for (size_t i = 0; i <= len; i++) {
		if (i < len && strchr(separators, text[i]) == NULL)
			continue;
		add_word(mask, text + start, i - start, min);
		start = i + 1;
	}
}

static void
add_url(struct mask *mask, const char *url)
{
	const char *host = strstr(url, "://");
	size_t host_len;
	const char *at, *path;

	if (url[0] == '\0')
		return;
	host = host == NULL ? url : host + 3;
	host_len = strcspn(host, "/?#");
	path = host + host_len;
	at = memchr(host, '@', host_len);
	/* "http://host:80" and no more is no secret */
	if (at == NULL && strlen(path) < 2)
		return;
	add_word(mask, url, strlen(url), WHOLE_MIN);
	if (at != NULL) {
		add_word(mask, host, (size_t)(at - host), WHOLE_MIN);
		add_parts(mask, host, (size_t)(at - host), ":", WHOLE_MIN);
	}
	add_word(mask, path, strlen(path), WHOLE_MIN);
	add_parts(mask, path, strlen(path), "/?&=#", PART_MIN);
}

void
mask_add_word(struct mask *mask, const char *text)
{
	add_word(mask, text, strlen(text), WHOLE_MIN);
}

void
mask_init(struct mask *mask, const struct conf_channel *channel)
{
	mask->count = 0;
	add_url(mask, channel->url == NULL ? "" : channel->url);
	add_url(mask, channel->proxy == NULL ? "" : channel->proxy);
	if (channel->token != NULL) {
		add_word(mask, channel->token, strlen(channel->token), WHOLE_MIN);
		add_parts(mask, channel->token, strlen(channel->token), ":", PART_MIN);
	}
	mask_add_word(mask, channel->password == NULL ? "" : channel->password);
	for (size_t i = 0; i < channel->headers.len; i++) {
		const char *value = channel->headers.items[i].value;

		add_word(mask, value, strlen(value), WHOLE_MIN);
		add_parts(mask, value, strlen(value), " :,;=", PART_MIN);
	}
}

/*
 * Length of the longest secret at p, of which the text may hold the first bytes only when it ends
 * there (it was cut, or its writer cut it); 0: none.
 */
static size_t
secret_len(const struct mask *mask, const char *p, size_t len)
{
	size_t longest = 0;

	for (size_t i = 0; i < mask->count; i++) {
		const struct mask_word *word = &mask->words[i];
		size_t n = word->len < len ? word->len : len;

		if (n > longest && (n == word->len || n >= WHOLE_MIN) &&
		    memcmp(p, word->text, n) == 0)
			longest = n;
	}
	return longest;
}

void
mask_add(const struct mask *mask, struct buf *b, const char *text, size_t len)
{
	for (size_t i = 0; i < len && !b->full;) {
		size_t n = secret_len(mask, text + i, len - i);

		if (n > 0) {
			buf_adds(b, STARS);
			i += n;
			continue;
		}
		n = str_utf8_len(text + i, len - i);
		n = n == 0 ? 1 : n;
		if (b->cap - 1 - b->len < n) { /* no half characters */
			b->full = true;
			return;
		}
		if (text[i] == '\n' || text[i] == '\r' || text[i] == '\t')
			buf_addc(b, ' ');
		else
			buf_add_visible(b, text + i, n);
		i += n;
	}
}
