/*
 * Notices to the text that leaves the host: pure rendering, no I/O. A channel is one file with one
 * row; the row says how its text is made and whether it travels.
 */
#ifndef NOTIFY_NOTIFY_H
#define NOTIFY_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "conf/channel.h"
#include "conf/conf.h"
#include "model/notice.h"

#define NOTIFY_BODY_MAX (48u * 1024)                    /* bytes of a rendered body, at most */
#define NOTIFY_ALERTS_BYTES_MAX (NOTIFY_BODY_MAX - 64u) /* less what stands around the alerts */

enum notify_transport {
	NOTIFY_LOCAL,  /* written by whoever rendered it */
	NOTIFY_HTTP,   /* a job for the courier: a request */
	NOTIFY_SMTP,   /* a job for the courier: a mail, headers and all */
	NOTIFY_SYSLOG, /* a job for the courier: a datagram */
};

struct notify_context {
	const char *hostname;
	const char *version;
	const char *username; /* shown as sender where a service allows it; NULL or "": none */
	const struct conf_channel *channel; /* its settings; NULL: none */
	struct string_pairs labels;         /* agent.labels: go into every alert */
	struct now now;                     /* time of rendering */
	int64_t ahead_ms; /* how far our clock is ahead of the receiver's; 0: or not known */
	bool minimal;     /* the short plain form, after a service refused the full one */
	bool bare;        /* and no text from outside in it */
	bool colour;      /* console: ANSI colours */
};

struct notify_channel {
	const char *content_type;
	enum notify_transport transport;
	bool (*render)(const struct notice *n, const struct notify_context *ctx, struct buf *body);
	struct channel_traits traits;
	bool renews; /* alerts go there again and again while they fire */
	/*
	 * With renews: bytes that one alert takes in the body of a transient notice about several,
	 * at most, at any time of rendering from ctx->now.wall_ms on. Bodies of alerts that sum up
	 * to no more than NOTIFY_ALERTS_BYTES_MAX leave none out.
	 */
	size_t (*alert_bytes)(const struct alert_facts *f, const struct notify_context *ctx);
};

#define X(id, name, title) extern const struct notify_channel notify_##id;
CHANNELS(X)
#undef X

/* NULL for a number that is no channel's. */
const struct notify_channel *notify_channel(int channel);

/*
 * Appends the body that tells n on the channel n->channel. Give an empty buf of NOTIFY_BODY_MAX + 1
 * bytes. False: no such channel, or no room; then body is of no use.
 */
bool notify_render(const struct notice *n, const struct notify_context *ctx, struct buf *body);

#endif
