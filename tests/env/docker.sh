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

here=$(dirname "$(realpath "$0")")
# shellcheck source=tests/env/engine.sh
. "$here/engine.sh"

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

engine_begin Docker 'dockerd docker docker-compose ip' "$@"
"$here/with-v2.sh" "${engine[@]}" --inside "$folder" "$@"
