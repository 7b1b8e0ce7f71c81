# SPDX-License-Identifier: MIT
"""`jig run --cage` does what `jig doctor` says of each cage."""

import re

import pytest
from helpers import CAGES, IDENTITIES, LAUNCH, is_sanitized, jig, needs_root
from helpers import jig_run, run as run_any, stage

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
