# SPDX-License-Identifier: MIT
"""The documents as a site (tools/site): whole, on its own, and usable in a browser."""

import html
import importlib.machinery
import importlib.util
import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest
from helpers import TOP, jig

_LIMIT_S = 180

pytestmark = pytest.mark.skipif(
    not (
        importlib.util.find_spec("markdown")
        and shutil.which("scdoc")
        and shutil.which("mandoc")
    ),
    reason="not installed: python3-markdown, scdoc or mandoc",
)


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> pathlib.Path:
    place = tmp_path_factory.mktemp("site") / "html"
    done = build(place)
    assert (done.returncode, done.stderr) == (0, "")
    return place


def build(place: pathlib.Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(TOP / "tools" / "site"), str(place)],
        capture_output=True,
        text=True,
        timeout=_LIMIT_S,
    )


def load_site():
    """tools/site as a module."""
    loader = importlib.machinery.SourceFileLoader("site_of_jig", str(TOP / "tools/site"))
    spec = importlib.util.spec_from_loader("site_of_jig", loader)
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def pages_of(site: pathlib.Path) -> dict[str, str]:
    found = sorted(site.rglob("*.html"))
    return {str(path.relative_to(site)): path.read_text() for path in found}


def test_every_document_is_in_the_menu_of_every_page(site):
    documents = {
        *(str(path.relative_to(TOP)) for path in (TOP / "docs").rglob("*.md")),
        *("CONTRIBUTING.md", "CHANGELOG.md", "python/README.md", "node/README.md"),
    }
    manuals = {f"man/{path.stem}.html" for path in (TOP / "man").glob("*.scd")}
    expected = {re.sub(r"\.md$", ".html", name) for name in documents} | manuals
    for name, text in pages_of(site).items():
        menu = re.search(r"<nav.*?</nav>", text, re.DOTALL)[0]
        targets = [target for target in re.findall(r'href="([^"#]+)"', menu)]
        folder = (site / name).parent
        linked = {os.path.relpath(folder / target, site) for target in targets}
        assert linked == expected | {"index.html", "man/index.html"}


def test_a_second_build_replaces_the_first(tmp_path):
    assert build(tmp_path / "html").returncode == 0
    (tmp_path / "html" / "old.html").write_text("old")
    assert build(tmp_path / "html").returncode == 0
    assert not (tmp_path / "html" / "old.html").exists()


def test_a_directory_that_is_no_site_is_left_alone(tmp_path):
    (tmp_path / "mine").write_text("mine")
    done = build(tmp_path)
    assert done.returncode == 1 and "is no site" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


#: A repository with one document; its links lead to nothing, but for the last ones.
_LOST = """# Title

[file](docs/NONE.md) [outside](../other) [anchor](#none) [of another](docs/PAGE.md#none)

[good](docs/PAGE.md#a-heading-in-code) [file](LICENSE) [folder](src) [host](https://host/)
"""


def test_a_link_that_leads_to_nothing_is_found(tmp_path, monkeypatch):
    tree = tmp_path / "tree"
    texts = {
        "README.md": _LOST,
        "docs/PAGE.md": "# Page\n\n## A heading, in `code`\n",
        "LICENSE": "text",
        "src/a.c": "int a;",
    }
    for name, text in texts.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)
    module = load_site()
    monkeypatch.setattr(module.content, "TOP", tree)
    (tmp_path / "html").mkdir()
    assert module.build(tmp_path / "html") == [
        "README.md: there is no docs/NONE.md",
        "README.md: there is no ../other",
        "index.html: #none",
        "index.html: docs/PAGE.html#none",
    ]


def test_no_page_needs_another_host(site):
    """A link may lead there; nothing is loaded from there."""
    for path in site.rglob("*"):
        if path.suffix in {".html", ".css", ".js", ".svg"}:
            text = re.sub(r"<(a|pre|code)\b.*?</\1>", "", path.read_text(), flags=re.S)
            if path.name == "search-index.js":
                continue
            loaded = re.findall(r"""(?:src|href|url|import)\s*[=(]\s*["']?([^"')\s>]+)""", text)
            assert [one for one in loaded if re.match(r"(\w+:)?//|data:", one)] == [], path
            assert "@import" not in text and "@font-face" not in text


def test_no_file_names_a_place_of_this_machine(site):
    texts = [path.read_text() for path in site.rglob("*") if path.is_file()]
    assert len(texts) > 40
    assert [text for text in texts if str(TOP) in text or str(site) in text] == []


