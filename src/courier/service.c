/*
 * Knows each service: the address that a request goes to, where its secret stands in a payload, and
 * what its errors mean. The settings are the accepted configuration's; a payload comes from the
 * agent, which is not trusted: wherever it has put the slot, the secret goes nowhere but to its own
 * service.
 */
#include "courier/service.h"

#include <string.h>

#include "base/mem.h"
#include "courier/smtp.h"
#include "courier/syslog.h"

#define SECRET_MAX 8192

static void
add_base(const struct conf_channel *channel, struct buf *url)
{
	size_t len = strlen(channel->url);

	while (len > 0 && channel->url[len - 1] == '/')
		len--;
	buf_add(url, channel->url, len);
}

/* A thread is named in the query, beside what the URL has there. */
static void
add_discord_address(const struct conf_channel *channel, struct buf *url)
{
	buf_adds(url, channel->url);
	if (channel->thread > 0)
		buf_addf(url, "%cthread_id=%lld", strchr(channel->url, '?') == NULL ? '?' : '&',
		    (long long)channel->thread);
}

static void
add_telegram_address(const struct conf_channel *channel, struct buf *url)
{
	add_base(channel, url);
	buf_adds(url, "/bot");
	buf_adds(url, channel->token);
	buf_adds(url, "/sendMessage");
}

static void
add_alertmanager_address(const struct conf_channel *channel, struct buf *url)
{
	add_base(channel, url);
	buf_adds(url, "/api/v2/alerts");
}

/* The topic's URL is the server's and the topic. */
static const char *
find_topic(const struct conf_channel *channel)
{
	const char *slash = strrchr(channel->url, '/');

	return slash == NULL ? channel->url : slash + 1;
}

static void
add_ntfy_address(const struct conf_channel *channel, struct buf *url)
{
	buf_add(url, channel->url, (size_t)(find_topic(channel) - channel->url));
}

static void
add_topic(const struct conf_channel *channel, struct buf *b)
{
	const char *topic = find_topic(channel);

	buf_add_json(b, topic, strlen(topic));
}

static void
add_token(const struct conf_channel *channel, struct buf *b)
{
	buf_add_json(b, channel->token, strlen(channel->token));
}

/* A forum channel takes nothing without a thread. */
static const struct reply_verdict discord_verdicts[] = {
    {400, "thread_id", DELIVERY_DENIED, 0},
    {0, NULL, DELIVERY_DENIED, 0},
};

/* A wrong chat is no fault of the message: the channel waits until that is put right. */
static const struct reply_verdict telegram_verdicts[] = {
    {400, "chat not found", DELIVERY_DENIED, 0},
    {400, "upgraded to a supergroup", DELIVERY_DENIED, 0},
    {400, "rights", DELIVERY_DENIED, 0},
    {400, "CHAT_", DELIVERY_DENIED, 0},
    {400, "PEER_ID_INVALID", DELIVERY_DENIED, 0},
    {400, "TOPIC_", DELIVERY_DENIED, 0},
    {400, "thread not found", DELIVERY_DENIED, 0},
    {0, NULL, DELIVERY_DENIED, 0},
};

static const struct reply_verdict slack_verdicts[] = {
    {400, "user_not_found", DELIVERY_DENIED, 0},
    {400, "channel_not_found", DELIVERY_DENIED, 0},
    {400, "no_service", DELIVERY_DENIED, 0},
    {400, "invalid_token", DELIVERY_DENIED, 0},
    {0, NULL, DELIVERY_DENIED, 0},
};

static const struct reply_verdict pagerduty_verdicts[] = {
    {400, "routing_key", DELIVERY_DENIED, 0},
    {400, "routing key", DELIVERY_DENIED, 0},
    {0, NULL, DELIVERY_DENIED, 0},
};

/* Its server names no time; what it gives back a day is asked for no more often than hourly. */
static const struct reply_verdict ntfy_verdicts[] = {
    {400, "topic", DELIVERY_DENIED, 0},
    {429, "daily", DELIVERY_RATE_LIMITED, 3600 * 1000},
    {0, NULL, DELIVERY_DENIED, 0},
};

static const struct service services[CHANNEL_COUNT] = {
    [CHANNEL_DISCORD] = {.add_address = add_discord_address, .verdicts = discord_verdicts},
    [CHANNEL_SLACK] = {.verdicts = slack_verdicts},
    [CHANNEL_TELEGRAM] = {.add_address = add_telegram_address, .verdicts = telegram_verdicts},
    [CHANNEL_NTFY] = {.add_address = add_ntfy_address,
        .add_secret = add_topic,
        .bearer = true,
        .verdicts = ntfy_verdicts},
    [CHANNEL_PAGERDUTY] = {.add_secret = add_token, .verdicts = pagerduty_verdicts},
    [CHANNEL_EMAIL] = {.deliver = smtp_deliver, .missing = smtp_missing},
    [CHANNEL_SYSLOG] = {.deliver = syslog_deliver, .missing = syslog_missing},
    [CHANNEL_ALERTMANAGER] = {.add_address = add_alertmanager_address, .bearer = true},
};

const struct service *
service_of(enum channel_id id)
{
	static const struct service plain;

	return (unsigned)id < CHANNEL_COUNT ? &services[id] : &plain;
}

const char *
service_missing(const struct conf_channel *channel)
{
	const struct service *service = service_of(channel->id);

	if (service->missing != NULL)
		return service->missing(channel);
	return channel->url == NULL || channel->url[0] == '\0' ? "no url is configured" : NULL;
}

char *
service_fill(const struct conf_channel *channel, const char *body, size_t len, size_t *filled_len)
{
	const struct service *service = service_of(channel->id);
	size_t slots = 0;
	char storage[SECRET_MAX], *filled;
	struct buf secret, out;

	if (service->add_secret == NULL)
		return NULL;
	buf_init(&secret, storage, sizeof(storage));
	service->add_secret(channel, &secret);
	for (size_t i = 0; i < len; i++)
		slots += body[i] == CHANNEL_SLOT[0];
	filled = mem_zalloc(1, len + slots * secret.len + 1);
	buf_init(&out, filled, len + slots * secret.len + 1);
	for (size_t i = 0; i < len; i++) {
		if (body[i] == CHANNEL_SLOT[0])
			buf_add(&out, secret.data, secret.len);
		else
			buf_addc(&out, body[i]);
	}
	*filled_len = out.len;
	return filled;
}
