#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# container.sh SHARE: build the image of ../../Containerfile from the release in
# SHARE/release, with podman, and run it. Images are in a folder that is removed.
# 77: podman does not run here, with the reason.

set -euo pipefail
here=$(dirname "$(realpath "$0")")
release=$(realpath "$1")/release

cannot() {
	echo "container.sh: skipped: $*" >&2
	exit 77
}

command -v podman >/dev/null || cannot 'there is no podman'
# crun refuses a host whose control groups are of both versions; runc does not.
command -v runc >/dev/null || cannot 'there is no runc'
work=$(mktemp -d)
group=/jig-container-$$
trap finish EXIT

run() {
	podman --runtime runc --root "$work/images" --runroot "$work/run" \
		--storage-driver vfs --cgroup-manager cgroupfs --events-backend none "$@"
}

# Groups that podman has made for this script, and leaves.
finish() {
	run rm --all --force >/dev/null 2>&1 || true
	find /sys/fs/cgroup{,/*}"$group" -depth -type d -exec rmdir {} + 2>/dev/null || true
	rm -rf "$work"
}

tar -xzf "$release"/jig-*-linux-x86_64.tar.gz -C "$work"
cp "$here/../../Containerfile" "$work/"
cd "$work"
program=$(echo jig-*/bin/jig)
version=$("$program" version)

# built COMMAND: a line of podman
built() {
	eval "run ${1#podman}" >"$work/said" 2>&1 || {
		cat "$work/said" >&2
		exit 1
	}
}

# The README's lines: the image, and one that takes jig from it.
built "$("$here/readme" 'podman build')"
mkdir first
# shellcheck disable=SC2016 # no expansions
{ echo 'FROM scratch'; sed -n '/^```dockerfile$/,/^```$/{//!p}' "$here/../../README.md"; } \
	>first/Containerfile
built 'podman build -q -t first first'
files=$(run image inspect --format '{{.Config.Entrypoint}}' jig)
[ "$files" = '[/bin/jig]' ]
# Without CAP_SYS_RESOURCE no limit can be raised.
limits="$(ulimit -Sn):$(ulimit -Sn)"
words=(--network none --cgroup-parent "$group" --ulimit "nofile=$limits"
	--ulimit nproc=1000:1000)
[ "$(run run --rm "${words[@]}" jig version)" = "$version" ]

# With what is linked into it, its licences.
id=$(run create jig)
for name in LICENSE licenses/musl-dev licenses/libc6-dev; do
	run cp "$id:/$name" "$work/licence"
	[ -s "$work/licence" ]
done

# It is process 1, and runs a command: itself, for there is nothing else.
[ "$(run run --rm "${words[@]}" jig run -- /bin/jig version)" = "$version" ]
status=0
run run --rm "${words[@]}" jig run -- /bin/nothing >"$work/said" 2>&1 || status=$?
[ "$status" -eq 127 ]

# podman stop: SIGTERM reaches the command (a static program, made here), and
# its exit status is the container's.
cat >"$work/server.c" <<'END'
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static void stop(int signo)
{
	_exit(signo == SIGTERM ? 7 : 8);
}

int main(void)
{
	signal(SIGTERM, stop);
	puts("serving");
	fflush(stdout);
	while (1)
		pause();
}
END
gcc -static -o "$work/server" "$work/server.c"
container=$(run run -d "${words[@]}" -v "$work/server:/server:ro" first /server)
for _ in {1..300}; do
	! run logs "$container" | grep -q serving || break
	sleep 0.1
done
run stop -t 30 "$container" >/dev/null
[ "$(run wait "$container")" -eq 7 ]
echo "-- the image runs: $version"