def test_markdown_is_understood_as_code_hosts_do(site):
    """No list, table or fence is left as text."""
    for name, text in pages_of(site).items():
        text = re.sub(r"<(pre|code)\b.*?</\1>", "", text, flags=re.DOTALL)
        assert not re.search(r"^\s*(```|\| ?-|[-*] |\d+\. )", text, re.MULTILINE), name
        assert not re.search(r"\]\(\S+\)", text), name


_UNSEEN = re.compile(
    r"!\[.*?\]\([^)\s]+\)|\]\([^)\s]+\)|<!--.*?-->|^```\w+|^ *\d+\. ",
    re.DOTALL | re.MULTILINE,
)


def words_of(text: str) -> list[str]:
    return re.findall(r"\w+", text)


def test_no_word_of_a_document_is_lost(site):
    """In their order, but for comments, targets of links and numbers of items."""
    documents = [*TOP.glob("*.md"), *(TOP / "docs").rglob("*.md")]
    assert len(documents) > 10
    for path in documents:
        name = str(path.relative_to(TOP)).replace("README.md", "index.html")
        page = site / name.replace(".md", ".html")
        source = _UNSEEN.sub("", path.read_text())
        main = re.search(r"<main>(.*)</main>", page.read_text(), re.DOTALL)[1]
        shown = html.unescape(re.sub(r"<!--.*?-->|<[^>]*>", "", main, flags=re.DOTALL))
        assert words_of(shown) == words_of(source), name


def test_an_item_keeps_its_number(site):
    """Other documents name it: EDGE_CASES 14."""
    source = (TOP / "docs" / "EDGE_CASES.md").read_text()
    numbers = [int(number) for number in re.findall(r"^(\d+)\. ", source, re.MULTILINE)]
    text = (site / "docs" / "EDGE_CASES.html").read_text()
    shown = []
    for start, items in re.findall(r'<ol(?: start="(\d+)")?>(.*?)</ol>', text, re.DOTALL):
        first = int(start or 1)
        shown += range(first, first + items.count("<li>"))
    assert shown == numbers and len(numbers) > 20


def test_a_list_is_read_as_code_hosts_do():
    text = "text\n- one\n  goes on\n  - two\n\n```\n- not\n  this\n```\n"
    expected = "text\n\n- one\n    goes on\n    - two\n\n```\n- not\n  this\n```"
    assert load_site().content.for_reader(text) == expected


def test_a_comment_is_no_row_of_the_table_above_it():
    assert load_site().content.for_reader("| a |\n<!-- b -->\ntext") == "| a |\ntext"


def test_a_nested_list_stays_nested(site):
    source = (TOP / "docs" / "BENCHMARKS.md").read_text()
    nested = len(re.findall(r"^- .*\n(?:  \w.*\n)*  - ", source, re.MULTILINE))
    text = (site / "docs" / "BENCHMARKS.html").read_text()
    main = text.partition("<main>")[2]
    assert nested and len(re.findall(r"<li>(?:(?!</li>).)*<ul>", main, re.DOTALL)) == nested


def test_the_pictures_are_shown(site):
    text = (site / "docs" / "ARCHITECTURE.html").read_text()
    for name in ("processes", "fixture", "folders"):
        picture = f"pictures/{name}.svg"
        assert re.search(rf'<a [^>]*href="{picture}"><img [^>]*src="{picture}"', text)
        assert (site / "docs" / "pictures" / f"{name}.svg").is_file()


def test_the_name_of_a_manual_page_is_a_link(site):
    assert '<a href="man/jig-run.1.html">jig-run(1)</a>' in (site / "index.html").read_text()
    text = (site / "man" / "jig-run.1.html").read_text()
    assert '<a href="jig-ready.7.html"><b>jig-ready</b>(7)</a>' in text


def test_an_option_of_a_manual_page_has_an_anchor(site):
    text = (site / "man" / "jig-run.1.html").read_text()
    source = (TOP / "man" / "jig-run.1.scd").read_text()
    options = set(re.findall(r"^\*(--[\w-]+)\*", source, re.MULTILINE))
    assert len(options) > 30
    anchors = re.findall(r'id="(-[\w-]+)"', text)
    assert options - set(anchors) == set()
    assert {"-q", "--quiet"} <= set(anchors)
    assert len(anchors) == len(set(anchors))


