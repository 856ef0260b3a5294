/*
 * The table of alerts. It holds ALERTS_MAX of them at most: past that, those that fire push out
 * those that do not, and what still finds no room is counted and said once.
 */
#include "alert/book.h"

#include <string.h>

#include "alert/keep.h"
#include "base/log.h"
#include "base/mem.h"

struct alert_book *
alert_new(const struct conf_alert *conf, const struct alert_channel *channels, size_t n)
{
	struct alert_book *book = mem_zalloc(1, sizeof(*book));

	book->news = mem_zalloc(ALERTS_MAX, sizeof(struct alert_entry *));
	alert_configure(book, conf, channels, n);
	return book;
}

void
alert_configure(struct alert_book *book, const struct conf_alert *conf,
    const struct alert_channel *channels, size_t n)
{
	book->conf = *conf;
	book->channel_count = n < CHANNEL_COUNT ? n : CHANNEL_COUNT;
	if (book->channel_count > 0)
		memcpy(book->channels, channels, book->channel_count * sizeof(*channels));
}

void
alert_free(struct alert_book *book)
{
	struct alert_entry *a, *next;

	if (book == NULL)
		return;
	HASH_ITER (hh, book->entries, a, next) {
		HASH_DEL(book->entries, a);
		mem_free(a);
	}
	mem_free(book->deleted);
	mem_free(book->news);
	mem_free(book);
}

struct alert_entry *
book_find(const struct alert_book *book, uint64_t fingerprint)
{
	struct alert_entry *a;

	HASH_FIND(hh, book->entries, &fingerprint, sizeof(fingerprint), a);
	return a;
}

static void
note_deleted(struct alert_book *book, uint64_t fingerprint)
{
	if (book->deleted_count == book->deleted_cap) {
		book->deleted_cap = book->deleted_cap == 0 ? 16 : book->deleted_cap * 2;
		book->deleted =
		    mem_resize(book->deleted, book->deleted_cap, sizeof(*book->deleted));
	}
	book->deleted[book->deleted_count++] = fingerprint;
}

void
book_forget(struct alert_book *book, struct alert_entry *a)
{
	if (a->kept)
		note_deleted(book, a->facts.fingerprint);
	HASH_DEL(book->entries, a);
	mem_free(a);
}

bool
book_make_room(struct alert_book *book)
{
	struct alert_entry *a, *next;

	if (HASH_COUNT(book->entries) < ALERTS_MAX)
		return true;
	HASH_ITER (hh, book->entries, a, next) {
		if (a->state != ALERT_FIRING && (a->told | a->brief) == 0) {
			book_forget(book, a);
			return true;
		}
	}
	if (book->overflow++ == 0)
		log_warn("more than %d alerts at a time: further ones are not raised", ALERTS_MAX);
	return false;
}

void
book_insert(struct alert_book *book, struct alert_entry *a)
{
	HASH_ADD(hh, book->entries, facts.fingerprint, sizeof(a->facts.fingerprint), a);
}

void
alert_each(
    const struct alert_book *book, void (*fn)(void *arg, const struct alert_view *view), void *arg)
{
	const struct alert_entry *a, *next;

	HASH_ITER (hh, book->entries, a, next) {
		struct alert_view view = {.facts = &a->facts,
		    .restored = a->restored,
		    .state = a->state,
		    .found = a->found,
		    .told = a->told,
		    .held = a->held_by != NULL,
		    .held_by = a->held_by,
		    .flapping = a->flap.phase == FLAP_BEGUN || a->flap.phase == FLAP_ON};

		fn(arg, &view);
	}
}

size_t
alert_count(const struct alert_book *book, enum alert_state state)
{
	const struct alert_entry *a, *next;
	size_t n = 0;

	HASH_ITER (hh, book->entries, a, next)
		n += a->state == state;
	return n;
}

uint64_t
alert_overflow(const struct alert_book *book)
{
	return book->overflow;
}

void
alert_take_changes(
    struct alert_book *book, void (*fn)(void *arg, const char *key, const char *json), void *arg)
{
	struct alert_entry *a, *next;
	char key[FINGERPRINT_TEXT_MAX];

	for (size_t i = 0; i < book->deleted_count; i++)
		fn(arg, fingerprint_text(book->deleted[i], key), NULL);
	book->deleted_count = 0;
	HASH_ITER (hh, book->entries, a, next) {
		char *json;

		if (!a->changed || a->state == ALERT_PENDING)
			continue;
		json = keep_to_json(a);
		fn(arg, fingerprint_text(a->facts.fingerprint, key), json);
		mem_free(json);
		a->changed = false;
		a->kept = true;
		a->kept_worst = a->facts.worst;
	}
}

void
alert_mark_all(struct alert_book *book)
{
	struct alert_entry *a, *next;

	HASH_ITER (hh, book->entries, a, next)
		a->changed = true;
	for (size_t i = 0; i < book->silences.count; i++)
		book->silences.changed[i] = true;
}

/* Nothing was told of the new one yet: it is the old one. */
static void
become(struct alert_entry *a, const struct alert_entry *old)
{
	UT_hash_handle hh = a->hh;

	*a = *old;
	a->hh = hh;
}

/* Who heard of it in either life hears its end, and no window begins anew. */
static void
learn(struct alert_entry *a, const struct alert_entry *old)
{
	for (int severity = 0; severity < SEV_COUNT; severity++) {
		const struct now *was = &old->fired[severity].sent, *is = &a->fired[severity].sent;

		if (was->wall_ms != 0 && (is->wall_ms == 0 || was->boot_ns > is->boot_ns))
			a->fired[severity] = old->fired[severity];
	}
	a->kept = a->changed = a->loaded = true;
	if (a->state != ALERT_FIRING || old->state != ALERT_FIRING)
		return;
	a->told |= old->told;
	a->announced = old->announced > a->announced ? old->announced : a->announced;
	if (a->announced > a->facts.severity)
		a->announced = a->facts.severity;
	a->facts.since_wall_ms = old->facts.since_wall_ms;
	a->facts.worst = old->facts.worst;
}

bool
alert_load(struct alert_book *book, const char *json, size_t len, const struct now *now)
{
	struct alert_entry *a = mem_zalloc(1, sizeof(*a)), *live;
	bool ok = keep_from_json(json, len, now, a);

	a->loaded = a->restored = true;
	live = ok ? book_find(book, a->facts.fingerprint) : NULL;
	if (ok && live == NULL && book_make_room(book)) {
		book_insert(book, a);
		return true;
	}
	if (ok && live == NULL)
		note_deleted(book, a->facts.fingerprint);
	else if (ok && live->state == ALERT_PENDING)
		become(live, a);
	else if (ok && !live->loaded) /* else it came twice */
		learn(live, a);
	mem_free(a);
	return ok;
}

void
alert_restored(struct alert_book *book)
{
	struct alert_entry *a, *next;

	HASH_ITER (hh, book->entries, a, next)
		a->restored = false;
}

unsigned
book_takers(const struct alert_book *book, enum severity severity)
{
	unsigned takers = 0;

	for (size_t i = 0; i < book->channel_count; i++) {
		if ((book->channels[i].severities & SEV_BIT(severity)) != 0)
			takers |= 1u << book->channels[i].id;
	}
	return takers;
}
