#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# docker.sh COMMAND [ARGUMENT]...
#
# Run a command, as root, beside a Docker of its own: dockerd on a unix socket
# (DOCKER_HOST), without networks, in private namespaces and control groups
# (with-v2.sh), with its state in a folder that is removed.
#
# The exit status is the command's. 77: this machine cannot do it; the reason is
# on stderr. When it returns, no process is left.

set -euo pipefail
here=$(dirname "$(realpath "$0")")

cannot() {
	echo "docker.sh: there is no Docker here: $*" >&2
	exit 77
}

# In the namespaces: the first process, which reaps orphans.
inside() {
	local daemon status=0
	ip link set lo up
	mount -t tmpfs -o mode=755 none /run
	export DOCKER_HOST=unix:///run/docker.sock
	dockerd --data-root "$folder/data" --exec-root /run/docker \
		--host "$DOCKER_HOST" --pidfile /run/docker.pid \
		--storage-driver vfs --bridge none --iptables=false \
		--ip6tables=false --exec-opt native.cgroupdriver=cgroupfs \
		>"$folder/log" 2>&1 &
	daemon=$!
	for _ in {1..600}; do
		! docker info >/dev/null 2>&1 || break
		kill -0 "$daemon" 2>/dev/null || break
		sleep 0.1
	done
	docker info >/dev/null 2>&1 || cannot "$(tail -n 1 "$folder/log")"
	"$@" || status=$?
	kill "$daemon"
	wait "$daemon" || true
	return "$status"
}

if [ "${1:-}" = --inside ]; then
	folder=$2
	shift 2
	inside "$@"
	exit
fi
if [ $# -eq 0 ]; then
	echo 'usage: docker.sh COMMAND [ARGUMENT]...' >&2
	exit 2
fi
[ "$(id -u)" -eq 0 ] || cannot 'needs root'
for tool in dockerd docker docker-compose ip; do
	command -v "$tool" >/dev/null || cannot "no $tool"
done
namespaces=(unshare --net --mount --propagation private --pid --fork
	--mount-proc --kill-child)
"${namespaces[@]}" true || cannot 'no namespaces are allowed'
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
chmod 755 "$folder"
"$here/with-v2.sh" "${namespaces[@]}" "$here/docker.sh" --inside "$folder" "$@"
