"""What a terminal shows: the control sequences that the agent uses (ECMA-48, DEC scroll region), and a window whose size changes."""

import codecs
import re

CSI = re.compile(r"\[([?0-9;]*)([A-Za-z])")


class Screen:
    """Rows of text, and what has scrolled off the top. pulls: a window that grows takes lines back from
    there, as VTE and tmux do; otherwise it has blank ones below, as xterm."""

    def __init__(self, columns, rows, pulls):
        self.columns, self.rows, self.pulls = columns, rows, pulls
        self.lines = [""] * rows
        self.history = []
        self.row = self.column = 0
        self.saved = (0, 0)
        self.top, self.bottom = 0, rows
        self.wraps = True
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.rest = ""

    def feed(self, data):
        text = self.rest + self.decoder.decode(data)
        at = 0
        while at < len(text):
            if text[at] == "\033":
                used = self._escape(text[at + 1 :])
                if used == 0:
                    break
                at += 1 + used
            else:
                self._put(text[at])
                at += 1
        self.rest = text[at:]

    def resize(self, columns, rows):
        while len(self.lines) > rows:
            if self.row < len(self.lines) - 1 and not self.lines[-1]:
                self.lines.pop()
            elif self.row >= rows or self.pulls:
                self.history.append(self.lines.pop(0))
                self.row = max(0, self.row - 1)
            else:
                self.lines.pop()
        while len(self.lines) < rows:
            if self.pulls and self.history:
                self.lines.insert(0, self.history.pop())
                self.row += 1
            else:
                self.lines.append("")
        self.lines = [line[:columns] for line in self.lines]
        self.columns, self.rows = columns, rows
        self.top, self.bottom = 0, rows
        self.column = min(self.column, columns - 1)

    def find(self, start):
        """The rows that begin so."""
        return [i for i, line in enumerate(self.lines) if line.startswith(start)]

    def text(self):
        return "\n".join(self.lines)

    def _scroll(self):
        line = self.lines.pop(self.top)
        if self.top == 0:
            self.history.append(line)
        self.lines.insert(self.bottom - 1, "")

    def _line_feed(self):
        if self.row == self.bottom - 1:
            self._scroll()
        elif self.row < self.rows - 1:
            self.row += 1

    def _put(self, char):
        if char == "\n":
            self._line_feed()
        elif char == "\r":
            self.column = 0
        elif char >= " ":
            if self.column == self.columns:
                if not self.wraps:
                    self.column -= 1
                else:
                    self.column = 0
                    self._line_feed()
            line = self.lines[self.row].ljust(self.column)
            self.lines[self.row] = (line[: self.column] + char + line[self.column + 1 :]).rstrip()
            self.column += 1

    def _escape(self, text):
        """Characters of the sequence behind the escape; 0: it is not whole yet."""
        if text[:1] == "7":
            self.saved = (self.row, self.column)
            return 1
        if text[:1] == "8":
            self.row, self.column = self.saved
            return 1
        found = CSI.match(text)
        if found is None:
            assert len(text) < 32 and text[:1] in ("", "["), f"a sequence that no one uses: {text[:20]!r}"
            return 0
        self._control(found[2], found[1])
        return found.end()

    def _control(self, final, parameters):
        numbers = [int(n) if n else 0 for n in parameters.strip("?").split(";")]
        first = max(1, numbers[0])
        if final == "H":
            self.row = min(first, self.rows) - 1
            self.column = max(1, (numbers + [1])[1]) - 1
        elif final == "r":
            self.top, self.bottom = first - 1, (numbers + [0])[1] or self.rows
            self.row = self.column = 0
        elif final == "A":
            self.row = max(self.top if self.row >= self.top else 0, self.row - first)
        elif final in "LM" and self.top <= self.row < self.bottom:
            for _ in range(first):
                self.lines.pop(self.bottom - 1 if final == "L" else self.row)
                self.lines.insert(self.row if final == "L" else self.bottom - 1, "")
            self.column = 0
        elif final == "K":
            self.lines[self.row] = self.lines[self.row][: self.column].rstrip()
        elif final in "hl":
            assert parameters == "?7"
            self.wraps = final == "h"
        else:
            assert final in "mLM", f"no terminal of ours knows {parameters}{final}"
