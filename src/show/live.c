/*
 * A table in, terminal control sequences (ECMA-48, DEC scroll region) out. Lines longer than the
 * terminal are cut by the terminal itself, whose auto-wrap is off while drawing.
 */
#include "show/live.h"

#include <string.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/term.h"

#define LOG_ROWS_MIN 5                 /* below the table; a lower terminal gets a shorter table */
#define ROWS_MIN 16                    /* of a terminal worth dividing */
#define FRAME_MAX (2 * TABLE_TEXT_MAX) /* a table with its control sequences */

void
live_init(struct live *live, int fd)
{
	*live = (struct live){.fd = fd};
	live->on = term_moves_cursor(fd) && term_rows(fd) >= ROWS_MIN;
	if (live->on)
		live->text = mem_zalloc(1, TABLE_TEXT_MAX + FRAME_MAX);
}

/* At most n lines of text; returns how many there are. */
static int
cut_lines(struct buf *b, int n)
{
	int lines = 0;

	for (size_t i = 0; i < b->len; i++) {
		if (b->data[i] == '\n' && ++lines == n) {
			b->len = i + 1;
			b->data[b->len] = '\0';
		}
	}
	return lines;
}

/* Makes room for the table: what is on the screen scrolls up, the rest of it becomes the log's. */
static void
divide(struct live *live, struct buf *out, int rows, int lines)
{
	if (live->top == 0) {
		for (int i = 0; i < rows; i++)
			buf_addc(out, '\n');
	}
	live->rows = rows;
	live->top = lines;
	buf_addf(out, "\033[%d;%dr\033[%d;1H", lines + 1, rows, rows);
}

/* The table's lines, each with its end of line cleared, and blank ones up to the room it has. */
static void
add_lines(const struct live *live, const struct buf *table, int lines, struct buf *out)
{
	for (const char *line = table->data; *line != '\0';) {
		const char *end = strchr(line, '\n');

		buf_add(out, line, (size_t)(end - line));
		buf_adds(out, "\033[0m\033[K\r\n");
		line = end + 1;
	}
	for (; lines < live->top; lines++)
		buf_adds(out, "\033[K\r\n");
}

void
live_draw(struct live *live, struct table_input *in)
{
	struct buf table, frame;
	int rows, lines;

	if (!live->on)
		return;
	rows = term_rows(live->fd);
	in->colour = term_wants_colour(live->fd);
	in->width = term_columns(live->fd);
	in->max_lines = rows < 24 ? 2 : 4;
	buf_init(&table, live->text, TABLE_TEXT_MAX);
	buf_init(&frame, live->text + TABLE_TEXT_MAX, FRAME_MAX);
	table_write(in, &table);
	lines = cut_lines(&table, rows - LOG_ROWS_MIN);
	if (lines > live->top || rows != live->rows)
		divide(live, &frame, rows, lines);
	buf_adds(&frame, "\0337\033[?7l\033[H");
	add_lines(live, &table, lines, &frame);
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
	    .now = *now,
	    .hostname = core->conf->agent.hostname,
	    .interval_secs = interval_secs,
	};

	if (!live->on)
		return;
	in.alerts_firing = alert_count(core->alerts, ALERT_FIRING);
	table_add_world(&in, collect);
	live_draw(live, &in);
}

void
live_done(struct live *live)
{
	char text[32];
	struct buf b;

	if (live->on && live->top > 0) {
		buf_init(&b, text, sizeof(text));
		buf_addf(&b, "\033[r\033[%d;1H\n", live->rows);
		io_write_now(live->fd, b.data, b.len);
	}
	mem_free(live->text);
	live->on = false;
	live->text = NULL;
}
