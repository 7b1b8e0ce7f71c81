# SPDX-License-Identifier: MIT
"""Which test a leftover is of, from its environment (LEFTOVERS in jig-run(1))."""

import json
import re
import shutil

import pytest
from helpers import PYTHON, is_valid_report

#: It tells its pid when it has executed its program.
SCRIPT = 'mkfifo fifo; exec 3<>fifo; %s setsid sh -c "echo \\$\\$ >&3; sleep 600; :" & read x <&3; echo $x'


@pytest.fixture(name="left")
def _left(run, place):
    """The report of a leftover, and what standard error says of it."""

    def go(variables, *options, **more):
        result = run("--report", "report", *options, *place.sh(SCRIPT % variables), **more)
        assert result.status == 0, result.err
        found = json.loads((place.work / "report").read_text())
        assert is_valid_report(found)
        (one,) = [one for one in found["leftovers"] if one["pid"] == int(result.out)]
        said = re.search(rf"^  {one['pid']} .*\n(    left by (.*))?", result.err, re.M)
        return one, said.group(2)

    return go


@pytest.mark.parametrize("cage", ["auto", "subreaper", "pidns"])
def test_a_leftover_names_its_test(cage, left, request):
    if cage == "pidns":
        request.getfixturevalue("root")
    one, said = left('PYTEST_CURRENT_TEST="t/test_x.py::test_y (call)"', "--cage", cage)
    assert one["left_by"] == said == "t/test_x.py::test_y"
    assert one["marks"] == {"PYTEST_CURRENT_TEST": "t/test_x.py::test_y (call)"}


def test_a_mark_of_the_user_counts_first(left):
    one, said = left("JIG_MARK='step 3' PYTEST_CURRENT_TEST=x NEXTEST_TEST_NAME=y")
    assert one["left_by"] == said == "step 3"
    assert sorted(one["marks"]) == ["JIG_MARK", "NEXTEST_TEST_NAME", "PYTEST_CURRENT_TEST"]


def test_a_workers_number_is_in_the_report_alone(left):
    one, said = left("JEST_WORKER_ID=3 VITEST_WORKER_ID=4")
    assert one["left_by"] is said is None
    assert one["marks"] == {"JEST_WORKER_ID": "3", "VITEST_WORKER_ID": "4"}


def test_what_main_has_is_left_out(left):
    options = ["--env", "JIG_MARK=outer", "--env", "JEST_WORKER_ID=3"]
    one, said = left("", *options)
    assert one["left_by"] is said is None
    assert one["marks"] == {}
    one, said = left("JIG_MARK=inner", *options)
    assert one["left_by"] == said == "inner"
    assert one["marks"] == {"JIG_MARK": "inner"}


def test_a_mark_reaches_no_terminal_as_it_is(left):
    one, said = left("JIG_MARK='a\x1b[31mb'")
    assert one["left_by"] == "a\x1b[31mb"
    assert said == "a?[31mb"


def test_a_long_environment_is_read_to_its_end(left):
    one, said = left(f"A={'x' * 50000} B={'y' * 50000} JIG_MARK=last")
    assert said == "last"


def test_without_marks_nothing_is_said(left):
    one, said = left("")
    assert one["left_by"] is said is None
    assert one["marks"] == {}


def test_pytest_names_its_test(run, place):
    """The runner itself, and not what we think that it does."""
    (place.work / "test_it.py").write_text(
        "import subprocess\n"
        "def test_leaks():\n"
        "    one = subprocess.Popen(['sh', '-c', 'echo; sleep 600; :'], stdout=-1)\n"
        "    one.stdout.readline()\n"
        "    print(one.pid)\n"
    )
    words = [PYTHON, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", "test_it.py"]
    result = run("--report", "report", *words)
    assert result.status == 0, result.out
    found = json.loads((place.work / "report").read_text())
    assert {one["left_by"] for one in found["leftovers"]} == {"test_it.py::test_leaks"}
    assert "    left by test_it.py::test_leaks\n" in result.err


def test_bats_names_its_test(run, place):
    if not shutil.which("bats"):
        pytest.skip("no bats")
    (place.work / "it.bats").write_text('@test "leaks" {\n  sleep 600 3>&- &\n}\n')
    result = run("--report", "report", shutil.which("bats"), "it.bats")
    found = json.loads((place.work / "report").read_text())
    assert result.status == 0, result.out
    assert found["leftovers"][-1]["left_by"].endswith("it.bats: test_leaks")


@pytest.mark.parametrize("more, name", [([], "db"), (["--clear-env"], "")])
def test_a_fixture_of_with_has_its_name(more, name, run, place):
    script = 'echo "<$JIG_FIXTURE>" >it; exec sleep 600'
    with_it = ["--with", script, "--name", "db", "--ready", "file:it", *more]
    assert run(*with_it, "--", *place.sh('echo "<$JIG_FIXTURE>"')).out == "<>\n"
    assert (place.work / "it").read_text() == f"<{name}>\n"
