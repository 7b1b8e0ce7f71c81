#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# [SUITE=bookworm|bullseye|trixie] image.sh DIRECTORY
#
# Build a Debian guest, once; an up-to-date one is left as it is:
#
#   DIRECTORY/rootfs                         for nspawn.sh
#   DIRECTORY/root.ext4 vmlinuz initrd.img   for vm.sh
#
# systemd is PID 1, the user `tester` (uid 1000) lingers, so that its systemd
# user manager runs, and jig-job.service runs whatever job it is given: see
# agent.sh. Packages come from the mirror that the host's own apt uses.
# Needs: root, mmdebstrap, mke2fs. 77: something of that is missing.

set -euo pipefail

packages='systemd systemd-sysv dbus dbus-user-session libpam-systemd udev
	linux-image-cloud-amd64 initramfs-tools procps util-linux login passwd
	strace iproute2 python3 python3-pytest'
# What a guest that lives for a minute has no use for.
masked='apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer
	e2scrub_all.timer e2scrub_reap.service fstrim.timer getty@tty1.service
	serial-getty@ttyS0.service systemd-timesyncd.service
	systemd-pstore.service man-db.timer'

cannot() {
	echo "image.sh: cannot build a guest: $*" >&2
	exit 77
}

# The host's main source; the lists must have been fetched once.
mirror() {
	# shellcheck disable=SC2016 # apt expands them
	apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' \
		'Created-By: Packages' |
		awk '$3 == "main" && $2 !~ /-/ { print $1; exit }'
}

# customise ROOTFS: called by mmdebstrap
customise() {
	local root=$1 unit
	chroot "$root" useradd --create-home --uid 1000 --shell /bin/bash tester
	mkdir -p "$root/var/lib/systemd/linger"
	touch "$root/var/lib/systemd/linger/tester"
	echo jig-guest >"$root/etc/hostname"
	echo '127.0.0.1 localhost jig-guest' >"$root/etc/hosts"
	echo '/dev/vda / ext4 rw,noatime 0 1' >"$root/etc/fstab"
	: >"$root/etc/machine-id"
	for unit in $masked; do
		ln -sf /dev/null "$root/etc/systemd/system/$unit"
	done
	write_job_unit "$root"
	# Boots from a virtio disk, and from nothing else.
	sed -i 's/^MODULES=.*/MODULES=list/; s/^COMPRESS=.*/COMPRESS=lz4/' \
		"$root/etc/initramfs-tools/initramfs.conf"
	printf '%s\n' virtio_pci virtio_blk ext4 \
		>>"$root/etc/initramfs-tools/modules"
	chroot "$root" update-initramfs -u >/dev/null
}

write_job_unit() {
	local units=$1/etc/systemd/system
	cat >"$units/jig-job.service" <<-'END'
		[Unit]
		Description=the job of this guest
		After=basic.target dbus.service systemd-logind.service
		After=systemd-user-sessions.service
		Wants=dbus.service systemd-logind.service
		Wants=systemd-user-sessions.service
		[Service]
		ExecStartPre=/bin/sh -c 'mkdir -p /job; ! test -b /dev/vdb || tar -xf /dev/vdb -C /job'
		ExecStart=/bin/bash /job/agent.sh
		ExecStopPost=/bin/systemctl poweroff --force
	END
	mkdir -p "$units/multi-user.target.wants"
	ln -sf ../jig-job.service "$units/multi-user.target.wants/"
	ln -sf /lib/systemd/system/multi-user.target "$units/default.target"
}

if [ "${1:-}" = --customise ]; then
	customise "$2"
	exit
fi
if [ $# -ne 1 ]; then
	echo 'usage: [SUITE=bookworm|bullseye|trixie] image.sh DIRECTORY' >&2
	exit 2
fi

directory=$1
suite=${SUITE:-bookworm}
made_by="$suite $(sha256sum <"$0")"
if [ "$(cat "$directory/made-by" 2>/dev/null)" = "$made_by" ]; then
	exit 0
fi
[ "$(id -u)" -eq 0 ] || cannot 'needs root'
for tool in mmdebstrap mke2fs; do
	command -v "$tool" >/dev/null || cannot "there is no $tool"
done
source=$(mirror)
[ -n "$source" ] || cannot 'apt knows no main source; run apt-get update'

rm -rf "$directory"
mkdir -p "$directory"
rootfs=$directory/rootfs
# shellcheck disable=SC2086 # a list of words
mmdebstrap --variant=minbase --include="$(echo $packages | tr ' ' ,)" \
	--customize-hook="$(realpath "$0") --customise \"\$1\"" \
	"$suite" "$rootfs" "deb $source $suite main" \
	>"$directory/log" 2>&1 || {
	tail -n 20 "$directory/log" >&2
	cannot 'mmdebstrap failed'
}
cp "$rootfs"/boot/vmlinuz-* "$directory/vmlinuz"
cp "$rootfs"/boot/initrd.img-* "$directory/initrd.img"
truncate -s 2G "$directory/root.ext4"
mke2fs -q -t ext4 -O ^has_journal -d "$rootfs" "$directory/root.ext4"
echo "$made_by" >"$directory/made-by"
