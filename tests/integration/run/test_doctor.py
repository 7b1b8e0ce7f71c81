# SPDX-License-Identifier: MIT
"""`jig run --cage` does what `jig doctor` says of each cage; what else it says is
so, as text and as JSON."""

import json
import os
import platform
import re
import resource

import pytest
from helpers import BUILD, CAGES, IDENTITIES, LAUNCH, TOP, is_sanitized, jig, needs_root
from helpers import jig_run, run as run_any, stage
from pty_session import Terminal

CAGES = (*CAGES, "pgroup", "auto")
CONTAINED = {"cgroup", "subreaper", "pidns"}

def verdicts(said: str) -> dict[str, bool]:
    found = dict(re.findall(r"(?m)^  (cgroup|pidns|subreaper|pgroup) +(yes|no) ", said))
    return {cage: word == "yes" for cage, word in found.items()}


def check(place, before=(), identity=""):
    """Doctor's verdicts, status and advice against what each cage does."""
    options = {"env": place.env, "cwd": place.work}
    doctor = run_any([*before, *jig("doctor")], identity, **options)
    does, reasons = {}, {}
    for cage in CAGES:
        done = run_any([*before, *jig_run("--cage", cage, "true")], identity, **options)
        assert done.status in (0, 125), done
        does[cage], reasons[cage] = done.status == 0, done.err
    said = verdicts(doctor.out)
    assert said == {c: does[c] for c in said} and len(said) == 4, (doctor, reasons)
    taken = re.search(r"auto takes (\w+): ", doctor.out)
    assert bool(taken) == does["auto"], doctor
    contained = any(does[cage] for cage in CONTAINED)
    assert doctor.status == (0 if contained else 1), doctor
    promise = "jig can keep its promise" if contained else "jig can NOT keep"
    assert promise in doctor.out
    assert doctor.out.count("to have it: ") == sum(not works for works in said.values())
    check_reasons(doctor.out, said, reasons)
    if taken:
        check_taken(taken[1], before, identity, options)
    return said


def check_reasons(out: str, said: dict[str, bool], reasons: dict[str, str]) -> None:
    """A refusal is given with the reason that `jig run` gives."""
    for cage in (cage for cage, works in said.items() if not works):
        why = re.search(rf"(?m)^  {cage} +no +\S+ +(.+)$", out)[1]
        assert why in reasons[cage], (why, reasons[cage])


def check_taken(cage: str, before, identity, options) -> None:
    done = run_any([*before, *jig_run("--verbose", "true")], identity, **options)
    assert f" in a {cage} cage (" in done.err, (cage, done)


@pytest.mark.parametrize("identity", IDENTITIES)
def test_doctors_verdicts_are_what_the_cages_do(place, identity):
    assert check(place, identity=identity)["subreaper"]


