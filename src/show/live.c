/*
 * A table in, terminal control sequences (ECMA-48, DEC scroll region) out. The lines of others are
 * never overwritten: where the table needs rows, the log is pushed down, or up, first. Where the
 * cursor is, is not known, for other processes write as well; it is always theirs, and ours for the
 * time of a frame only.
 *
 * Terminals do as they like with a screen whose size changes: some take lines back from what had
 * scrolled off, all forget the region. Then the screen is given to the scrollback, and begun anew.
 */
#include "show/live.h"

#include <string.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/term.h"

#define LOG_ROWS_MIN 5 /* below the table, at least, and a quarter of the rows */
#define ROWS_MIN 16    /* of a terminal worth dividing */
#define COLUMNS_MIN 40
#define SPARE_MAX 2                    /* rows that stay empty when the table got shorter */
#define FRAME_MAX (2 * TABLE_TEXT_MAX) /* a table with its control sequences */
#define LOG_RULE "\xe2\x94\x80"        /* U+2500 */

void
live_init(struct live *live, int fd, bool after_crash)
{
	*live = (struct live){.fd = fd, .foreign = after_crash};
	live->on = term_moves_cursor(fd) && term_rows(fd) >= ROWS_MIN;
	if (!live->on)
		return;
	live->text = mem_zalloc(1, TABLE_TEXT_MAX + FRAME_MAX);
	live->alerts = mem_zalloc(1, sizeof(*live->alerts));
}

static int
count_lines(const struct buf *b)
{
	int lines = 0;

	for (size_t i = 0; i < b->len; i++)
		lines += b->data[i] == '\n';
	return lines;
}

/* The log has the rows from `first` on; the cursor goes home. */
static void
set_region(const struct live *live, struct buf *out, int first)
{
	buf_addf(out, "\033[%d;%dr", first, live->rows);
}

/*
 * So many rows more for the table. Newlines make room below the cursor, where there is none by
 * scrolling; then lines are inserted above, which moves all of the log, cursor included, to where
 * the newlines have left it.
 */
static void
take_rows(struct live *live, struct buf *out, int n)
{
	for (int i = 0; i < n; i++)
		buf_addc(out, '\n');
	buf_addf(out, "\0337\033[%d;1H\033[%dL", live->top + 1, n);
	live->top += n;
	set_region(live, out, live->top + 1);
	buf_adds(out, "\0338");
}

static void
give_rows_back(struct live *live, struct buf *out, int n)
{
	live->top -= n;
	buf_adds(out, "\0337");
	set_region(live, out, live->top + 1);
	buf_addf(out, "\033[%d;1H\033[%dM\0338\033[%dA", live->top + 1, n, n);
}

/* An empty screen, its lines in the scrollback. */
static void
begin_anew(struct live *live, struct buf *out, int n)
{
	buf_addf(out, "\033[r\033[%d;1H", live->rows);
	for (int i = 0; i < live->rows; i++)
		buf_addc(out, '\n');
	live->top = n;
	live->foreign = false;
	set_region(live, out, n + 1);
	buf_addf(out, "\033[%d;1H", n + 1);
}

/*
 * The table's lines, blank ones, and what parts it from the log. Each is cleared before it is
 * written: behind a full line the cursor stands on its last column.
 */
static void
add_lines(const struct live *live, const struct buf *table, struct buf *out)
{
	int row = 1;

	for (const char *line = table->data; *line != '\0'; row++) {
		const char *end = strchr(line, '\n');

		buf_adds(out, "\033[K");
		buf_add(out, line, (size_t)(end - line));
		buf_adds(out, "\033[0m\r\n");
		line = end + 1;
	}
	for (; row < live->top; row++)
		buf_adds(out, "\033[K\r\n");
	buf_adds(out, LOG_RULE LOG_RULE " log ");
	for (int i = strlen("-- log "); i < live->columns; i++)
		buf_adds(out, LOG_RULE);
}

/* Rows of the table, with the rule below it. */
static void
make_room(struct live *live, struct buf *out, int lines)
{
	if (live->foreign)
		begin_anew(live, out, lines);
	else if (lines > live->top)
		take_rows(live, out, lines - live->top);
	else if (lines + SPARE_MAX < live->top)
		give_rows_back(live, out, live->top - lines);
}

/* False: too small to be divided, for now. */
static bool
look_at_size(struct live *live)
{
	int rows = term_rows(live->fd), columns = term_columns(live->fd);

	if (live->top > 0 && (rows != live->rows || columns != live->columns))
		live->foreign = true;
	live->rows = rows;
	live->columns = columns;
	return rows >= ROWS_MIN && columns >= COLUMNS_MIN;
}

void
live_draw(struct live *live, struct table_input *in)
{
	struct buf table, frame;

	if (!live->on || !look_at_size(live))
		return;
	in->colour = term_wants_colour(live->fd);
	in->columns = live->columns;
	in->rows = live->rows - (int)num_max(LOG_ROWS_MIN, live->rows / 4) - 1;
	buf_init(&table, live->text, TABLE_TEXT_MAX);
	buf_init(&frame, live->text + TABLE_TEXT_MAX, FRAME_MAX);
	table_write(in, &table);
	make_room(live, &frame, count_lines(&table) + 1);
	buf_adds(&frame, "\0337\033[?7l\033[H");
	add_lines(live, &table, &frame);
	buf_adds(&frame, "\033[?7h\0338");
	/* One write, unless it is longer than PIPE_BUF: a log line of another process must not
	 * fall into the middle. What the terminal does not take is lost; the next frame has it. */
	io_write_now(live->fd, frame.data, frame.len);
}

void
live_show(struct live *live, const struct core *core, const struct collect *collect,
    double interval_secs, const struct now *now)
{
	struct table_input in = {
	    .latest = &core->latest,
	    .limits = &core->conf->detect,
	    .alerts = live->alerts,
	    .outbox = core->outbox,
	    .now = *now,
	    .hostname = core->conf->agent.hostname,
	    .interval_secs = interval_secs,
	};

	if (!live->on)
		return;
	status_alerts(core, live->alerts);
	table_add_world(&in, collect);
	live_draw(live, &in);
}

/* After a change of size that was not drawn, nobody knows where the table is. */
static void
leave(struct live *live)
{
	char text[64];
	struct buf b;

	look_at_size(live);
	buf_init(&b, text, sizeof(text));
	if (live->foreign)
		buf_addf(&b, "\033[r\033[%d;1H\n", live->rows);
	else
		give_rows_back(live, &b, live->top);
	io_write_now(live->fd, b.data, b.len);
}

void
live_done(struct live *live)
{
	if (live->on && live->top > 0)
		leave(live);
	mem_free(live->text);
	mem_free(live->alerts);
	*live = (struct live){.fd = -1};
}
