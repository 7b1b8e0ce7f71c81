# SPDX-License-Identifier: MIT
"""YAML that costs more than its length: it is refused at once, with its place."""

import pytest

pytestmark = pytest.mark.usefixtures("own_registry")

OWN = "processes: {a: {command: 'true'}}\n"

#: Text of a file, and what is said of it.
BEYOND = {
    "lists": ("x-a: " + "[" * 200_000, "1:105: more than 100 levels"),
    "closed lists": (OWN + "x-a: " + "[" * 20_000 + "]" * 20_000, "2:105: more than 100 levels"),
    "mappings": ("x-a: " + "{a: " * 200_000, "more than 100 levels"),
    "keys that are lists": ("x-a: " + "[?" * 100_000, "more than 100 levels"),
    "block lists": ("- " * 200_000, "1:201: more than 100 levels"),
    "indented lines": ("".join(f"{' ' * i}a:\n" for i in range(2000)), "101:101: more than 100"),
    "anchors": ("x-a: [" + "".join(f"&a{i} b," for i in range(90_000)) + "]", "more than 10000 anchors and"),
    "aliases": (f"x-a: &a b\nx-b: [{'*a,' * 90_000}]\n", "more than 10000 anchors and aliases"),
    "values": (f"x-a: [{'a,' * 2_000_000}]\n", "more than 100000 values"),
    "keys": ("x-a:\n" + "".join(f"  a{i}:\n" for i in range(50_000)), "more than 4096 keys"),
    "documents": ("---\n" * 500_000, "2:1: more than 1 document"),
    "directives": ("".join(f"%TAG !a{i}! b\n" for i in range(150_000)), "17:1: more than 16"),
    "merges": (
        "x-a: &a {" + ",".join(f"k{i}: 1" for i in range(4000)) + "}\n"
        "x-b: {<<: [" + "*a," * 9000 + "]}\n", "adds too many keys",
    ),
    "merged keys": (
        "".join(
            f"x-{n}: &a{n} {{" + ",".join(f"k{n}-{i}: 1" for i in range(4000)) + "}\n"
            for n in range(10)
        ) + "x-b: {<<: [" + ",".join(f"*a{n}" for n in range(10)) + "]}\n",
        "adds too many keys",
    ),
    "a file": ("#" * (5 << 20) + "\n", "larger than 5 MiB"),
}  # fmt: skip


@pytest.mark.parametrize("what", BEYOND)
def test_what_is_beyond_a_limit_is_refused(project, what):
    text, said = BEYOND[what]
    here = project(jig__yaml=text)
    result = here.jig("check", timeout=30)
    assert result.status == 1 and result.err.count("\n") == 1, result
    assert "jig.yaml" in result.err and said in result.err, result


def test_foremans_file_has_the_same_limits(project):
    here = project("web: true\n", __foreman="a: " + "[" * 60_000)
    result = here.jig("check", timeout=30)
    assert result.status == 1
    assert ".foreman:1:103: more than 100 levels" in result.err, result


WITHIN = {
    "levels": "x-a: " + "[" * 99 + "]" * 99 + "\n",
    "anchors": "".join(f"x-{i}: &a{i} b\n" for i in range(3000)),
    "keys": "x-a:\n" + "".join(f"  a{i}:\n" for i in range(4096)),
    "a long value": f"x-a: {'a' * 4_000_000}\n",
    "directives": "%YAML 1.1\n%TAG !a! b\n---\n",
}


@pytest.mark.parametrize("what", WITHIN)
def test_what_is_within_the_limits_is_read(project, what):
    result = project(jig__yaml=WITHIN[what] + OWN).jig("check", timeout=30)
    assert result.status == 0, result
