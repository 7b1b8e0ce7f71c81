# SPDX-License-Identifier: MIT
"""What node/package makes, as npm installs it without a network; its types."""

import json
import os
import pathlib
import shutil
import subprocess
import tarfile

import helpers
import npm
import pytest
from helpers import TOP

_LIMIT_S = 300


@pytest.fixture(name="folder")
def _folder(place):
    """A project that has installed the packages. HOME has npm's cache: an empty one."""
    folder = place.work / "project"
    folder.mkdir()
    (folder / "package.json").write_text('{"private": true}')
    npm.install(folder, {**os.environ, "HOME": str(place.work)})
    return folder


@pytest.fixture(name="run_in")
def _run_in(folder, place):
    """Run it there, without JIG_PROGRAM."""
    return lambda *words: helpers.run(list(words), cwd=folder, env=place.env, timeout=_LIMIT_S)


def test_npx_runs_jig_without_a_process_of_node(run_in, folder, node):
    assert run_in("npx", "jig", "version").out.startswith("jig ")
    assert run_in("npx", "jig", "run", "--", "sh", "-c", "exit 3").status == 3
    link = folder / "node_modules" / ".bin" / "jig"
    guard = "read -r a a a guard a </proc/$PPID/stat; cat /proc/$guard/comm"
    owner = "read -r a a a owner a </proc/$guard/stat; echo $owner"
    script = f"{guard}; {owner}"
    done = run_in(str(link), "run", "--cage", "subreaper", "--", "sh", "-c", script)
    assert done.out.split() == ["jig", str(os.getpid())], done


def test_the_package_finds_its_program(run_in, node, folder):
    script = "console.log(require('jig-fixture').program())"
    done = run_in(*node("-e", script))
    assert done.lines == [str(next(folder.glob("node_modules/jig-fixture-*/bin/jig")))], done
    body = (
        "import { startFixture } from 'jig-fixture';"
        "const one = await startFixture('echo up; exec sleep 1000', { ready: 'log:up' });"
        "await one.stop(); console.log(one.signalCode);"
    )
    (folder / "one.mjs").write_text(body)
    assert run_in(*node("one.mjs")).lines == ["SIGTERM"]


def test_without_the_platform_package_path_is_searched(run_in, folder, place, node):
    """Not for the script of this package, which may stand there, too."""
    shutil.rmtree(next(folder.glob("node_modules/jig-fixture-linux-*")))
    script = folder / "node_modules" / "jig-fixture" / "bin" / "jig"
    (place.bin / "jig").symlink_to(script)
    words = node("-e", "console.log(require('jig-fixture').program())")
    done = run_in(*words)
    assert (done.status, "install jig-fixture-linux-" in done.err) == (1, True)
    done = run_in("jig", "version")
    assert (done.status, "install jig-fixture-linux-" in done.err) == (125, True)
    (place.bin / "jig").unlink()
    (place.bin / "jig").symlink_to(helpers.jig()[0])
    assert run_in(*words).lines == [str(place.bin / "jig")]
    assert run_in(str(script), "version").out.startswith("jig ")


def test_packages_have_one_version_and_no_dependency():
    names = set()
    for path in npm.tarballs():
        with tarfile.open(path) as tar:
            told = json.load(tar.extractfile("package/package.json"))
            licences = {name for name in tar.getnames() if "LICENSE" in name}
        assert "package/LICENSE" in licences
        # Of what is linked into the programs, too.
        if "-linux-" in path.name and pathlib.Path("/usr/share/doc/musl-dev/copyright").exists():
            assert "package/LICENSE.musl-dev" in licences
        names.add(told["name"])
        assert told["version"] == path.stem.rpartition("-")[2]
        assert not told.get("dependencies") and not told.get("scripts")
        for version in told.get("optionalDependencies", {}).values():
            assert version == told["version"]
    assert "jig-fixture" in names and len(names) >= 2


