/*
 * A message that is being made, and its sentence about one alert: what is wrong, where, how much,
 * against which limit; or that it is over.
 */
#ifndef NOTIFY_SENTENCE_H
#define NOTIFY_SENTENCE_H

#include "notify/escape.h"
#include "notify/notify.h"

/* What every part of a message is made of. Borrows all; lives for one rendering. */
struct message {
	const struct notice *notice;
	const struct notify_context *ctx;
	escape_fn *escape; /* how text from outside enters the channel's text */
};

/*
 * "disk usage of /var is 95.2% (limit 90.0%)", of a reminder "still: ..., for 2 h": without
 * severity and host; of bounded length.
 */
void sentence_add(const struct message *msg, const struct alert_facts *f, struct buf *b);

#endif
