#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# podman.sh COMMAND [ARGUMENT]...
#
# Run a command, as root, where podman works without networks: in private
# namespaces, with its state in a folder that is removed, with runc, since crun
# refuses a host whose control groups are of both versions. Control groups that
# podman leaves are removed, if they are empty.
#
# The exit status is the command's. 77: this machine cannot do it; the reason is
# on stderr. When it returns, no process is left.

here=$(dirname "$(realpath "$0")")
# shellcheck source=tests/env/engine.sh
. "$here/engine.sh"

inside() {
	local limit
	limit=$(ulimit -Sn) # Without CAP_SYS_RESOURCE no limit can be raised.
	mount -t tmpfs -o mode=755 none /run
	export CONTAINERS_STORAGE_CONF=$folder/storage.conf
	export CONTAINERS_CONF=$folder/containers.conf
	cat >"$CONTAINERS_STORAGE_CONF" <<-END
		[storage]
		driver = "vfs"
		graphroot = "$folder/images"
		runroot = "$folder/run"
	END
	cat >"$CONTAINERS_CONF" <<-END
		[containers]
		default_ulimits = ["nofile=$limit:$limit", "nproc=1000:1000"]
		log_driver = "k8s-file"
		[engine]
		cgroup_manager = "cgroupfs"
		events_logger = "none"
		runtime = "runc"
	END
	export JIG_PODMAN=1
	"$@"
}

# shellcheck disable=SC2317 # a trap calls it
finish() {
	rm -rf "$folder"
	find /sys/fs/cgroup{,/*}/libpod_parent -depth -type d -exec rmdir {} + \
		2>/dev/null || true
}

engine_begin podman 'podman runc' "$@"
trap finish EXIT
"${engine[@]}" --inside "$folder" "$@"
