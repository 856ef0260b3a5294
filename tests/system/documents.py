"""The marked blocks of the documents: found, compared with what the program says, and written anew.

What follows the language of a fence says what the block is:

    ```toml                  a configuration that loads without a word
    ```toml warned           one that loads with the words of the next block
    ```toml refused          one that is refused with them
    ```toml file=NAME        a drop-in beside the configuration before it
    ```text said             what --check says of the configuration before it
    ```text checked          some of the lines that --check prints for it
    ```json scene=NAME       what a webhook receives in that scene, numbers and times aside
    ```text scene=NAME       what syslog receives
    ```text excerpt=FILE     some lines of that file
    ```console scene=NAME    commands after "$ ", each with what it prints in that scene; "..." is any text

With GOLDEN_UPDATE=1 the tests write what the program says into the documents.
"""

import os
import re
from pathlib import Path

from harness import TOP

FENCE = re.compile(r"^```(?P<info>\w[^\n]*)\n(?P<text>.*?)^```$", re.M | re.S)
SECRET_FILE = re.compile(r'^(\w+_file) = "/etc/sysops-agent/[^"]+"', re.M)
UPDATE = os.environ.get("GOLDEN_UPDATE") == "1"


class Block:
    def __init__(self, path, number, match, before):
        self.path, self.number = path, number  # of the blocks of that document
        self.before = before                   # the one before it, or None
        self.kind, *marks = match["info"].split()
        self.marks = dict((mark.split("=", 1) + [""])[:2] for mark in marks)
        self.text = match["text"]
        self.line = path.read_text().count("\n", 0, match.start()) + 1

    def __str__(self):
        return f"{self.path.name}-{self.line}"

    def must_be(self, real, same):
        """Fails unless same(what stands there, real); to update, real is written there instead."""
        if same(self.text, real):
            return
        if not UPDATE:
            assert self.text == real, f"{self.path.name}:{self.line}: GOLDEN_UPDATE=1 writes it anew"
        document = self.path.read_text()
        start, end = list(FENCE.finditer(document))[self.number].span("text")
        self.path.write_text(document[:start] + real + document[end:])


def documents():
    return sorted(TOP.glob("docs/*.md")) + [TOP / "README.md"]


def blocks():
    found = []
    for path in documents():
        before = None
        for number, match in enumerate(FENCE.finditer(path.read_text())):
            before = Block(path, number, match, before)
            found.append(before)
    return found


def configuration(block):
    """The blocks that make up the configuration that a block belongs to: the file, and drop-ins."""
    parts = []
    while block is not None:
        if block.kind == "toml":
            parts.insert(0, block)
            if "file" not in block.marks:
                return parts
        block = block.before
    raise AssertionError("no configuration stands before it")


def write_configuration(block, folder):
    """Writes it below the folder; returns the path of the main file."""
    for part in configuration(block):
        path = folder / part.marks.get("file", "config.toml")
        path.parent.mkdir(exist_ok=True)
        secret = folder / "secret"  # what a key that ends in _file names
        secret.write_text("https://service.example.org/secret-of-a-file")
        path.write_text(SECRET_FILE.sub(rf'\1 = "{secret}"', part.text))
        path.chmod(0o600)
        secret.chmod(0o600)
    return folder / "config.toml"


def same_text(text, real):
    return text == real


def masked(text):
    """What is the same each time: numbers, spans and sizes are one letter, white space is one space."""
    text = re.sub(r"\d+ ?(ms|s|min|h|d)\b( \d+ ?(s|min|h)\b)*", "T", text)
    text = re.sub(r"\d[\d.]* ?([KMG]i)?B\b", "S", text)
    return " ".join(re.sub(r"\d[\d.:]*", "N", text).split())


def same_masked(text, real):
    parts = [re.escape(masked(part)).strip() for part in text.split("...")]
    return re.fullmatch(r"\s*" + r"\s*.*?\s*".join(parts) + r"\s*", masked(real), re.S) is not None


def same_lines(text, real):
    return set(text.splitlines()) <= set(real.splitlines())


def newest_lines(text, real, columns=None):
    """The lines of real that begin like those of the text: so many columns, or up to the first colon."""
    starts = [line[:columns] if columns else line.split(":")[0] + ":" for line in text.splitlines()]
    return "".join(line + "\n" for line in real.splitlines() if line.startswith(tuple(starts)))


def steps(block):
    """(command, what it prints) of a console block."""
    parts = re.split(r"^\$ ([^\n]*)\n", block.text, flags=re.M)
    assert parts[0] == "", f"{block}: it begins with a command"
    return list(zip(parts[1::2], parts[2::2]))


def write_wrapper(folder, binary, config):
    """The folder of a program sysops-agent that has that configuration, for PATH."""
    place = Path(folder) / "bin"
    place.mkdir()
    program = place / "sysops-agent"
    program.write_text(f'#!/bin/sh\nexec {binary} "$@" -c {config}\n')
    program.chmod(0o755)
    return place
