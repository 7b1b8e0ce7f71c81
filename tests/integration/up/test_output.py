# SPDX-License-Identifier: MIT
"""The output of services in `jig up`: lines, streams, files."""

import json
import os
import re
import signal

import pytest
import ups
from helpers import wait_until
from ups import TERM

pytestmark = pytest.mark.usefixtures("own_registry")

CLOCK = r"[0-2][0-9]:[0-5][0-9]:[0-5][0-9]"


def test_a_prefix_as_wide_as_the_longest_name(project):
    result = project("a: echo one\nworker: echo two\n").jig("up", "-q", "--any-can-die")
    assert result.status == 0, result
    lines = sorted(result.lines, key=lambda line: line.split(" ", 1)[1])
    assert re.fullmatch(CLOCK + r" a\.1      \| one", lines[0])
    assert re.fullmatch(CLOCK + r" worker\.1 \| two", lines[1])


def test_each_stream_stays_its_own(project):
    here = project("a: echo out; echo err >&2\n")
    words = ("up", "-q", "--no-prefix")
    result = here.jig(*words)
    assert (result.out, result.err) == ("out\n", "err\n")
    result = here.jig(*words, "--merge")
    assert sorted(result.lines) == ["err", "out"] and result.err == ""


def test_json_lines(project):
    text = r"""printf 'a "b" \\ \377 \t c\n'; printf 'no newline' >&2"""
    result = project(f"a: {text}\n").jig("up", "-q", "--json")
    assert result.status == 0, result
    one = json.loads(result.lines[0])
    assert one["name"] == "a.1" and one["stream"] == "stdout"
    assert one["line"].startswith('a "b" \\ ') and one["line"].endswith("\t c")
    other = json.loads(result.err)
    assert (other["stream"], other["line"]) == ("stderr", "no newline")


def test_a_partial_last_line_comes_out(project):
    result = project("a: printf 'one\\ntwo'\n").jig("up", "-q", "--no-prefix")
    assert result.out == "one\ntwo\n"


def test_bytes_pass_as_they_are(project):
    result = project("a: printf 'x\\000y\\377z\\n'\n").jig("up", "-q", "--no-prefix")
    assert result.out.encode(errors="surrogateescape") == b"x\0y\xffz\n"


def test_no_line_is_lost_or_torn(project, place):
    """Of ten writers at once, whose writes end in the middle of lines."""
    script = (
        "import sys\n"
        "text = b''.join(b'%s %06d %s\\n' % (sys.argv[1].encode(), i, b'x' * 80)\n"
        "    for i in range(5000))\n"
        "for i in range(0, len(text), 1013): sys.stdout.buffer.raw.write(text[i:i+1013])\n"
    )
    (place.work / "write.py").write_text(script)
    entries = [f"p{i}: exec {ups.helpers.PYTHON} write.py w{i}\n" for i in range(10)]
    here = project("".join(entries))
    result = here.jig("up", "-q", "--no-prefix", "--any-can-die")
    assert result.status == 0, result.err
    seen = {f"w{i}": 0 for i in range(10)}
    for line in result.lines:
        name, number, rest = line.split(" ")
        assert rest == "x" * 80 and int(number) == seen[name]
        seen[name] += 1
    assert set(seen.values()) == {5000}


def test_a_reader_that_reads_nothing_keeps_no_process(project, place):
    """The service waits, as on any pipe; commands and the stop go on."""
    here = project("a: exec yes\n")
    jig = here.start()
    here.await_answer()
    here.await_state("a.1", "ready")
    before = here.ps()["a.1"]["pid"]
    wait_until(lambda: ups.helpers.state_of(before) == "S", "it waits for its pipe")
    assert ups.end(jig).status == TERM


def test_nothing_is_lost_to_a_slow_reader(project, place):
    here = project("a: i=0; while [ $i -lt 20000 ]; do echo $i; i=$((i+1)); done\n")
    jig = here.start("-q", "--no-prefix")
    here.await_answer()
    for number in range(20000):
        assert jig.line() == str(number)
    assert jig.wait() == 0


def test_the_reader_goes(project, place):
    """`jig up | head -1` ends, and nothing is left."""
    here = project(f"a: echo one; while :; do echo more; done\nb: {ups.forever(place)}\n")
    jig = here.start("-q")
    jig.line()
    jig._popen.stdout.close()
    jig._popen.stdout = open(os.devnull, "rb")
    assert jig.wait() == 128 + signal.SIGPIPE
    assert place.await_empty() == []


def test_log_dir(project, place):
    here = project("a: echo out; echo err >&2\nb: echo other\n")
    assert here.jig("up", "--any-can-die", "--log-dir", "log").status == 0
    assert sorted(os.listdir(place.work / "log")) == ["a.1.log", "b.1.log"]
    text = here.read("log/a.1.log")
    assert "out\n" in text and "err\n" in text and "other" not in text


def test_log_files_rotate(project, place):
    loop = "i=0; while [ $i -lt 400 ]; do echo line $i; i=$((i+1)); done"
    here = project(f"a: {loop}\n")
    words = ("--log-dir", "log", "--log-size", "2k", "--log-files", "2")
    assert here.jig("up", *words).status == 0
    names = sorted(os.listdir(place.work / "log"))
    assert names == ["a.1.log", "a.1.log.1", "a.1.log.2"]
    for name in names:
        assert (place.work / "log" / name).stat().st_size <= 2048 + 100
    # The last line is there, and those that are kept follow each other.
    kept = "".join(here.read(f"log/{name}") for name in reversed(names))
    numbers = [int(n) for n in re.findall(r"line (\d+)$", kept, re.MULTILINE)]
    assert numbers == list(range(numbers[0], 400))


def test_a_log_directory_that_cannot_be_written_to(project, place):
    (place.work / "log").write_text("a file")
    result = project("a: echo one\n").jig("up", "--log-dir", "log")
    assert "log" in result.out + result.err
    assert result.status == 1 and "a.1 |" not in result.out


def test_a_full_disk_for_logs(project, place):
    """/dev/full is one: the service goes on, and jig reports it."""
    (place.work / "log").mkdir()
    os.symlink("/dev/full", place.work / "log" / "a.1.log")
    result = project("a: echo one; echo two\n").jig("up", "--log-dir", "log")
    assert result.status == 0, result
    assert "| one" in result.out and "| two" in result.out
    assert "log" in result.out + result.err


def test_logs_keeps_the_last_lines(project, place):
    here = project(f"a: for i in 1 2 3; do echo $i; done; {ups.forever(place)}\n")
    here.start()
    here.await_answer()
    wait_until(lambda: "| 3" in here.jig("logs", "a").out, "all is written")
    assert [text[-1] for text in here.jig("logs", "-n", "2").lines] == ["2", "3"]
    assert here.jig("logs", "-n", "0", "a.1").out.count("|") == 4
    assert here.jig("logs", "b").status == 1
    assert here.jig("down").status == 0
