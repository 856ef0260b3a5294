/*
 * News that passed all stages, to notices.
 */
#ifndef ALERT_TELL_H
#define ALERT_TELL_H

#include "alert/book.h"

/* All of book->news: appends notices, and notes in the alerts who knows what. */
void tell_news(struct alert_book *book, const struct now *now, struct notices *out);

/* One alert to one channel. */
void tell_one(const struct alert_entry *a, int channel, const struct now *now, struct notices *out);

#endif
