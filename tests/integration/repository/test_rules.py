# SPDX-License-Identifier: MIT
"""What the repository promises of itself: folders, sizes, names, documents."""

import collections
import importlib.machinery
import importlib.util
import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest
from helpers import TOP, jig, stage
from promises import (
    commands,
    files_of_tests,
    is_there,
    named_in,
    shown_options,
    text_of,
)

sys.path.insert(0, str(TOP / "tests"))
import layers  # noqa: E402
import mentions  # noqa: E402

#: A function fits a screen; none is longer than this.
LONGEST_FUNCTION = 60

_FOLDERS = (
    *("src", "include", "tests", "examples", "bench", "tools", "completions", "python"),
    "node",
)
_CODE = {".c", ".h", ".cpp", ".py", ".sh", ".js", ".mjs", ".ts", ".mts"}
_GENERATED = {"__pycache__", "corpus"}


def files() -> list[pathlib.Path]:
    return [
        path
        for folder in _FOLDERS
        for path in sorted((TOP / folder).rglob("*"))
        if path.is_file() and not _GENERATED.intersection(path.parts)
    ]


def is_source(path: pathlib.Path) -> bool:
    if path.suffix in _CODE or path.name == "meson.build":
        return True
    return not path.suffix and path.read_bytes().startswith(b"#!")


def sources() -> list[pathlib.Path]:
    return [path for path in files() if is_source(path)]


def c_files() -> list[pathlib.Path]:
    return [path for path in files() if path.suffix in {".c", ".h"}]


def names(paths) -> list[str]:
    return [str(path.relative_to(TOP)) for path in paths]


def test_folders_and_includes_are_as_the_table_says():
    """The table of docs/ARCHITECTURE.md."""
    assert layers.violations() == []


#: A table of two folders, and a third one that stands above both.
_TABLE = """# Title

## Folders

| folder | meaning | may include |
| --- | --- | --- |
| `base` | what all need | – |
| `net` | sockets | `base` |
| `core` | what holds it | `net` |

## Another section
"""


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A repository with that table, and a source and a header in each folder."""
    monkeypatch.setattr(layers, "ROOT", tmp_path)
    monkeypatch.setattr(layers, "SRC", tmp_path / "src")
    monkeypatch.setattr(layers, "TABLE", tmp_path / "ARCHITECTURE.md")
    layers.TABLE.write_text(_TABLE)
    for name in ("base", "net", "core"):
        (layers.SRC / name).mkdir(parents=True)
        for suffix in (".c", ".h"):
            (layers.SRC / name / f"{name}{suffix}").write_text("")
    return layers.SRC


def include(path: pathlib.Path, header: str) -> None:
    path.write_text(f'{path.read_text()}#include "{header}"\n')


def test_the_layers_check_accepts_what_the_table_allows(small):
    """Also what a folder may include through another one."""
    include(small / "core" / "core.c", "base/base.h")
    include(small / "core" / "core.c", "net/net.h")
    assert layers.violations() == []


def test_the_layers_check_finds_a_wrong_include(small):
    include(small / "base" / "base.c", "core/core.h")
    include(small / "net" / "net.c", "net/none.h")
    assert layers.violations() == [
        'src/base/base.c: "core/core.h": base may not include core',
        'src/net/net.c: "net/none.h" is no header of src/',
    ]


def test_the_layers_check_finds_a_circle(small):
    """base includes net, and net includes base: the first is wrong in itself, too."""
    include(small / "base" / "base.h", "net/net.h")
    include(small / "net" / "net.h", "base/base.h")
    include(small / "core" / "core.h", "net/net.h")
    assert layers.violations()[-1] == "a circle of folders: base, net"


def test_the_layers_check_finds_a_folder_that_is_in_no_row_and_a_row_without(small):
    (small / "new").mkdir()
    (small / "new" / "new.c").write_text("")
    for path in (small / "core").iterdir():
        path.unlink()
    assert layers.violations() == [
        "src/new: not in the table of ARCHITECTURE.md",
        "core: in the table, and no folder of src/",
    ]


def test_the_layers_check_finds_a_row_that_points_down(small):
    layers.TABLE.write_text(_TABLE.replace("| – |", "| `core` |"))
    assert "base: core does not stand above it in the table" in layers.violations()


def test_the_layers_check_finds_a_name_that_says_nothing(small):
    layers.TABLE.write_text(_TABLE.replace("| `net` |\n", "| `net`, `base` |\n"))
    assert layers.violations() == [
        "core: base is named twice, another one may include it"
    ]


def test_the_layers_check_finds_long_meanings_and_large_folders(small):
    layers.TABLE.write_text(_TABLE.replace("sockets", "sockets " * 11))
    for number in range(layers.MOST_MODULES):
        (small / "base" / f"{number}.c").write_text("")
    assert layers.violations() == [
        "net: the meaning does not fit one line",
        f"src/base: {layers.MOST_MODULES + 1} modules, at most {layers.MOST_MODULES}",
    ]


def test_the_map_is_whole_and_what_is_named_is_there():
    assert mentions.violations() == []


#: A map with a file too many and one too few; src/base/new.c is on none.
_MAP = """// SPDX-License-Identifier: MIT
/*
 * A map.
 *
 * base/    fd.c old.c
 *     list.h    as base/fd.c has it
 * cli/     main.c
 */
