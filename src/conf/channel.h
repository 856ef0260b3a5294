/*
 * The notification channels as numbers and names. Rows: X(ID, "name", "title"). The rendering of
 * each is a row of notify/, its transport is decided by the courier.
 */
#ifndef CONF_CHANNEL_H
#define CONF_CHANNEL_H

#include <stdbool.h>

#define CHANNELS(X)                            \
	X(CONSOLE, "console", "Console")       \
	X(WEBHOOK, "webhook", "Webhook")       \
	X(DISCORD, "discord", "Discord")       \
	X(EMAIL, "email", "Email")             \
	X(SYSLOG, "syslog", "Syslog")          \
	X(SLACK, "slack", "Slack")             \
	X(TELEGRAM, "telegram", "Telegram")    \
	X(NTFY, "ntfy", "ntfy")                \
	X(PAGERDUTY, "pagerduty", "PagerDuty") \
	X(ALERTMANAGER, "alertmanager", "Alertmanager")

#define X(id, name, title) CHANNEL_##id,
enum channel_id { CHANNELS(X) CHANNEL_COUNT };
#undef X

const char *channel_name(enum channel_id id);
/* CHANNEL_COUNT when there is none of that name. */
enum channel_id channel_find(const char *name);

/* How the service behind a channel takes alerts, whatever is configured: of its row in notify/. */
struct channel_traits {
	/*
	 * Alerts of one message, at most: the others go in further ones, and a program hears of the
	 * beginning and the end of each. 0: any number, for people, of which the worst are named.
	 * 1: there is nothing to sum up, it gets each apart, however late.
	 */
	unsigned alerts_max;
	bool keeps_cases; /* one open for each alert, until it is told the end */
};

/* The word for which Discord refuses a sender's name, and the message with it; NULL: none. */
const char *channel_reserved_word(const char *username);

/*
 * Stands in a payload for the secret that the service wants in the body: the courier puts it there.
 * JSON cannot hold this byte (RFC 8259 wants control characters escaped), so no text forges it.
 */
#define CHANNEL_SLOT "\x1a"

/* Syslog facilities, X(name, code of RFC 5424); the kernel's own and those without a name are not
 * for us. */
#define FACILITIES(X)   \
	X(user, 1)      \
	X(mail, 2)      \
	X(daemon, 3)    \
	X(auth, 4)      \
	X(syslog, 5)    \
	X(lpr, 6)       \
	X(news, 7)      \
	X(uucp, 8)      \
	X(cron, 9)      \
	X(authpriv, 10) \
	X(ftp, 11)      \
	X(local0, 16)   \
	X(local1, 17)   \
	X(local2, 18) X(local3, 19) X(local4, 20) X(local5, 21) X(local6, 22) X(local7, 23)
#define X(name, code) FACILITY_##name,
enum facility { FACILITIES(X) FACILITY_COUNT };
#undef X

#endif
