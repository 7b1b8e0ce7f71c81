#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# nspawn.sh IMAGE JOB
#
# Boot the guest of image.sh under systemd-nspawn (systemd is PID 1, the kernel
# is ours, cgroup v2 has no controllers where the host's are v1) and let
# agent.sh run the scripts of the folder JOB. What they said, and how they
# ended, is in JOB/out then. The image is not changed: it lies below an overlay
# in memory. The host is not changed: see with-v2.sh; no network but loopback.
#
# JIG_ENV_TIMEOUT: seconds for each script, 300 by default.
# 77: this machine cannot do it. 75: the guest did not get as far as the job.

set -euo pipefail

inside() {
	local image=$1 job=$2 seconds=$3 layers=/run/layers
	mount -t tmpfs none /run
	mkdir "$layers"
	mount -t tmpfs none "$layers"
	mkdir "$layers"/{upper,work,root}
	mount -t overlay -o \
		"lowerdir=$image/rootfs,upperdir=$layers/upper,workdir=$layers/work" \
		none "$layers/root"
	rm -f "$layers/root/etc/fstab"
	mkdir -p "$layers/root/job"
	SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 timeout -k 5 "$seconds" \
		systemd-nspawn --quiet --register=no --keep-unit --boot \
		--directory="$layers/root" --bind="$job:/job" --private-network \
		--resolv-conf=off --timezone=off --console=pipe </dev/null
}

if [ "${1:-}" = --inside ]; then
	shift
	inside "$@"
	exit
fi
if [ $# -ne 2 ]; then
	echo 'usage: nspawn.sh IMAGE JOB' >&2
	exit 2
fi
if ! command -v systemd-nspawn >/dev/null; then
	echo 'nspawn.sh: there is no systemd-nspawn' >&2
	exit 77
fi

here=$(dirname "$(realpath "$0")")
image=$(realpath "$1")
job=$(realpath "$2")
seconds=${JIG_ENV_TIMEOUT:-300}
cp "$here/agent.sh" "$job/"
echo "$seconds" >"$job/timeout"
rm -rf "$job/out"
# Three scripts at most, and the boot.
status=0
"$here/with-v2.sh" "$0" --inside "$image" "$job" $((seconds * 3 + 60)) \
	>"$job/console" 2>&1 || status=$?
if [ ! -f "$job/out/scopes" ]; then
	tail -n 20 "$job/console" >&2
	[ "$status" -eq 77 ] || status=75
	exit "$status"
fi