int main(void) { return run(); }
"""


@pytest.fixture
def mapped(tmp_path, monkeypatch):
    monkeypatch.setattr(mentions, "ROOT", tmp_path)
    texts = {
        "src/cli/main.c": _MAP,
        "src/base/fd.c": "/* See lost.c. */\nint fd_open(void);\n",
        "src/base/fd.h": "/* fd_open() and no fd_lose(); not killpg(). */\n",
        "src/base/list.h": '#include "none.h"\n',
        "src/base/new.c": "",
        "CONTRIBUTING.md": "`base/fd.h`, `tests/test_none.py`, `src/base/NAME.c`.\n",
        "docs/PAGE.md": "`fd_*.c`, `f*.h`, `cli/fd.c`.\n",
    }
    for name, text in texts.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_the_check_of_the_map_finds_what_is_too_much_and_what_is_missing(mapped):
    assert list(mentions.wrong_map()) == [
        "the map: src/base/old.c is not there",
        "the map: src/base/new.c is missing",
    ]


def test_the_check_of_names_finds_what_is_not_there(mapped):
    assert list(mentions.unknown_names()) == [
        "CONTRIBUTING.md: there is no tests/test_none.py",
        "docs/PAGE.md: there is no cli/fd.c",
        "docs/PAGE.md: there is no fd_*.c",
        "src/base/fd.c: there is no lost.c",
        "src/base/fd.h: there is no fd_lose()",
        "src/cli/main.c: there is no old.c",
    ]


def anchors(path: pathlib.Path) -> set[str]:
    """As GitHub makes them from headings."""
    heads = re.findall(r"^#+ (.*)$", text_of(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def broken_links(document: pathlib.Path) -> list[str]:
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", text_of(document)):
        file, _, anchor = link.partition("#")
        target = document.parent / file if file else document
        if re.match(r"\w+:", link):
            continue
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(f"{document.relative_to(TOP)}: {link}")
    return broken


def test_every_link_of_a_document_leads_somewhere():
    documents = [*TOP.glob("*.md"), *(TOP / "docs").rglob("*.md")]
    assert [link for document in documents for link in broken_links(document)] == []


def load_pictures():
    """tools/pictures as a module."""
    path = str(TOP / "tools" / "pictures")
    loader = importlib.machinery.SourceFileLoader("pictures", path)
    spec = importlib.util.spec_from_loader("pictures", loader)
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def test_every_picture_is_up_to_date():
    """Otherwise: tools/pictures."""
    drawn = load_pictures().pictures()
    assert set(drawn) == set((TOP / "docs" / "pictures").glob("*.svg"))
    assert names(path for path, svg in drawn.items() if text_of(path) != svg) == []


def test_every_picture_is_shown_by_a_document():
    text = "".join(text_of(path) for path in (TOP / "docs").rglob("*.md"))
    pictures = {path.name for path in (TOP / "docs" / "pictures").glob("*.svg")}
    assert pictures == set(re.findall(r"pictures/([\w-]+\.svg)\)", text))


#: Two boxes, and an arrow with a label between them.
_PICTURE = """size 300 100
box one 10 10 80 40 "one"
box two 200 10 80 40 "two"
arrow one.e -> two.w "says"
"""


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("", None),
        ('box three 10 40 80 40 "three"', "'three' and 'one' lie on each other"),
        ('box three 10 60 20 20 "three"', "three: 'three' does not fit"),
        ('box three 260 60 80 20 "three"', "three: outside"),
        ('box three 150 10 40 40 "3"', "the arrow from Point(x=90.0, y=30.0)"),
        ('note 150 36 "a note"', "'a note' and 'says' lie on each other"),
    ],
)
def test_a_picture_that_cannot_be_read_is_refused(line, fault):
    faults = load_pictures().read_picture(_PICTURE + line).faults()
    found = [one for one in faults if fault and one.startswith(fault)]
    assert found if fault else faults == []


def test_every_source_names_its_licence():
    without = [p for p in sources() if "SPDX-License-Identifier: MIT" not in _head(p)]
    assert names(without) == []


def _head(path: pathlib.Path) -> str:
    return "\n".join(path.read_text(errors="replace").splitlines()[:5])


def function_lengths(path: pathlib.Path) -> list[tuple[str, int]]:
    """(name, lines from the opening brace to the closing one) of each function.

    In the house's format a function's body begins with a brace in the first
    column, and ends with one.
    """
    found, begin = [], 0
    lines = path.read_text().splitlines()
    for number, line in enumerate(lines):
        if line == "{":
            begin = number
        elif line == "}" and begin:
            found.append((f"{path.relative_to(TOP)}:{begin}", number - begin + 1))
            begin = 0
    return found


def test_every_function_fits_a_screen():
    lengths = [one for path in c_files() for one in function_lengths(path)]
    assert lengths
    assert [one for one in lengths if one[1] > LONGEST_FUNCTION] == []


def expected_guard(path: pathlib.Path) -> str:
    """JIG_LAYER_NAME_H below src/, JIG_H for the public header."""
    if path.parent == TOP / "include":
        return "JIG_H"
    words = path.relative_to(TOP / "src").with_suffix("").parts
    return "_".join(["JIG", *words, "H"]).upper().replace("-", "_")


def test_every_header_has_its_guard():
    headers = [*(TOP / "include").glob("*.h"), *(TOP / "src").rglob("*.h")]
    wrong = []
    for path in headers:
        guard, text = expected_guard(path), path.read_text()
        if f"#ifndef {guard}\n#define {guard}\n" not in text:
            wrong.append(path)
    assert names(wrong) == []


#: Places of the machine that a file was written on. A path that a program is
#: free to make (/tmp/jig-UID) is none.
_MACHINE = re.compile(
    r"""(?:^|[\s"'`=(:])/(?:work/(?:main|shared)|root/|tmp/build|home/\w+/\w)""",
    re.MULTILINE,
)


def test_no_path_of_a_machine_is_in_a_file():
    documents = [p for f in ("", "docs", "man") for p in (TOP / f).glob("*.*")]
    documents += [TOP / "check", TOP / "demo"]
    documents = [p for p in documents if p.is_file() and p.name != ".git"]
    wrong = [p for p in sources() + documents if _MACHINE.search(text_of(p))]
    assert names(wrong) == []


def manual_of(command: str) -> pathlib.Path:
    """The page that `jig help COMMAND` names."""
    shown = subprocess.run(
        jig("help", command), check=True, capture_output=True, text=True, timeout=20
    ).stdout
    name, section = re.findall(r"(jig[\w-]*)\((\d)\)", shown)[-1]
    return TOP / "man" / f"{name}.{section}.scd"


#: Whose options are described with another command's, too.
SHARED = dict.fromkeys(("start", "session"), "jig-run.1.scd") | dict.fromkeys(
    ("restart", "stop", "logs", "attach", "ps", "export"), "jig-up.1.scd"
)


@pytest.mark.parametrize("command", commands())
def test_every_option_is_in_the_manual(command):
    pages = [manual_of(command)]
    if command in SHARED:
        pages.append(TOP / "man" / SHARED[command])
    text = "".join(text_of(page) for page in pages).replace("\\", "")
    options = shown_options(command)
    assert options or command != "run"
    missing = [one for one in options if not re.search(rf"{one}(?![a-z-])", text)]
    assert sorted(missing) == []


def test_the_table_of_commands_is_found():
    assert {"run", "up", "start", "jobs", "kill", "doctor"} <= set(commands())


def test_every_test_is_run_by_check():
    """It names folders, or files; names in braces are spelled out."""
    run = set()
    for before, words, after in re.findall(
        r"(tests/integration/[\w/]*)(?:\{([\w,]+)\})?([\w.]*)", text_of(TOP / "check")
    ):
        run |= {f"{before}{word}{after}" for word in words.split(",")}
    there = names((TOP / "tests" / "integration").rglob("test_*.py"))
    assert [one for one in there if not {one, one.rpartition("/")[0]} & run] == []


@pytest.mark.parametrize("folder", ["unit", "lib"])
def test_every_test_in_c_was_built(folder):
    """A library that is missing when meson looks leaves them out in silence."""
    build = stage.jig_path().parent
    if not (build / "build.ninja").exists():
        pytest.skip(f"{build} is no build folder")
    tests = {
        path.stem
        for path in (TOP / "tests" / folder).glob("*.c")
        if "\nint main(" in text_of(path) and "header" not in path.name
    }
    programs = build / "tests" / folder
    built = {path.name.removeprefix(f"{folder}_") for path in programs.iterdir()}
    assert tests and sorted(tests - built) == []


def guarantees() -> pathlib.Path:
    return TOP / "docs" / "GUARANTEES.md"


def promised_tests() -> list[str]:
    return named_in(guarantees())


def test_a_test_that_is_not_there_is_found():
    assert is_there("repository/test_rules.py::test_a_test_that_is_not_there_is_found")
    assert is_there("host.c::edge_15_a_fixture_outlives_its_thread")
    assert is_there("tests/lib/host.c")
    none = ("repository/test_rules.py::test_none", "test_none.py", "ost.c", "src/net/names.c")
    assert not any(is_there(name) for name in none)


def test_every_promise_names_a_test_that_is_there():
    promised = promised_tests()
    assert promised
    assert sorted({name for name in promised if not is_there(name)}) == []


def edge_cases() -> list[str]:
    """Each with its number, in the document's order."""
    text = text_of(TOP / "docs" / "EDGE_CASES.md")
    return re.findall(r"^\d+\. .*(?:\n(?: +.*)?)*", text, re.MULTILINE)


def test_every_edge_case_names_a_test_that_is_there():
    """Except for one that is not claimed."""
    cases = edge_cases()
    assert [int(case.split(".")[0]) for case in cases] == list(range(1, len(cases) + 1))
    unheld = [case for case in cases if not re.search(r"\n +Held by\s+`", case)]
    assert [case.split(".")[0] for case in unheld] == ["12"]
    assert "Not claimed" in unheld[0]
    named = named_in(TOP / "docs" / "EDGE_CASES.md")
    assert len(named) > len(cases)
    assert sorted({name for name in named if not is_there(name)}) == []


def test_every_number_of_an_edge_case_that_a_test_cites_is_there():
    numbers = {case.split(".")[0] for case in edge_cases()}
    cited = set()
    for path in files_of_tests():
        for words in re.findall(r"EDGE_CASES ([\d, andto]+\d)", text_of(TOP / path)):
            cited |= set(re.findall(r"\d+", words))
    assert cited and cited <= numbers


def test_every_way_that_a_promise_names_is_played():
    """"the same with `child`, `pgroup`": programs of tests/hostile/ways.txt."""
    rows = re.findall(r"[` ]with (`\w+`(?:, `\w+`)*)", text_of(guarantees()))
    named = {name for row in rows for name in re.findall(r"\w+", row)}
    played = {way.name for way in stage.ways("all")}
    assert named and sorted(named - played) == []
    assert sorted(played - named) == []


def test_every_edge_case_of_the_library_has_a_test():
    text = text_of(guarantees()).split("\n## The library\n")[1].split("\n## ")[0]
    cells = [row.split("|")[-2] for row in text.splitlines() if row.startswith("| ")]
    promised = {number for cell in cells for number in re.findall(r"\d+", cell)}
    tests = [*(TOP / "tests/lib").glob("*.c"), *(TOP / "tests/unit").glob("*.c")]
    held = {n for path in tests for n in re.findall(r"\bedge_(\d+)_", text_of(path))}
    assert promised and sorted(promised - held) == []


def shared_library() -> pathlib.Path:
    build = pathlib.Path(jig()[0]).resolve().parent
    library = build / "src" / "libjig.so"
    if not library.exists():
        pytest.skip(f"no {library}")
    return library


def test_only_jig_names_are_exported():
    if not shutil.which("nm"):
        pytest.skip("no nm")
    listed = subprocess.run(
        ["nm", "-D", "--defined-only", str(shared_library())],
        check=True,
        capture_output=True,
        text=True,
        timeout=20,
    ).stdout
    exported = {line.split()[-1].split("@")[0] for line in listed.splitlines()}
    exported.discard("JIG_1")  # the version itself
    assert [name for name in exported if not name.startswith("jig_")] == []
    assert exported == declared()


def declared() -> set[str]:
    """The functions of jig.h."""
    text = text_of(TOP / "include" / "jig.h")
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    return set(re.findall(r"JIG_API[^;(]*?\b(jig_\w+)\(", text))


def test_every_program_in_the_tree_may_be_run():
    scripts = [p for p in files() if p.read_bytes().startswith(b"#!")]
    assert names(p for p in scripts if not os.access(p, os.X_OK)) == []


#: What prints: on stdout or stderr, or into any stdio stream.
_PRINTS = re.compile(
    r"\b(?:v?f?printf|v?dprintf|f?puts|f?putc|putchar|fwrite|perror|psignal|v?warnx?|v?errx?)\("
    r"|\b(?:write|fd_write_all)\((?:1|2|STDOUT_FILENO|STDERR_FILENO)\b"
)

#: Who prints bytes that nobody has looked at, and why it may.
_UNTOUCHED = {
    "src/up/import.c": "YAML, in which write.c escapes control characters",
    "src/up/control/ended.c": "lines that services have written; JSON",
    "src/cli/run/with/with.c": "the last lines of a server",
    "src/cli/run/with/line.c": "a line that was cleaned, and our own control sequence",
    "src/tty/page.c": "our own words, and bold type",
    "src/cli/completion_fish.c": "a part of a character of our own words",
    "src/cli/completion_zsh.c": "a part of a character of our own words",
    "src/cli/doctor/doctor.c": "JSON",
    "src/cli/job/begin/job.c": "what complain() wrote for a keeper, and a job's output",
    "src/cli/job/logs.c": "a job's output",
    "src/cli/job/jobs.c": "JSON",
    "src/cli/look/ps.c": "columns, made with view/printable.h; JSON",
    "src/cli/run/run.c": "the last lines of the command",
    "src/cli/look/tree_show.c": "lines and pictures, made with view/printable.h; JSON",
    "src/up/control/talk.c": "lines of services, and terminals",
}


def c_sources_but(*without: str) -> list[pathlib.Path]:
    paths = [path for path in (TOP / "src").rglob("*.c")]
    return [path for path in paths if str(path.relative_to(TOP)) not in without]


_STATIC = re.compile(r"^static [\w *]*?\b(\w+)\(", re.MULTILINE)


def test_a_static_functions_name_stands_once_in_src():
    """So grep, ctags and a backtrace tell functions apart."""
    files = collections.defaultdict(set)
    for path in c_sources_but():
        for name in _STATIC.findall(text_of(path)):
            files[name].add(str(path.relative_to(TOP)))
    assert len(files) > 1500
    assert {name: found for name, found in files.items() if len(found) > 1} == {}


_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.S)
_PARAMETERS = r"\((?:[^;{}()]|\([^()]*\))*\)"
_DEFINED = re.compile(rf"\b(\w+)\s*{_PARAMETERS}\s*\{{")
_DECLARED = re.compile(rf"^(?!static|typedef)[a-z][\w\s*]*?\b(\w+){_PARAMETERS}[^;{{}}=]*;", re.M)


