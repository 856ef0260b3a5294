/*
 * Holds a channel, or all of them, to so many messages a minute and so many an hour: two buckets
 * side by side. The limit over all channels is there for a host that has many of them: by itself no
 * channel can reach it.
 */
#include "outbox/quota.h"

#include "base/clock.h"
#include "base/num.h"

static void
configure(struct quota *l, const struct conf_alert *conf, int64_t factor)
{
	bucket_configure(&l->minute, conf->rate_limit_per_minute * factor, 60 * NS_PER_SEC);
	bucket_configure(&l->hour, conf->rate_limit_per_hour * factor, 3600 * NS_PER_SEC);
}

void
quota_configure_channel(struct quota *l, const struct conf_alert *conf)
{
	configure(l, conf, 1);
}

void
quota_configure_all(struct quota *l, const struct conf_alert *conf)
{
	configure(l, conf, QUOTA_ALL_FACTOR);
}

void
quota_done(struct quota *l)
{
	bucket_done(&l->minute);
	bucket_done(&l->hour);
}

int64_t
quota_free_at(const struct quota *l)
{
	return num_max(bucket_free_at(&l->minute), bucket_free_at(&l->hour));
}

void
quota_take(struct quota *l, int64_t boot_ns)
{
	bucket_take(&l->minute, boot_ns);
	bucket_take(&l->hour, boot_ns);
}

void
quota_give_back(struct quota *l)
{
	bucket_give_back(&l->minute);
	bucket_give_back(&l->hour);
}
