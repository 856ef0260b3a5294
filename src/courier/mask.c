/*
 * Replaces a channel's secrets by stars in text from outside: a service's error text, or libcurl's,
 * can repeat what was sent, the address with its token. The text is not trusted to be text, and may
 * be cut in the middle of a secret.
 */
#include "courier/mask.h"

#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "courier/secret_form.h"

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
push(struct mask *mask, const char *text, size_t len)
{
	mask->words = mem_grow(mask->words, mask->count, &mask->cap, sizeof(*mask->words));
	mask->words[mask->count++] = (struct mask_word){text, len};
}

/* The secret in all its forms. */
static void
add_word(struct mask *mask, const char *text, size_t len, size_t min)
{
	if (len < min || is_open_word(text, len))
		return;
	push(mask, text, len);
	for (size_t i = 0; i < secret_form_count; i++) {
		struct buf form;

		buf_init(&form, arena_alloc(mask->derived, SECRET_FORM_BYTES(len), 1),
		    SECRET_FORM_BYTES(len));
		secret_forms[i](&form, text, len);
		if (form.len != len || memcmp(form.data, text, len) != 0)
			push(mask, form.data, form.len);
	}
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

/* "user:password" of a URL, as it stands there and as it is meant: so a login has it. */
static void
add_user(struct mask *mask, const char *text, size_t len)
{
	struct buf meant;

	buf_init(&meant, arena_alloc(mask->derived, len + 1, 1), len + 1);
	secret_form_decode(&meant, text, len);
	add_word(mask, text, len, WHOLE_MIN);
	add_parts(mask, text, len, ":", WHOLE_MIN);
	add_word(mask, meant.data, meant.len, WHOLE_MIN);
	add_parts(mask, meant.data, meant.len, ":", WHOLE_MIN);
}

/* AUTH PLAIN sends both in one (RFC 4616), others each for itself. */
static void
add_login(struct mask *mask, const char *user, const char *password)
{
	size_t user_len = strlen(user), len = strlen(password), both_len = user_len + len + 2;
	char *both;

	if (len == 0)
		return;
	add_word(mask, password, len, WHOLE_MIN);
	both = arena_alloc(mask->derived, both_len, 1);
	memcpy(both + 1, user, user_len);
	memcpy(both + 2 + user_len, password, len);
	add_word(mask, both, both_len, WHOLE_MIN);
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
	at = memrchr(host, '@', host_len); /* as libcurl has it */
	/* "http://host:80" and no more is no secret */
	if (at == NULL && strlen(path) < 2)
		return;
	add_word(mask, url, strlen(url), WHOLE_MIN);
	if (at != NULL)
		add_user(mask, host, (size_t)(at - host));
	add_word(mask, path, strlen(path), WHOLE_MIN);
	add_parts(mask, path, strlen(path), "/?&=#", PART_MIN);
}

void
mask_init(struct mask *mask, const struct conf_channel *channel)
{
	*mask = (struct mask){.derived = arena_new()};
	add_url(mask, channel->url == NULL ? "" : channel->url);
	add_url(mask, channel->proxy == NULL ? "" : channel->proxy);
	if (channel->token != NULL) {
		add_word(mask, channel->token, strlen(channel->token), WHOLE_MIN);
		add_parts(mask, channel->token, strlen(channel->token), ":", PART_MIN);
	}
	if (channel->password != NULL)
		add_login(mask, channel->login == NULL ? "" : channel->login, channel->password);
	for (size_t i = 0; i < channel->headers.len; i++) {
		const char *value = channel->headers.items[i].value;

		add_word(mask, value, strlen(value), WHOLE_MIN);
		add_parts(mask, value, strlen(value), " :,;=", PART_MIN);
	}
}

void
mask_done(struct mask *mask)
{
	mem_free(mask->words);
	arena_free(mask->derived);
	*mask = (struct mask){.count = 0};
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