def test_each_function_of_a_header_is_there():
    """One that no longer exists is no error of the linker unless it is called."""
    sources = [path for path in files() if path.is_relative_to(TOP / "src")]
    code = {path: _COMMENT.sub("", text_of(path)) for path in sources}
    defined = {
        name for path in sources if path.suffix == ".c" for name in _DEFINED.findall(code[path])
    }
    declared = {
        (str(path.relative_to(TOP)), name)
        for path in sources
        if path.suffix == ".h"
        for name in _DECLARED.findall(code[path])
    }
    assert len(declared) > 800
    assert sorted(one for one in declared if one[1] not in defined) == []


def test_no_source_is_long():
    """Of one purpose: about 400 lines at most."""
    long = [path for path in c_sources_but() if len(text_of(path).splitlines()) > 420]
    assert names(long) == []


def test_one_file_prints_and_it_lets_no_control_through():
    """tty/say.c: so no control sequence of a name reaches a terminal."""
    prints = [path for path in c_sources_but("src/tty/say.c") if _PRINTS.search(text_of(path))]
    assert names(prints) == []


def test_what_is_printed_untouched_has_a_reason():
    calls = re.compile(r"\b(?:say_bytes|say_now|complain_bytes)\(")
    found = [path for path in c_sources_but("src/tty/say.c") if calls.search(text_of(path))]
    assert set(names(found)) == set(_UNTOUCHED)


