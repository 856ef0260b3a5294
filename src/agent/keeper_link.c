/*
 * Packets of the keeper in, calls of the users who take them out, and the socket watched for room
 * only while somebody needs it. A keeper that breaks the table, or sends what nobody takes, is
 * accused and not listened to any more. The keeper's death is no error here: its successor's wire
 * comes over the lifeline, and users send again.
 */
#include "agent/keeper_link.h"

#include <assert.h>

#include "base/mem.h"

struct keeper_link {
	struct loop *loop;
	struct role_ctx *ctx;
	struct link link;
	struct loop_io io;
	bool receiving; /* pump when that is over */
	size_t user_count;
	struct {
		const struct keeper_link_user *type;
		void *user;
	} users[KEEPER_LINK_USERS_MAX];
	struct wire_msg in;
};

static void on_keeper(void *arg, unsigned events);

static void
watch_keeper(struct keeper_link *k, bool wants_room)
{
	bool write = link_has_news(&k->link) || (wants_room && link_up(&k->link));

	loop_io_start(k->loop, &k->io, link_watched(&k->link), LOOP_READ | (write ? LOOP_WRITE : 0),
	    on_keeper, k);
}

/* False: nobody takes such a message. */
static bool
hand_out(struct keeper_link *k)
{
	enum wire_id id = wire_id(&k->in);

	for (size_t i = 0; i < k->user_count; i++) {
		const struct keeper_link_message *m = k->users[i].type->messages;

		while (m->id != WIRE_NOTHING && m->id != id)
			m++;
		if (m->id == WIRE_NOTHING)
			continue;
		m->take(k->users[i].user, &k->in);
		return true;
	}
	return false;
}

static void
tell_users(struct keeper_link *k)
{
	for (size_t i = 0; i < k->user_count; i++)
		k->users[i].type->fresh(k->users[i].user);
}

static void
receive(struct keeper_link *k, enum link_event event)
{
	switch (event) {
	case LINK_FRESH:
		tell_users(k);
		break;
	case LINK_MESSAGE:
		if (hand_out(k) && wire_end(&k->in))
			break;
		if (link_violation(&k->link))
			role_accuse(k->ctx, ROLE_KEEPER);
		break;
	default:
		role_accuse(k->ctx, ROLE_KEEPER);
		break;
	}
}

static void
on_keeper(void *arg, unsigned events)
{
	struct keeper_link *k = arg;
	enum link_event event;

	(void)events;
	k->receiving = true;
	for (int i = 0; i < LINK_TURN_MESSAGES; i++) {
		event = link_recv(&k->link, &k->in);
		if (event == LINK_NOTHING)
			break;
		receive(k, event);
	}
	k->receiving = false;
	keeper_link_pump(k);
}

struct keeper_link *
keeper_link_new(struct loop *loop, struct role_ctx *ctx)
{
	struct keeper_link *k = mem_zalloc(1, sizeof(*k));

	k->loop = loop;
	k->ctx = ctx;
	link_init(&k->link, role_take_wire(ctx, ROLE_KEEPER), WIRE_KEEPER_TO_AGENT);
	watch_keeper(k, false);
	return k;
}

void
keeper_link_free(struct keeper_link *k)
{
	if (k == NULL)
		return;
	loop_io_stop(k->loop, &k->io);
	link_done(&k->link);
	mem_free(k);
}

void
keeper_link_take_wire(struct keeper_link *k)
{
	if (link_take(&k->link, role_take_wire(k->ctx, ROLE_KEEPER)))
		on_keeper(k, 0);
}

void
keeper_link_add(struct keeper_link *k, const struct keeper_link_user *type, void *user)
{
	assert(k->user_count < KEEPER_LINK_USERS_MAX);
	k->users[k->user_count].type = type;
	k->users[k->user_count].user = user;
	k->user_count++;
}

enum wire_io
keeper_link_send(struct keeper_link *k, const struct wire_msg *msg)
{
	return link_send(&k->link, msg);
}

void
keeper_link_pump(struct keeper_link *k)
{
	bool more = false;

	if (k->receiving)
		return;
	for (size_t i = 0; i < k->user_count && !more && link_up(&k->link); i++)
		more = k->users[i].type->pump(k->users[i].user);
	watch_keeper(k, more);
}
