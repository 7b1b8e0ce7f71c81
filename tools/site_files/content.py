# SPDX-License-Identifier: MIT
"""What the site is made of: documents, manual pages and files, each as HTML.

Links are as in the sources. tools/site makes them lead to pages.
"""

from __future__ import annotations

import html
import pathlib
import posixpath
import re
import subprocess
from typing import NamedTuple

import markdown

TOP = pathlib.Path(__file__).resolve().parents[2]

#: Pages whose paths are not those of their sources.
_HOME = {"README.md": "index.html", "man": "man/index.html"}
_EXTENSIONS = ["fenced_code", "sane_lists", "tables", "toc"]
#: A line that begins a list, and one that belongs to a paragraph.
_ITEM = re.compile(r"([-*]|1\.) ")
_PARAGRAPH = re.compile(r"(?!([-*]|\d+\.) )[^\s#|>`<]")
_COMMENT = re.compile(r"<!--.*-->")
#: A paragraph that begins with an option, before its indented text.
_OPTION = re.compile(r'<p class="Pp">(<b>-.*?)</p>(?=\s*<div class="Bd-in)', re.S)


class Page(NamedTuple):
    """Its source is a path in the repository, its url one in the site."""

    source: str
    url: str
    title: str
    body: str


# ------------------------------------------------------------------ documents


def slug(heading: str, separator: str) -> str:
    """The anchor of a heading, as the documents' links and code hosts have it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", separator)


def for_reader(text: str) -> str:
    """Text that python3-markdown reads as code hosts read the document.

    To it, a list needs a blank line before it, four blanks nest, and a comment
    below a table is a row.
    """
    lines: list[str] = []
    is_literal, before = False, ""
    for line in text.splitlines():
        is_literal ^= line.startswith("```")
        if not is_literal:
            if _COMMENT.fullmatch(line):
                continue
            if _ITEM.match(line) and _PARAGRAPH.match(before):
                lines.append("")
            before = line
            line = re.sub(r"^ +", lambda blanks: 2 * blanks[0], line)
        lines.append(line)
    return "\n".join(lines)


def document(source: str) -> Page:
    text = (TOP / source).read_text()
    settings = {"toc": {"slugify": slug}}
    reader = markdown.Markdown(
        extensions=_EXTENSIONS, extension_configs=settings, lazy_ol=False
    )
    # It would take `</dev/tty` in the code of a list for a tag, and lose the rest.
    reader.preprocessors.deregister("html_block")
    body = reader.convert(for_reader(text))
    title = re.search(r"^# (.*)", text, re.MULTILINE)
    url = _HOME.get(source, re.sub(r"\.md$", ".html", source))
    return Page(source, url, title[1].replace("`", "") if title else source, body)


def manual(source: str) -> Page:
    """A page of man/: scdoc, then mandoc, with an anchor for each option."""
    name = pathlib.PurePath(source).stem
    page = piped(["scdoc"], (TOP / source).read_text())
    body = piped(["mandoc", "-Thtml", "-Ofragment"], page)
    body = re.sub(r'<table class="(head|foot)">.*?</table>', "", body, flags=re.S)
    seen: set[str] = set()
    body = _OPTION.sub(lambda found: option_heads(found[1], seen), body)
    title, _, section = name.rpartition(".")
    heading = f"<h1>{title}({section})</h1>\n"
    return Page(source, f"man/{name}.html", f"{title}({section})", heading + body)


def option_heads(text: str, seen: set[str]) -> str:
    """With an anchor for each of its names that has none yet."""

    def mark(found: re.Match[str]) -> str:
        if found[1] in seen:
            return found[0]
        seen.add(found[1])
        return f'<b class="option" id="{found[1]}">{found[1]}</b>'

    return f'<p class="Pp head">{re.sub(r"<b>(--?[a-zA-Z][^<]*)</b>", mark, text)}</p>'


def piped(command: list[str], text: str) -> str:
    return subprocess.run(
        command, input=text, stdout=subprocess.PIPE, text=True, check=True
    ).stdout


def manual_index(manuals: list[Page]) -> Page:
    rows = "".join(
        f'<li><a href="{posixpath.basename(page.url)}">{page.title}</a>: '
        f"{html.escape(purpose(page))}</li>\n"
        for page in manuals
    )
    body = f"<h1>Manual pages</h1>\n<ul>\n{rows}</ul>\n"
    return Page("man", "man/index.html", "All manual pages", body)


def purpose(page: Page) -> str:
    """What stands behind the dash in its NAME section."""
    found = re.search(r'id="NAME".*?<p[^>]*>.*? - (.*?)</p>', page.body, re.S)
    return " ".join(found[1].split()) if found else ""


# ------------------------------------------------- what documents link to


def file_page(source: str) -> Page:
    """A file as it is, or a folder as the list of its files."""
    path = TOP / source
    heading = f"<h1>{html.escape(source)}</h1>\n"
    if path.is_dir():
        files = [one for one in sorted(path.rglob("*")) if is_shown(one)]
        names = [str(one.relative_to(path)) for one in files]
        rows = "".join(f'<li><a href="{name}">{name}</a></li>\n' for name in names)
        url = f"files/{source}/index.html"
        return Page(source, url, source, f"{heading}<ul>\n{rows}</ul>\n")
    body = f"{heading}<pre>{html.escape(path.read_text())}</pre>\n"
    return Page(source, f"files/{source}.html", source, body)


def is_shown(path: pathlib.Path) -> bool:
    return path.is_file() and not {"__pycache__"}.intersection(path.parts)