def test_no_time_is_added_to_but_by_the_sum_that_saturates():
    """clock_add_us() and what base/clock.h makes of it."""
    sum_of_time = re.compile(
        r"(clock_us\(\)|\bnow(_us)?|\w*(began|started|until|since|deadline)_us) \+[^+]"
        r"|\+ (clock_us\(\)|now_us)|\w+_ms \* (INT64_C\()?1000|\)\s*\w*_ms \* 1000"
    )
    found = [
        f"{path.relative_to(TOP)}: {line.strip()}"
        for path in sorted((TOP / "src").rglob("*.[ch]"))
        if path.name not in ("clock.c", "clock.h")
        for line in path.read_text().splitlines()
        if sum_of_time.search(line)
    ]
    assert not found, "\n".join(found)


#: Files with calls that are not in RETRY(), and why a signal does no harm.
_INTERRUPTED = {
    "base/clock.c": "clock_sleep_us() is the retry",
    "base/poll.c": "poll_fds() is the retry",
    "base/retry.c": "retry_connect() is the retry",
    "proc/aside.c": "WNOHANG",
    "proc/dropping.c": "select() that does not wait",
    "core/output/asking.c": "a helper that blocks all signals; a socket that does not wait",
    "core/output/capture.c": "a terminal that does not wait",
    "core/probe/connector.c": "sockets that do not wait",
    "core/guard/alone.c": "a signalfd that does not wait",
    "core/guard/clearing.c": "a signalfd that does not wait",
    "core/guard/signals.c": "a signalfd that does not wait",
    "core/output/outlet.c": "EINTR is repeated, or the next turn's",
    "core/probe/kind/exec.c": "a pipe that does not wait; WNOHANG",
    "core/probe/kind/fd.c": "a pipe that does not wait; EINTR is repeated",
    "core/probe/kind/http.c": "a socket that does not wait",
    "core/supervisor/reaping.c": "wait_any() is in RETRY() as a whole; WNOHANG",
    "net/socket_file.c": "a socket that does not wait",
    "core/supervisor/supervisor.c": "a signalfd that does not wait",
    "lib/foreground.c": "EINTR is the next turn's, which looks at the size",
    "job/keeper/flow.c": "EINTR is repeated; a timer that does not wait",
    "tty/full_screen.c": "a signalfd; EINTR is no key",
    "tty/relay.c": "a signalfd; EINTR is the next turn's",
    "tty/say.c": "EINTR is repeated",
    "cli/run/with/end.c": "a signalfd that does not wait",
    "cli/run/with/start.c": "a signalfd that does not wait",
    "cli/job/send.c": "EINTR is repeated",
    "agent/agent.c": "a signalfd that does not wait",
    "agent/fixture/inlet.c": "a pipe or terminal that does not wait",
    "agent/fixture/tap.c": "a pipe or terminal that does not wait",
    "agent/wire/lines.c": "EINTR is the next turn's",
    "via/input.c": "EINTR is the next turn's",
    "via/stop.c": "a signalfd that does not wait",
    "up/engine/attach.c": "EINTR is the next turn's",
    "up/engine/background.c": "EINTR is repeated",
    "up/control/talk.c": "EINTR is the next turn's; a signalfd",
    "up/engine/feed.c": "EINTR is repeated",
    "up/output/output.c": "the loop looks at its time",
    "up/output/sink.c": "EINTR is repeated",
    "up/run.c": "a signalfd that does not wait",
    "up/output/writer.c": "EINTR is repeated",
}