@needs_root
def test_doctors_verdicts_are_so_under_setpriv(place):
    check(place, stage.AS_NOBODY)
    check(place, ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"])


@pytest.mark.parametrize("how", ["no-userns", "no-newuser"])
@pytest.mark.parametrize("identity", IDENTITIES)
def test_doctors_verdicts_are_so_without_user_namespaces(place, identity, how):
    if how == "no-userns" and not has_user_namespaces(identity):
        pytest.skip("no user namespace can be made here, to forbid more in")
    said = check(place, [*LAUNCH, how], identity)
    assert said["subreaper"]
    if identity == "user":
        assert not said["pidns"]


def has_user_namespaces(identity: str) -> bool:
    return run_any(["unshare", "-U", "true"], identity).status == 0


@pytest.mark.parametrize("identity", IDENTITIES)
def test_the_launcher_forbids_user_namespaces_or_says_why(identity):
    """It does not hang where ids cannot be mapped."""
    for how in ("no-userns", "no-newuser"):
        done = run_any([*LAUNCH, how, "unshare", "-U", "true"], identity)
        assert done.status == 1, done
        assert "unshare failed" in done.err or "launch.py: " in done.err, done


@needs_root
def test_doctors_verdicts_are_so_where_the_limit_of_user_namespaces_is_zero(place):
    """As an ordinary user; the sysctl is one of ours, in a mount namespace."""
    (place.path / "zero").write_text("0\n")
    own = ["unshare", "-m", "--propagation", "private", "sh", "-c",
           'mount --bind "$0" /proc/sys/user/max_user_namespaces && exec "$@"']
    said = check(place, [*own, str(place.path / "zero"), *stage.AS_NOBODY])
    assert said["subreaper"] and not said["pidns"]


@needs_root
@pytest.mark.parametrize("how", ["umount -l /proc", "mount -t tmpfs -o ro none /proc"])
def test_doctors_verdicts_are_so_without_proc(place, how):
    if is_sanitized():
        pytest.skip("AddressSanitizer itself needs /proc")
    own = ["unshare", "-m", "--propagation", "private"]
    check(place, [*own, "sh", "-c", f'{how} && exec "$@"', "sh"])


@needs_root
@pytest.mark.parametrize("how", [
    "mount -t tmpfs none /sys/fs/cgroup",
    "mount -t tmpfs none /dev",
])
def test_doctors_verdicts_are_so_without_cgroups_or_devices(place, how):
    own = ["unshare", "-m", "--propagation", "private"]
    check(place, [*own, "sh", "-c", f'{how} && exec "$@" </proc/self/fd/0', "sh"])


@needs_root
@pytest.mark.parametrize("call", ["clone3", "pidfd_open", "close_range"])
def test_doctors_verdicts_are_so_under_a_seccomp_filter(place, call):
    check(place, [*LAUNCH, "seccomp", f"{call}=EPERM"])


def test_doctor_is_right_with_standard_streams_closed(place):
    for closed in ("<&-", "<&- 2>&-"):
        done = run_any(["/bin/sh", "-c", f'"$@" {closed}', "sh", *jig("doctor")], env=place.env)
        assert verdicts(done.out)["subreaper"] and done.status == 0, done


def test_few_descriptors_are_no_poor_machine(place):
    """doctor calls nothing absent that it cannot open for lack of descriptors."""
    done = run_any(["prlimit", "--nofile=3:3", *jig("doctor")], env=place.env)
    assert "/proc            unknown: " in done.out, done
    assert "there is no /proc" not in done.out and "missing" not in done.out, done
    advice = re.findall(r"to have it: (.+)", done.out)
    assert advice and set(advice) == {"allow more open descriptors: ulimit -n"}, done


def test_doctor_that_cannot_write_fails(place):
    with open("/dev/full", "wb") as full:
        done = run_any(jig("doctor"), stdout=full, env=place.env)
    assert done.status == 125 and "cannot write to stdout" in done.err, done


# ------------------------------------------------------------------------- JSON

TEXT, MAYBE_TEXT, NUMBER, MAYBE_NUMBER, TRUTH = str, (str, type(None)), int, (int, type(None)), bool
LIMIT = {"soft": MAYBE_NUMBER, "hard": MAYBE_NUMBER}
#: What jig-doctor(1) documents, with the types of the values.
SHAPE = {
    "version": NUMBER,
    "jig": {"version": TEXT, "path": MAYBE_TEXT, "libc": TEXT, "uid": NUMBER},
    "jig_up": {"version": TEXT, "path": MAYBE_TEXT},
    "contained": TRUTH,
    "cages": [{"kind": TEXT, "strength": TEXT, "works": TRUTH, "why": MAYBE_TEXT,
               "advice": MAYBE_TEXT}],
    "auto": {"kind": MAYBE_TEXT, "why": TEXT},
    "machine": dict.fromkeys(("kernel", "distribution", "system_calls", "proc", "cgroups",
                              "cgroup_kill", "controllers", "cgroup_limits",
                              "user_namespaces", "systemd"), TEXT),
    "runtime_directory": {"path": TEXT, "problem": MAYBE_TEXT, "owner": MAYBE_NUMBER,
                          "mode": MAYBE_TEXT, "file_system": MAYBE_TEXT},
    "terminal": {"stdin": TRUTH, "stdout": TRUTH, "stderr": TRUTH, "name": MAYBE_TEXT,
                 "term": MAYBE_TEXT, "rows": NUMBER, "columns": NUMBER, "utf8": TRUTH},
    "limits": {"nofile": LIMIT, "nproc": LIMIT, "core": LIMIT, "stack": LIMIT},
    "variables": dict.fromkeys(("JIG_PROGRAM", "JIG_RUNTIME_DIR", "XDG_RUNTIME_DIR", "JIG_JOB",
                                "JIG_SESSION", "COLUMNS", "NO_COLOR"), MAYBE_TEXT),
}  # fmt: skip


def check_shape(value, shape, where="$"):
    if isinstance(shape, dict):
        assert list(value) == list(shape), where
        for name, part in shape.items():
            check_shape(value[name], part, f"{where}.{name}")
    elif isinstance(shape, list):
        for i, one in enumerate(value):
            check_shape(one, shape[0], f"{where}[{i}]")
    else:
        assert isinstance(value, shape) and isinstance(value, bool) == (shape is TRUTH), where


def as_json(place, before=(), identity="", env=None, **options) -> dict:
    env = place.env | (env or {})
    done = run_any([*before, *jig("doctor", "--json")], identity, env=env, cwd=place.work, **options)
    found = json.loads(done.out)
    assert done.err == "" and done.status == (0 if found["contained"] else 1)
    return found


@pytest.mark.parametrize("identity", IDENTITIES)
def test_json_has_the_documented_shape(place, identity):
    found = as_json(place, identity=identity)
    check_shape(found, SHAPE)
    assert found["version"] == 1
    assert [cage["kind"] for cage in found["cages"]] == ["cgroup", "pidns", "subreaper", "pgroup"]
    for cage in found["cages"]:
        assert (cage["why"] is None) == (cage["advice"] is None) == cage["works"]


def test_every_field_of_json_is_in_the_manual():
    manual = (TOP / "man" / "jig-doctor.1.scd").read_text().replace("\\", "")

    def names(shape):
        for name, part in shape.items() if isinstance(shape, dict) else ():
            yield name
            yield from names(part[0] if isinstance(part, list) else part)

    missing = [name for name in names(SHAPE) if not re.search(rf"[_*]{name}[_*]", manual)]
    assert missing == []


def test_json_and_text_say_the_same(place):
    found, text = as_json(place), run_any(jig("doctor"), env=place.env, cwd=place.work).out
    assert verdicts(text) == {cage["kind"]: cage["works"] for cage in found["cages"]}
    for fact in found["machine"].values():
        assert re.search(rf"(?m)^  \S.* {re.escape(fact)}$", text), fact
    for line in (f"program          {found['jig']['path']}, {found['jig']['libc']}",
                 f"jig-up           {found['jig_up']['path']}, {found['jig_up']['version']}",
                 f"runtime dir      {found['runtime_directory']['path']}: of uid ",
                 "terminal         none"):  # fmt: skip
        assert f"\n  {line}" in text


def test_variables_that_are_set_are_shown_without_controls(place):
    env = {"NO_COLOR": "1", "JIG_PROGRAM": "/x\033[2J\ny"}
    assert as_json(place, env=env)["variables"]["JIG_PROGRAM"] == "/x\033[2J\ny"
    text = run_any(jig("doctor"), env=place.env | env, cwd=place.work).out
    assert re.search(r"(?m)^  variables        JIG_PROGRAM=/x\?\[2J\?y .*NO_COLOR=1$", text)
    bare = run_any(jig("doctor"), env={"PATH": "/bin:/usr/bin"}, cwd=place.work).out
    assert re.search(r"(?m)^  variables        none$", bare)


def test_json_says_what_the_machine_says(place):
    found = as_json(place, ["prlimit", "--nofile=200:300"])
    kernel = os.uname()
    assert found["machine"]["kernel"] == f"{kernel.sysname} {kernel.release} {kernel.machine}"
    assert found["machine"]["distribution"] == platform.freedesktop_os_release()["PRETTY_NAME"]
    assert found["jig"]["uid"] == os.geteuid()
    assert found["jig"]["path"] == os.path.realpath(jig()[0])
    assert run_any(jig("version")).out == f"jig {found['jig']['version']}\n"
    assert found["jig_up"] == {"version": found["jig"]["version"],
                               "path": os.path.realpath(BUILD / "jig-up")}  # fmt: skip
    assert found["limits"]["nofile"] == {"soft": 200, "hard": 300}
    nproc = [None if n == resource.RLIM_INFINITY else n
             for n in resource.getrlimit(resource.RLIMIT_NPROC)]  # fmt: skip
    assert list(found["limits"]["nproc"].values()) == nproc
    libc = found["jig"]["libc"]
    assert libc == "musl" or libc == "glibc " + os.confstr("CS_GNU_LIBC_VERSION").split()[1]


def test_a_jig_without_jig_up_says_so(place):
    """A copy of jig alone; what is installed must not be found instead."""
    program = place.copy(jig()[0], "jig")
    env = place.env | {"PATH": "/nonesuch"}
    found = json.loads(run_any([program, "doctor", "--json"], env=env).out)
    text = run_any([program, "doctor"], env=env).out
    if found["jig_up"] is not None:
        pytest.skip(f"{found['jig_up']['path']} is installed")
    assert "\n  jig-up           not found: no `jig up`" in text
    assert found["jig"]["path"] == program


def test_the_runtime_directory_is_described(place):
    folder = place.work / "rt"
    folder.mkdir(mode=0o700)
    env = {"JIG_RUNTIME_DIR": str(folder)}
    found = as_json(place, env=env)["runtime_directory"]
    type_ = run_any(["findmnt", "-n", "-o", "FSTYPE", "-T", str(folder)]).out.strip()
    assert found == {"path": str(folder), "problem": None, "owner": os.geteuid(), "mode": "0700",
                     "file_system": type_}  # fmt: skip
    folder.chmod(0o777)
    found = as_json(place, env=env)["runtime_directory"]
    assert found == {"path": str(folder), "owner": None, "mode": None, "file_system": None,
                     "problem": "another user owns it, or others may write to it"}  # fmt: skip
    text = run_any(jig("doctor"), env=place.env | env).out
    assert f"\n  runtime dir      {folder}: another user owns it" in text


def test_the_terminal_is_described(place):
    env = place.env | {"TERM": "xterm-test", "LC_ALL": "C.UTF-8"}
    script = 'stty rows 33 cols 101; "$0" doctor --json >json; "$0" doctor; tty'
    with Terminal(["sh", "-c", script, *jig()], env=env, cwd=place.work) as terminal:
        name = terminal.expect(r"terminal +(\S+): stdin stdout stderr; TERM is xterm-test, "
                               r"33x101, UTF-8\n")[1]  # fmt: skip
        assert terminal.expect(r"(?m)^/dev/\S+")[0] == name
    found = json.loads((place.work / "json").read_text())["terminal"]
    assert found == {"stdin": True, "stdout": False, "stderr": True, "name": name,
                     "term": "xterm-test", "rows": 33, "columns": 101, "utf8": True}  # fmt: skip


@needs_root
def test_a_distribution_that_does_not_say_its_name(place):
    own = ["unshare", "-m", "--propagation", "private", "sh", "-c",
           'mount -t tmpfs none /etc && mount -t tmpfs none /usr/lib && exec "$@"', "sh"]
    if is_sanitized() or run_any([*own, *jig("version")]).status != 0:
        pytest.skip("this jig needs libraries there")
    assert as_json(place, own)["machine"]["distribution"] == "unknown: no os-release(5)"


def test_options_and_arguments_of_doctor(place):
    for words in (["now"], ["--json", "now"]):
        done = run_any(jig("doctor", *words), env=place.env)
        assert done.status == 125 and "takes no arguments" in done.err
    with open("/dev/full", "wb") as full:
        done = run_any(jig("doctor", "--json"), stdout=full, env=place.env)
    assert done.status == 125 and "cannot write to stdout" in done.err, done
