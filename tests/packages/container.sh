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
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

run() {
	podman --root "$work/images" --runroot "$work/run" --storage-driver vfs \
		--cgroup-manager cgroupfs --events-backend none "$@"
}

tar -xzf "$release"/jig-*-linux-x86_64.tar.gz -C "$work"
context=$(echo "$work"/jig-*)
version=$("$context/bin/jig" version)
run build -q -t jig -f "$here/../../Containerfile" "$context" >"$work/said" 2>&1 || {
	cat "$work/said" >&2
	exit 1
}
files=$(run image inspect --format '{{.Config.Entrypoint}}' jig)
[ "$files" = '[/bin/jig]' ]
# What another runtime would do is done by a container that cannot start here:
# a machine without CAP_SYS_RESOURCE, or with control groups of both versions.
limits="$(ulimit -Sn):$(ulimit -Sn)"
words=(--rm --network none --cgroups disabled --ulimit "nofile=$limits"
	--ulimit nproc=1000:1000)
if ! run run "${words[@]}" jig version >"$work/said" 2>"$work/errors"; then
	if grep -qE 'crun|runc|OCI' "$work/errors"; then
		cannot "podman cannot start a container here: $(tail -n 1 "$work/errors")"
	fi
	cat "$work/errors" >&2
	exit 1
fi
[ "$(cat "$work/said")" = "$version" ]
# It is process 1, and runs a command: itself, for there is nothing else.
[ "$(run run "${words[@]}" jig run -- /bin/jig version)" = "$version" ]
echo "-- the image runs: $version"
