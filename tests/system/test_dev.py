"""./dev: each verb in a copy of the project with a make that builds nothing, and tests/run-unit."""

import os
import re
import shutil
import subprocess
import time

import pytest

from harness import TOP

MAKE = """#!/bin/sh
# Notes what is asked of it; what it would build are programs that say their names.
echo "make $*" >>"$NOTES"
for word; do case $word in BUILD=*) build=${word#BUILD=} ;; esac; done
mkdir -p "$build/tools" "$build/bench" "$build/fuzz"
for program in sysops-agent tools/gendoc bench/ring bench/memory bench/cost bench/wakeups fuzz/fuzz_none; do
	printf '#!/bin/sh\\necho "%s $*"\\n' "$program" >"$build/$program"
	chmod +x "$build/$program"
done
"""
UNIT = """#!/bin/sh
echo "run-unit $*" >>"$NOTES"
echo "40 passed, 0 failed, 2 skipped"
"""
SYSTEM = """
import pytest
def test_one(): pass
def test_two(): pytest.skip("of no use")
"""


def script(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


@pytest.fixture
def dev(tmp_path):
    """dev(verb, ...): (status, stdout, stderr, notes) of ./dev in the copy."""
    shutil.copy(TOP / "dev", tmp_path / "dev")
    path = tmp_path / "bin"
    script(path / "make", MAKE)
    for name in ("clang", "clang-format", "ctags", "shellcheck", "git", "apt-get", "dnf", "sudo"):
        script(path / name, "#!/bin/sh\n")
    script(path / "nproc", "#!/bin/sh\necho 1\n")
    for name in ("tools/lint", "tools/analyze", "tools/mutants", "tools/symbolize", "tests/fuzz/run"):
        script(tmp_path / name, f'#!/bin/sh\necho "{name} $*"\n')
    script(tmp_path / "bench/storm", '#!/bin/sh\necho "bench/storm of $SYSOPS_BUILD $*"\n')
    script(tmp_path / "tests/run-unit", UNIT)
    script(tmp_path / "tests" / "fuzz" / ("fuzz_none" + ".c"), "")
    script(tmp_path / "tests/system/test_small.py", SYSTEM)
    (tmp_path / "docs").mkdir()
    notes = tmp_path / "notes"
    env = dict(os.environ, PATH=f"{path}:{os.environ['PATH']}", NOTES=str(notes), BUILD="out")
    for name in [n for n in env if n == "CI" or n.startswith(("PYTEST", "SYSOPS", "MAKE"))]:
        del env[name]

    def run(*args, **more):
        notes.write_text("")
        done = subprocess.run(
            [tmp_path / "dev", *args], cwd=tmp_path, env=dict(env, **more), text=True, timeout=60,
            stdin=subprocess.DEVNULL, capture_output=True, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout, done.stderr, notes.read_text()

    run.folder = tmp_path
    return run


@pytest.mark.parametrize(
    "args,says,asks",
    [
        ("build", "", "all tools"),
        ("run --once", "sysops-agent -c out/run/config.toml --once", "make"),
        ("lint", "tools/lint out", "CC=clang"),
        ("sanitize", "40 passed", "run-unit --deadline 600 out/san"),
        ("bench ring", "bench/ring", "benches"),
        ("bench", "bench/cost", "benches"),
        ("bench --quick", "bench/wakeups --quick", "benches"),
        ("bench storm --quick", "bench/storm of out --quick", "benches"),
        ("fuzz 1 fuzz_none", "", "fuzz"),
        ("analyze", "tools/analyze out", ""),
        ("mutants --count 1", "tools/mutants --build out --count 1", ""),
        ("symbolize x", "tools/symbolize out/sysops-agent x", ""),
        ("clean", "", "clean"),
        ("help", "./dev doctor", ""),
        ("", "./dev doctor", ""),
    ],
)
def test_a_verb(dev, args, says, asks):
    status, out, err, notes = dev(*args.split())
    assert status == 0, err
    assert says in out and asks in notes


def test_docs(dev):
    assert dev("docs")[0] == 0
    assert (dev.folder / "docs/METRICS.md").read_text() == "tools/gendoc metrics\n"
    assert (dev.folder / "docs/CONFIGURATION.md").read_text() == "tools/gendoc configuration\n"


def test_test_sums_up_and_remembers_how_long_it_took(dev):
    status, out, err, notes = dev("test")
    assert status == 0, out + err
    assert out.splitlines()[-1] == "41 passed, 0 failed, 3 skipped"
    assert "has not run here yet" in err and "run-unit out" in notes
    for broken in ("tests/run-unit", "tests/system/test_small.py"):
        text = (dev.folder / broken).read_text()
        script(dev.folder / broken, text.replace("0 failed", "1 failed").replace("pass\n", "assert False\n"))
    status, out, err, _ = dev("test")
    assert status == 1 and out.splitlines()[-1] == "40 passed, 2 failed, 3 skipped"
    assert re.search(r"last time: build \d+ s, unit \d+ s, system \d+ s", err)


@pytest.mark.parametrize(
    "word,near",
    [("tset", "did you mean test?"), ("docter", "did you mean docs or doctor?"), ("san", "did you mean run or sanitize?"),
     ("an", "did you mean run or analyze?"), ("static", "there are: run, build, test, lint, "),
     ("ab", "there are: run, "), ("xyzzyx", "there are: run, ")],
)
def test_an_unknown_verb(dev, word, near):
    """What was meant, or else all that there is: verbs only, no other words of the help."""
    status, out, err, notes = dev(word)
    assert (status, out, notes) == (2, "", "")
    assert err.startswith(f"./dev: no such verb: {word}; {near}") and "-" not in err
    assert len(err.splitlines()) == 1 and "analyser" not in err


def test_doctor(dev):
    status, out, _, _ = dev("doctor")
    assert [line.split(":")[0] for line in out.splitlines() if not line.startswith(" ")][:4] == [
        "run", "test", "servers", "lint",
    ]  # fmt: skip
    assert status == 0 and not re.search(r"^incomplete:.*\b(run|test|lint)\b", out, re.M)


def test_doctor_without_what_it_takes(dev):
    """No compiler: status 1 and the group is named. No linter alone: status 0."""
    text = (dev.folder / "dev").read_text()
    (dev.folder / "dev").write_text(text.replace("\nclang:", "\nno-such-linter:"))
    status, out, _, _ = dev("doctor")
    assert status == 0 and "MISSING  no-such-linter" in out
    assert re.search(r"^incomplete:.* lint$", out, re.M)
    (dev.folder / "dev").write_text(text.replace("\ncc:", "\nno-such-compiler:"))
    status, out, _, _ = dev("doctor")
    assert status == 1 and "MISSING  no-such-compiler (gcc:gcc)" in out
    assert re.search(r"^incomplete: run\b", out, re.M)


def test_what_dev_calls_is_there():
    text = (TOP / "dev").read_text()
    for path in set(re.findall(r"\b((?:tests|tools)/[a-z-]+)", text)) - {"tools/gendoc"}:
        assert (TOP / path).exists(), path


# What tests/run-unit makes of its programs.

GOOD = "[ RUN      ] {0}\\n[       OK ] {0}\\n"
PROGRAMS = {
    "test_a": f'printf "{GOOD.format("one")}{GOOD.format("two")}[  PASSED  ] 2 test(s).\\n"',
    "test_b": 'printf "[ RUN      ] x\\nskip: no such thing here\\n[  SKIPPED ] x\\n[  PASSED  ] 0 test(s).\\n"',
    "test_bad": 'printf "[ RUN      ] x\\n[  FAILED  ] x\\n[  FAILED  ] 1 test(s), listed below:\\n[  FAILED  ] x\\n"; exit 1',
    "test_crash": f'printf "{GOOD.format("one")}"; kill -SEGV $$',
    "test_hang": "sleep 1000",
    "test_lies": f'printf "[ RUN      ] x\\nskip: why not\\n[       OK ] x\\n[  PASSED  ] 1 test(s).\\n"',
    "test_mute": "exit 0",
    "test_none": None,
    # children that would hold a pipe of theirs: in the group, and out of it
    "test_stray": f'sleep 1000 & setsid sleep 1000 & printf "{GOOD.format("one")}[  PASSED  ] 1 test(s).\\n"',
}


@pytest.fixture
def unit(tmp_path):
    """unit(names...): (status, lines) of tests/run-unit with these of the programs."""
    for name, text in PROGRAMS.items():
        if text is not None:
            script(tmp_path / "tests" / name, f"#!/bin/sh\n{text}\n")

    def run(*names):
        done = subprocess.run(
            [TOP / "tests/run-unit", "--deadline", "3", tmp_path, *names],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout.splitlines()

    return run


def test_unit_counts(unit):
    status, lines = unit("test_a", "test_b")
    assert status == 0
    assert lines == ["skipped: test_b: x: no such thing here", "2 passed, 0 failed, 1 skipped"]


@pytest.mark.parametrize(
    "name,why,last",
    [
        ("test_bad", "x", "2 passed, 1 failed"),
        ("test_crash", "ended by SIGSEGV", "3 passed, 1 failed"),
        ("test_hang", "not done after 3 s", "2 passed, 1 failed"),
        ("test_lies", "says that it is skipped, and passes: why not", "2 passed, 1 failed"),
        ("test_mute", "ended before its tests did", "2 passed, 1 failed"),
        ("test_none", "exit status 127", "2 passed, 1 failed"),
    ],
)
def test_unit_failures_are_told_by_name(unit, name, why, last):
    status, lines = unit(name, "test_a")
    assert status == 1
    assert f"FAILED: {name}: {why}" in lines and lines[-1] == last


def test_strays_end_with_their_program(unit, tmp_path):
    begin = time.monotonic()
    assert unit("test_stray") == (0, ["1 passed, 0 failed"])
    assert time.monotonic() - begin < 20
    log = str(tmp_path / "logs/tests/test_stray")
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            assert os.readlink(f"/proc/{pid}/fd/1") != log, pid
        except OSError:
            pass
