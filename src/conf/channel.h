/*
 * The notification channels as numbers and names. Rows: X(ID, "name", "title"). The rendering of
 * each is a row of notify/, its transport is decided by the courier.
 */
#ifndef CONF_CHANNEL_H
#define CONF_CHANNEL_H

#define CHANNELS(X)                      \
	X(CONSOLE, "console", "Console") \
	X(WEBHOOK, "webhook", "Webhook") \
	X(DISCORD, "discord", "Discord")

#define X(id, name, title) CHANNEL_##id,
enum channel_id { CHANNELS(X) CHANNEL_COUNT };
#undef X

const char *channel_name(enum channel_id id);
/* CHANNEL_COUNT when there is none of that name. */
enum channel_id channel_find(const char *name);

#endif
