/*
 * Names channels, both ways. A text that is none is CHANNEL_COUNT; a number that is none, as a
 * damaged record may hold, is called unknown.
 */
#include "conf/channel.h"

#include <string.h>

#include "base/str.h"

#define X(id, name, title) [CHANNEL_##id] = name,
static const char *const names[CHANNEL_COUNT] = {CHANNELS(X)};
#undef X

const char *
channel_name(enum channel_id id)
{
	return (unsigned)id < CHANNEL_COUNT ? names[id] : "unknown";
}

enum channel_id
channel_find(const char *name)
{
	for (int i = 0; i < CHANNEL_COUNT; i++) {
		if (str_eq(names[i], name))
			return (enum channel_id)i;
	}
	return CHANNEL_COUNT;
}

const char *
channel_reserved_word(const char *username)
{
	static const char *const reserved[] = {"discord", "clyde"};

	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
		if (strcasestr(username, reserved[i]) != NULL)
			return reserved[i];
	}
	return NULL;
}
