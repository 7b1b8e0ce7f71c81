# SPDX-License-Identifier: MIT
"""`jig reload` compares services by one table: no property may lack a row there."""

import re

from helpers import TOP

PROJECT = TOP / "src" / "up" / "project"

#: Members whose difference is found in another way, or means nothing to a process.
#: All others restart a service, so that a new one is not overlooked.
WORDS = {"name", "description", "namespaces", "line"}
OTHER = {
    *("env", "given.env", "no_dotenv"),  # the variables that result
    *("replicas", "given.replicas"),  # the number of instances
    *("port_index", "port_step", "instance_step", "given.port"),  # PORT
}

#: What only readers of files and exports need, or what each service is given.
NOT_OF_A_RUN = {"services", "dotenv", "commands", "shell", "shell_argument", "log", "notes", "texts"}

_MEMBER = re.compile(r"^\s*(?:const )?(?:struct|enum|unsigned|char|bool|\w+_t|int)\b[^;{}()]*;", re.M)


def structs() -> dict[str, list[tuple[str, str]]]:
    """For each struct its members: type and name."""
    found = {}
    for path in (PROJECT / "project.h", PROJECT / "cron.h"):
        text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
        for name, body in re.findall(r"^struct (\w+) \{\n(.*?)^\};", text, re.M | re.S):
            members = []
            for line in _MEMBER.findall(body):
                words = line.strip().rstrip(";")
                type_, _, names = re.match(
                    r"((?:const )?(?:(?:struct|enum) )?\w+)(\s+)(.*)", words, re.S
                ).groups()
                members += [(type_, one.strip(" *\n\t")) for one in names.split(",")]
            found[name] = members
    return found


def leaves(all_, struct: str, prefix: str = ""):
    for type_, name in all_[struct]:
        inner = type_.removeprefix("struct ")
        if type_.startswith("struct ") and inner in all_:
            yield from leaves(all_, inner, f"{prefix}{name}.")
        else:
            yield prefix + name


def rows(kind: str) -> dict[str, str]:
    """Of the table: each member, and what its difference means."""
    text = (PROJECT / "field.c").read_text()
    check = re.search(r"#define CHECK\(member, key\)(.*?)\n\n", text, re.S).group(1)
    inner = re.findall(r"member\.(\w+)", check)
    table = re.search(rf"of_{kind}\[\] = \{{\n(.*?)^\}};", text, re.M | re.S).group(1)
    found = {}
    for macro, arguments in re.findall(r"(\w+)\(([^()]*)\)", table):
        words = [word.strip() for word in arguments.split(",")]
        if macro == "CHECK":
            found |= {f"{words[0]}.{one}": "MEANS_KEY" for one in inner}
        elif macro == "ROW":
            found[words[3]] = words[2]
        elif macro == "OF_PROJECT":
            found[words[1]] = "MEANS_KEY"
        else:
            found[words[0]] = "MEANS_KEY"
    return found


def test_no_property_of_a_service_is_forgotten():
    members = list(leaves(structs(), "service"))
    assert len(members) > 60 and "timetable.cron.any_weekday" in members, members
    assert sorted(rows("service")) == sorted(members)


def test_a_property_restarts_a_service_unless_it_says_otherwise():
    found = rows("service")
    assert {name for name, means in found.items() if means == "MEANS_WORDS"} == WORDS
    assert {name for name, means in found.items() if means == "MEANS_OTHER"} == OTHER


def test_no_property_of_a_project_is_forgotten():
    members = {name for _, name in structs()["project"]}
    assert set(rows("project")) == members - NOT_OF_A_RUN