def index_of(site: pathlib.Path) -> list[list[str]]:
    text = (site / "search-index.js").read_text()
    return json.loads(re.fullmatch(r"const SEARCH_INDEX=(.*);\n", text)[1])


def test_the_index_of_the_search_has_every_section(site):
    """Each entry leads to an anchor, and has the text that stands there."""
    entries = index_of(site)
    pages = pages_of(site)
    for url, *_ in entries:
        name, _, anchor = url.partition("#")
        assert not anchor or f'id="{html.escape(anchor)}"' in pages[name]
    found = {(title, heading): text for _, title, heading, text in entries}
    assert "SIGKILL" in found["jig-run(1)", "--grace time"]
    assert ("jig-run(1)", "-q, --quiet") in found
    assert ("Architecture", "The life of a fixture") in found
    assert len(json.dumps(entries)) < 1_000_000


# ---------------------------------------------------------------- in a browser

WIDTHS = {"phone": 375, "desk": 1280}

#: Frames of one width; then, in the title, the pages that must be scrolled sideways.
_FRAMES = """<!doctype html><meta charset="utf-8"><title>-</title>
<style>iframe {{ width: {width}px; height: 800px; border: 0 }}</style>
{frames}
<script>
addEventListener("load", () => {{
	const wide = [...document.querySelectorAll("iframe")].filter((frame) => {{
		const root = frame.contentDocument.documentElement;
		return root.scrollWidth > root.clientWidth || !root.clientWidth;
	}});
	document.title = "wide: " + wide.map((frame) => frame.getAttribute("src")).join(" ");
}});
</script>
"""

_TYPE = """<!doctype html><title>-</title><iframe src="index.html"></iframe>
<script>
addEventListener("load", () => {
	const page = document.querySelector("iframe").contentDocument;
	const input = page.querySelector("input[name=q]");
	const results = page.querySelector(".results");
	new MutationObserver(() => {
		document.title = results.querySelector("a").getAttribute("href");
	}).observe(results, { childList: true });
	input.value = "proof of emptiness";
	input.dispatchEvent(new Event("input"));
});
</script>
"""


@pytest.fixture
def browse(site, tmp_path, place):
    """The document of a page of the site, after its scripts; or of a page beside it."""
    if not shutil.which("chromium"):
        pytest.skip("not installed: chromium")
    # A copy, to which tests may add pages.
    here = tmp_path / "html"
    shutil.copytree(site, here)

    def open_page(url: str, text: str = "", *options: str) -> str:
        if text:
            (here / url).write_text(text)
        chromium = [
            *("chromium", "--headless", "--no-sandbox", "--disable-gpu"),
            *("--disable-dev-shm-usage", "--virtual-time-budget=30000", *options),
            *(f"--user-data-dir={tmp_path}/profile", "--dump-dom", f"file://{here}/{url}"),
        ]
        done = subprocess.run(
            [*jig("run", "-q", "--grace", "20s", "--timeout", f"{_LIMIT_S}s", "--"), *chromium],
            env=place.env | {"HOME": str(tmp_path), "PATH": os.environ["PATH"]},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return open_page


def title_of(text: str) -> str:
    return html.unescape(re.search(r"<title>(.*?)</title>", text)[1])


_FRAMES_MAY_BE_READ = "--allow-file-access-from-files"


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
def test_no_page_must_be_scrolled_sideways(site, browse, width):
    names = [name for name in pages_of(site) if not name.startswith("files/")]
    names += ["files/LICENSE.html", "too-wide.html"]
    assert len(names) > 30
    browse("too-wide.html", '<!doctype html><div style="width: 2000px">wide</div>')
    frames = "".join(f'<iframe src="{name}"></iframe>\n' for name in names)
    page = _FRAMES.format(width=width, frames=frames)
    assert title_of(browse("frames.html", page, _FRAMES_MAY_BE_READ)) == "wide: too-wide.html"


def test_the_page_of_results_shows_sections_without_a_server(browse):
    found = browse("search.html?q=grace+SIGKILL")
    assert re.search(r'<a href="[^"]*man/jig-run\.1\.html#--grace">', found)
    assert "Nothing was found." in browse("search.html?q=no-such-word")


def test_the_search_finds_while_you_type(browse):
    title = title_of(browse("type.html", _TYPE, _FRAMES_MAY_BE_READ))
    assert title.endswith("/architecture/cage.html#the-proof-of-emptiness")
