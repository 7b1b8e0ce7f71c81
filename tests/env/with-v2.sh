#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# with-v2.sh COMMAND [ARGUMENT]...
#
# Run a command, as root, where /sys/fs/cgroup is a pure cgroup v2 tree of its
# own, whatever the host has mounted there:
#
#   - a new control group below ours is the root of a new cgroup namespace;
#   - a private mount namespace shows it, and nothing else, at /sys/fs/cgroup;
#   - a private pid namespace ends all its processes afterwards.
#
# The exit status is the command's. 77: this machine cannot do it (not root, no
# cgroup v2, no namespaces); the reason is on stderr. When it returns, no process
# is left and the control group is removed.

set -euo pipefail

cannot() {
	echo "with-v2.sh: cannot show a pure cgroup v2: $*" >&2
	exit 77
}

# The first process of the namespaces: bash, since it reaps orphans.
if [ "${1:-}" = --inside ]; then
	umount -l "$2"
	shift 2
	# Private: the host's mounts stay as they are. What cannot be taken
	# away is hidden by ours.
	umount -R -l /sys/fs/cgroup 2>/dev/null || true
	mount -t cgroup2 none /sys/fs/cgroup || cannot 'no mount at /sys/fs/cgroup'
	status=0
	"$@" || status=$?
	exit "$status"
fi

if [ $# -eq 0 ]; then
	echo 'usage: with-v2.sh COMMAND [ARGUMENT]...' >&2
	exit 2
fi
[ "$(id -u)" -eq 0 ] || cannot 'needs root'

# A mount of our own first, so that nothing depends on where the host has it.
if [ -z "${JIG_V2_MOUNTS_ARE_OURS:-}" ]; then
	unshare --mount --cgroup --pid --fork true ||
		cannot 'no namespaces are allowed'
	JIG_V2_MOUNTS_ARE_OURS=1 exec unshare --mount --propagation private \
		"$0" "$@"
fi
unset JIG_V2_MOUNTS_ARE_OURS

# All processes are dead by now, but the kernel may still hold their group.
# shellcheck disable=SC2317 # a trap calls it
remove_group() {
	local pause
	[ -d "$group" ] || return 0
	if [ -e "$group/cgroup.kill" ]; then
		echo 1 >"$group/cgroup.kill"
	fi
	for pause in 0 0.02 0.05 0.1 0.2 0.5 1 2; do
		sleep "$pause"
		find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || true
		[ -d "$group" ] || return 0
	done
	echo "with-v2.sh: cannot remove the control group $group" >&2
}

# shellcheck disable=SC2317 # a trap calls it
leave() {
	# An unreaped child of ours: the number is its. Its namespace follows.
	[ -z "$child" ] || kill -KILL "$child" 2>/dev/null || true
	remove_group
	umount -l "$view" 2>/dev/null || true
	rmdir "$view"
}

child=
view=$(mktemp -d)
group=$view$(sed -n 's/^0:://p' /proc/self/cgroup)/jig-env.$$
trap leave EXIT
trap 'exit 143' TERM INT HUP
mount -t cgroup2 none "$view" || cannot 'the kernel has no cgroup v2'
mkdir "$group" || cannot 'our own control group is not writable'

(
	echo "$BASHPID" >"$group/cgroup.procs" || cannot 'no process may enter it'
	exec unshare --cgroup --mount --propagation private --pid --fork \
		--mount-proc --kill-child "$0" --inside "$view" "$@"
) <&0 &
child=$!
status=0
wait "$child" || status=$?
child=
exit "$status"
