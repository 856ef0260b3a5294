/*
 * Silences as lines for people and as JSON. Matches and comments are the operator's: they are shown
 * whole, on as many lines as they take, and control characters come out visible.
 */
#include "show/status_silences.h"

#include "alert/silence.h"
#include "alert/silence_set.h"
#include "base/str.h"
#include "base/zone.h"
#include "model/match.h"
#include "notify/jsonw.h"
#include "show/wrap.h"

#define NUMBER_COLUMNS 7 /* before the match */
#define LINE_MAX (MATCH_MAX + ALERT_COMMENT_MAX + 160)

struct writer {
	const struct now *now;
	struct buf *out;
	uint32_t only;
	int columns;
	size_t written;
};

static void
add_end(const struct silence_view *s, const struct now *now, struct buf *line)
{
	char when[CLOCK_ISO8601_MAX], span[STR_SPAN_MAX];
	int64_t secs = (s->until_wall_ms - now->wall_ms) / 1000;

	if (s->until_wall_ms == 0)
		buf_adds(line, " without end");
	else
		buf_addf(line, " until %s (%s%s)", zone_short(s->until_wall_ms, when),
		    str_span(secs < 0 ? 0 : secs, span),
		    s->doubtful ? ", if the clock is right since the reboot" : "");
}

static void
write_one(void *arg, const struct silence_view *s)
{
	struct writer *w = arg;
	char text[LINE_MAX], number[16];
	struct buf line, b;

	if (w->only != 0 && s->id != w->only)
		return;
	buf_init(&b, number, sizeof(number));
	buf_addf(&b, s->id == 0 ? "conf" : "%u", (unsigned)s->id);
	buf_init(&line, text, sizeof(text));
	buf_adds(&line, s->match);
	add_end(s, w->now, &line);
	buf_adds(&line, s->allow_critical ? ", critical passes" : "");
	if (s->firing > 0)
		buf_addf(&line, ", silences %zu of %zu that fire", s->held, s->firing);
	else
		buf_adds(&line, ", nothing fires that it matches");
	if (s->comment[0] != '\0')
		buf_addf(&line, ": %s", s->comment);
	buf_addf(w->out, "  %-4s ", number);
	wrap_add(w->out, text, NUMBER_COLUMNS, NUMBER_COLUMNS, w->columns);
	w->written++;
}

size_t
status_silences_write(
    const struct core *core, const struct now *now, uint32_t only, int columns, struct buf *out)
{
	struct writer w = {.now = now, .out = out, .only = only, .columns = columns};

	silence_each(core->alerts, now, write_one, &w);
	return w.written;
}

static void
put_one(void *arg, const struct silence_view *s)
{
	struct buf *b = arg;

	jsonw_open(b, NULL, '{');
	jsonw_text(b, "origin", s->id == 0 ? "configuration" : "command");
	if (s->id != 0)
		jsonw_integer(b, "id", s->id);
	jsonw_text(b, "match", s->match);
	if (s->id != 0)
		jsonw_time(b, "created", s->created_wall_ms);
	if (s->until_wall_ms != 0)
		jsonw_time(b, "until", s->until_wall_ms);
	jsonw_bool(b, "allow_critical", s->allow_critical);
	jsonw_text(b, "comment", s->comment);
	jsonw_integer(b, "firing", (int64_t)s->firing);
	jsonw_integer(b, "held", (int64_t)s->held);
	jsonw_close(b, '}');
}

void
status_silences_put(const struct core *core, const struct now *now, struct buf *out)
{
	jsonw_open(out, "silences", '[');
	silence_each(core->alerts, now, put_one, out);
	jsonw_close(out, ']');
}
