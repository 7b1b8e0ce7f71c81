#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Inside a guest, as root: run the job in /job, hand over /job/out, power off.
#
#   root.sh      as root, in a service with a delegated control group
#   user.sh      as uid 1000, in a delegated scope of its systemd user manager
#   session.sh   as uid 1000, in a plain PAM session: no control group is its
#
# Each that exists is run in /job; its output goes to out/NAME.log, its exit
# status to out/NAME.status. jig-job.service (image.sh) starts us; nspawn.sh
# binds /job, vm.sh hands it over as a tar file on the second disk and takes
# out/ back from the third. /job/timeout bounds each script, in seconds.

set -u
cd /job || exit
mkdir -p out
chown -R tester: /job
limit=$(cat timeout)
runtime=/run/user/1000

in_service() {
	timeout -k 5 "$limit" systemd-run --quiet --wait --pipe --collect \
		-p WorkingDirectory=/job -p TasksMax=infinity "$@"
}

in_session() {
	in_service -p User=tester -p PAMName=login \
		-E XDG_RUNTIME_DIR=$runtime \
		-E DBUS_SESSION_BUS_ADDRESS=unix:path=$runtime/bus "$@"
}

start_user_manager() {
	systemctl start user@1000.service
	for _ in $(seq 1200); do
		[ ! -S $runtime/bus ] || return 0
		sleep 0.1
	done
	echo 'the systemd user manager has no bus' >&2
}

# play NAME COMMAND...
play() {
	local name=$1
	shift
	[ -f "$name.sh" ] || return 0
	"$@" bash "/job/$name.sh" >"out/$name.log" 2>&1 </dev/null
	echo $? >"out/$name.status"
	echo "agent: $name.sh ended with $(cat "out/$name.status")" >/dev/console
}

start_user_manager
play root in_service -p Delegate=yes
play user in_session systemd-run --user --scope --quiet --collect \
	-p Delegate=yes
play session in_session
systemctl list-units --all --plain --no-legend 'jig-*.scope' >out/scopes
chmod -R a+rX out
if [ -b /dev/vdc ]; then
	tar -cf /dev/vdc out
	sync
fi
systemctl poweroff --force