def test_the_same_sources_give_the_same_bytes(tmp_path):
    before = {path.name: path.read_bytes() for path in npm.tarballs()}
    words = [str(TOP / "node" / "package"), str(tmp_path), npm.cpu()]
    env = {**os.environ, "JIG_BUILD": str(helpers.BUILD)}
    subprocess.run(words, check=True, env=env, timeout=_LIMIT_S)
    assert {path.name: path.read_bytes() for path in tmp_path.glob("dist/*")} == before


#: What it must accept, and (after it) what it must refuse.
_TYPES = """
import jig, { spawn, startFixture, useFixture, globalSetup, jigCommand, jigWords } from 'jig-fixture';
import teardown from 'jig-fixture/teardown';
import { after, before } from 'node:test';

await using server = await startFixture(['a', 'b'], {
  ports: { web: 8080, db: null }, ready: 'http:{web}/', startTimeout: 500, grace: '5s',
  signal: AbortSignal.timeout(5), env: { A: 1, B: undefined }, pty: { rows: 5 },
});
const address: string = server.addr.web;
const lines: string[] = [];
for await (const line of server) lines.push(line);
for await (const { stream, text } of server.lines('stderr')) lines.push(stream + text);
const end = await server.wait();
const code: number | null = end.exitCode;
const report = await server.stop();
const left: number | undefined = report?.leftover_count;
try { await server.restart(); } catch (e) { if (e instanceof jig.StartError) lines.push(e.logs); }
const child = spawn('a', ['b'], { stdio: 'inherit', jig: { grace: 5 } });
spawn('a', { shell: true }).stdout.on('data', () => {});
child.kill('SIGKILL');
const one = useFixture({ before, after }, 'a');
const setup: () => Promise<() => Promise<void>> = globalSetup({ web: { command: 'a', ports: 'web' } });
const ended: Promise<void> = teardown();
const [file, ...args] = jigWords('a', { ready: ['tcp:1', '|tcp:2'] });
const line: string = jigCommand(['a'], { cwd: '/' });
console.log(address, code, left, one.pid, setup, ended, file, args, line);
"""
_WRONG = [
    "import { startFixture } from 'jig-fixture'; await startFixture(5);",
    "import { startFixture } from 'jig-fixture'; await startFixture('a', { redy: 'x' });",
    "import { startFixture } from 'jig-fixture'; (await startFixture('a')).pid = 5;",
    "import { spawn } from 'jig-fixture'; spawn('a', { jig: { env: {} } });",
    "import { Fixture } from 'jig-fixture'; new Fixture();",
]


def test_types(folder, node, place, run_in):
    peers = npm.peers()
    (folder / "node_modules" / "@types").symlink_to(peers / "@types")
    (folder / "node_modules" / "undici-types").symlink_to(peers / "undici-types")
    words = [str(peers / "typescript/bin/tsc"), "--strict", "--noEmit", "--target", "es2022"]
    words += ["--module", "nodenext", "--lib", "es2022,esnext.disposable", "--types", "node"]
    (folder / "right.mts").write_text(_TYPES)
    (folder / "right.cts").write_text("import jig = require('jig-fixture'); jig.spawn('a');\n")
    done = run_in(*node(*words, "right.mts", "right.cts"))
    assert done.status == 0, done.out
    for number, text in enumerate(_WRONG):
        (folder / f"wrong{number}.mts").write_text(text)
    done = run_in(*node(*words, *(f"wrong{number}.mts" for number in range(len(_WRONG)))))
    assert [n for n in range(len(_WRONG)) if f"wrong{n}.mts(" not in done.out] == []


def test_types_and_modules_have_the_same_names(node, env, place):
    """index.d.ts declares what index.js exports."""
    script = "console.log(JSON.stringify(Object.keys(require('jig-fixture'))))"
    done = helpers.run(node("-e", script), env=env, cwd=place.work)
    text = (TOP / "node" / "src" / "index.d.ts").read_text()
    missing = [
        name
        for name in json.loads(done.out)
        if f"export function {name}(" not in text and f"export class {name} " not in text
    ]
    assert missing == []