_WAITS = re.compile(
    r"(?<![\w.>])(open|openat|read|pread|write|flock|accept4|waitpid|waitid|nanosleep"
    r"|clock_nanosleep|poll|ppoll|select|connect|send|sendto|sendmsg|recv|recvmsg"
    r"|getrandom|fsync)\("
)

#: Functions of jig with the name of a system call.
_NAMESAKES = {"lib/fixture_mute.c": "send", "cli/kill/job.c": "send"}


def _without_comments(path: pathlib.Path) -> str:
    text = re.sub(r"/\*.*?\*/|//[^\n]*", "", text_of(path), flags=re.DOTALL)
    return re.sub(r'"(\\.|[^"\\\n])*"', '""', text)


def _arguments(text: str, begin: int) -> str:
    depth = 0
    for end in range(begin, len(text)):
        depth += (text[end] == "(") - (text[end] == ")")
        if depth == 0:
            return text[begin:end]
    return text[begin:]


def calls_that_a_signal_ends(path: pathlib.Path) -> list[str]:
    """Neither in RETRY(), nor with a flag that says not to wait."""
    text, found = _without_comments(path), []
    for call in _WAITS.finditer(text):
        before = text[: call.start()]
        line = before.rpartition("\n")[2]
        if re.search(r"RETRY\(\s*$", before) or re.match(r"(static|int|ssize_t|void)\b", line):
            continue
        how = _arguments(text, call.end() - 1)
        if not re.search("WNOHANG|MSG_DONTWAIT|GRND_NONBLOCK|O_NONBLOCK", how):
            found.append(call.group(1))
    return found


def test_every_call_that_waits_is_retried_or_has_a_reason():
    """Sources of SYS_CALL() block all signals: see sys_clone_call()."""
    found = set()
    for path in sorted((TOP / "src").rglob("*.c")):
        name = str(path.relative_to(TOP / "src"))
        calls = calls_that_a_signal_ends(path)
        if set(calls) - {_NAMESAKES.get(name)}:
            found.add(name)
    assert sorted(found ^ set(_INTERRUPTED)) == []
