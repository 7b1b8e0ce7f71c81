# SPDX-License-Identifier: MIT
"""`jig run --env-file` reads the dialects of Foreman and Honcho as they do.

The oracle is their own code: Foreman's class reads each case, too. Debian has no
Honcho; Python's shlex stands for it, with what Honcho does to its tokens. The
tables of the docker dialect are in tests/unit/env_file.c.
"""

import json
import re
import shlex
import shutil
import subprocess

import pytest
from helpers import FAILED, one_line

IS_NAME = re.compile("[A-Za-z_]")

#: Lines that are hard for one dialect or another.
LINES = r"""
A=b
A=
A
=b
A==b
A=b=c
A=b c
A = b
A =b
A= b
 A=b
	A=b
A=b 
export A=b
export	A=b
A=b # c
A=b#c
A=#c
# A=b
 # A=b
A="b"
A='b'
A=""
A=''
A="b c"
A='b c'
A="b" c
A="b"c
A=b"c"
A=b'c'd
A="b"'c'
A="b
A='b
A=b"
A=b'
A="
A='
A="'
A="b'c"
A='b"c'
A="b\"c"
A="b\\"
A="b\"
A='b\'
A='b\'c'
A=b\nc
A=b\\nc
A="b\nc"
A="b\\nc"
A="b\\\nc"
A='b\nc'
A='b\tc'
A="b\tc\\td"
A=b\tc
A=\b
A=\
A=b\
A="\
A=\"b\"
A=\'b\'
A="\$b \x \' \`"
A=$HOME
A=${HOME}
A="$HOME"
A='$HOME'
A=$(id)
A=`id`
A=b;c
A=b&c|d<e>f
A=http://h:80/p?q=1&r=%20#f
A="http://h/#f"
A=a/b.c+d-e:f
A=b,c{d}[e]
A=*?~!@^
A: b
A.B=c
A-B=c
1A=b
_=b
a_b9=c
A b=c
A"b"=c
"A"=b
'A B'=c
"A=B"=c
A\b=c
A$=b
it's
it's=b
say "hi
x\
""=b
A="" ""
A='' b ''
A = = b
A=(b c)
A="a"="b"
ä=b
A=ä
A=äöü ß×÷
A="ä × …"
A=…
A=\ä
Aä=b
A\ä=b
A=b c
A=😀
A='😀' 😀
""".strip("\n").split("\n")

#: Cases that a list of lines cannot express.
TEXTS = {
    "empty": "",
    "no newline at the end": "A=b\nB=c",
    "blank lines": "\n\nA=b\n\n",
    "twice": "A=b\nB=c\nA=d\n",
    "crlf": "A=b\r\nB='c'\r\nC=\"d\"\r\n",
    "cr at the end": "A=b\r",
    "cr within": "A=b\rB=c\n",
    "tabs": "A\t=\tb\tc\t\n",
    "form feed": "A=b\fB=c\n",
    "vertical tab": "A=b\vB=c\n",
    "separators": "A=b\x1cB=c\x1dC=d\x1eD=e\x1fE\n",
    "next line": "A=b\x85B=c\n",
    "line separator": "A=b\u2028B=c\u2029C=d\n",
    "byte order mark": "\ufeffA=b\nB=c\n",
    "no-break space": "A=b\xa0c\n\xa0B=c\n",
    "quote over lines": 'A="b\nc"\nB=d\n',
    "right but for the third": "A=b\nB=c\nC='d\n",
    "control characters": "A=\x01\x1b[1m\x7f\n",
    "long": "A=" + "b" * 100000 + "\n",
    "many": "".join(f"N{i}={i}\n" for i in range(500)),
}

CASES = {line: line + "\n" for line in LINES} | TEXTS

#: Foreman::Env on each file that is named.
RUBY = """
require "foreman/env"
require "json"
found = ARGV.map do |path|
  variables = {}
  Foreman::Env.new(path).entries { |name, value| variables[name] = value }
  variables
end
puts JSON.generate(found)
"""


def honcho(text: str):
    """Variables; or the line (from 1 on) that it cannot read."""
    found = {}
    for number, line in enumerate(text.splitlines(), 1):
        try:
            tokens = list(shlex.shlex(line, posix=True))
        except ValueError:
            return number
        if len(tokens) < 3 or tokens[1] != "=" or not IS_NAME.match(tokens[0]):
            continue
        name, _, *rest = tokens
        if "=" in name:
            return number  # No environment can have it: Popen() refuses.
        value = "".join(rest).replace("\\n", "\n")
        found[name] = value.replace("\\t", "\t")
    return found


def write_cases(folder) -> dict[str, str]:
    """The path of each case's file."""
    paths = {}
    for i, (case, text) in enumerate(CASES.items()):
        path = folder / f"case{i}.env"
        path.write_bytes(text.encode())
        paths[case] = str(path)
    return paths


@pytest.fixture(name="paths", scope="module")
def _paths(tmp_path_factory):
    return write_cases(tmp_path_factory.mktemp("env"))


@pytest.fixture(name="foreman", scope="module")
def _foreman(paths):
    """How Foreman reads each case."""
    if not shutil.which("ruby"):
        pytest.skip("no ruby")
    done = subprocess.run(
        ["ruby", "-Ku", "-e", RUBY, *paths.values()],
        env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        check=False,
        text=True,
    )
    if "cannot load such file" in done.stderr:
        pytest.skip("no ruby-foreman")
    assert done.returncode == 0, done.stderr
    return dict(zip(paths, json.loads(done.stdout), strict=True))


def read(run, path: str, dialect: str):
    """The variables that jig reads; or the result when it refuses."""
    words = ["--clear-env", "--env-file", path, "--env-dialect", dialect]
    result = run(*words, "/usr/bin/env", "-0")
    if result.status != 0:
        return result
    items = result.out.split("\0")[:-1]
    return dict(item.split("=", 1) for item in items)


@pytest.mark.parametrize("case", CASES)
def test_foreman_reads_it_so(case, run, paths, foreman):
    assert read(run, paths[case], "foreman") == foreman[case]


@pytest.mark.parametrize("case", CASES)
def test_honcho_reads_it_so(case, run, paths):
    expected = honcho(CASES[case])
    found = read(run, paths[case], "honcho")
    if isinstance(expected, dict):
        assert found == expected
    else:
        assert found.status == FAILED
        assert f"{paths[case]}:{expected}: " in one_line(found)


def test_the_cases_are_hard():
    """The oracle refuses some, ignores some and takes some; a table of cases
    that are all alike would hold nothing."""
    results = [honcho(text) for text in CASES.values()]
    assert sum(isinstance(result, int) for result in results) > 10
    assert results.count({}) > 10
    assert sum(bool(result) for result in results) > 60
