/*
 * The table of alerts. It holds ALERTS_MAX of them at most: past that, those that fire push out
 * those that do not. Of an earlier life it may hold more: who was told of them is owed an end.
 */
#include "alert/alert_table.h"

#include "base/mem.h"

struct alert_entry *
alert_table_find(const struct alert_table *table, uint64_t fingerprint)
{
	struct alert_entry *a;

	HASH_FIND(hh, table->entries, &fingerprint, sizeof(fingerprint), a);
	return a;
}

void
alert_table_note_deleted(struct alert_table *table, uint64_t fingerprint)
{
	table->deleted = mem_grow(
	    table->deleted, table->deleted_count, &table->deleted_cap, sizeof(*table->deleted));
	table->deleted[table->deleted_count++] = fingerprint;
}

void
alert_table_forget(struct alert_table *table, struct alert_entry *a)
{
	if (a->kept)
		alert_table_note_deleted(table, a->facts.fingerprint);
	HASH_DEL(table->entries, a);
	mem_free(a);
}

bool
alert_table_has_room(const struct alert_table *table)
{
	return HASH_COUNT(table->entries) < ALERTS_MAX;
}

bool
alert_table_make_room(struct alert_table *table)
{
	struct alert_entry *a, *next;

	if (alert_table_has_room(table))
		return true;
	HASH_ITER (hh, table->entries, a, next) {
		if (a->state != ALERT_FIRING && (a->told | a->brief) == 0) {
			alert_table_forget(table, a);
			return true;
		}
	}
	return false;
}

bool
alert_table_make_room_for(struct alert_table *table, const struct alert_entry *a)
{
	bool owed = (a->told | a->brief) != 0;

	return alert_table_make_room(table) ||
	       (owed && HASH_COUNT(table->entries) < ALERTS_OWED_MAX);
}

void
alert_table_insert(struct alert_table *table, struct alert_entry *a)
{
	waiting_forget(&table->waiting, a->facts.fingerprint);
	HASH_ADD(hh, table->entries, facts.fingerprint, sizeof(a->facts.fingerprint), a);
}

unsigned
alert_table_takers(const struct alert_table *table, enum severity severity)
{
	unsigned takers = 0;

	for (size_t i = 0; i < table->channel_count; i++) {
		if ((table->channels[i].severities & SEV_BIT(severity)) != 0)
			takers |= 1u << table->channels[i].id;
	}
	return takers;
}

unsigned
alert_table_end_hearers(const struct alert_table *table, const struct alert_entry *a)
{
	bool all = table->conf.recovery_enabled && !a->facts.event;

	return all ? table->enabled : table->cases;
}

unsigned
alert_table_unaware(const struct alert_table *table, const struct alert_entry *a)
{
	return alert_table_takers(table, a->facts.severity) & ~a->told;
}

void
alert_table_forget_disabled(const struct alert_table *table, struct alert_entry *a)
{
	if (((a->told | a->brief) & ~table->enabled) == 0)
		return;
	a->told &= table->enabled;
	a->brief &= table->enabled;
	a->changed = true;
	if (a->state == ALERT_RESOLVED && (a->told | a->brief) == 0)
		a->announced = SEV_NONE;
}
