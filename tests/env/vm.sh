#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# vm.sh IMAGE JOB [KERNEL ARGUMENT]...
#
# Boot the guest of image.sh in a virtual machine (own kernel, cgroup v2 with its
# controllers) and let agent.sh run the scripts of the folder JOB. What they
# said, and how they ended, is in JOB/out then. The image is not changed.
#
# The processor is emulated, so that it works without KVM: programs start about
# 26 times slower. Tests scale their deadlines by JIG_TIME_SCALE.
#
# JIG_ENV_TIMEOUT: seconds for each script, 2400 by default.
# 77: this machine cannot do it. 75: the guest did not get as far as the job.

set -euo pipefail

if [ $# -lt 2 ]; then
	echo 'usage: vm.sh IMAGE JOB [KERNEL ARGUMENT]...' >&2
	exit 2
fi
if ! command -v qemu-system-x86_64 >/dev/null; then
	echo 'vm.sh: there is no qemu-system-x86_64' >&2
	exit 77
fi

here=$(dirname "$(realpath "$0")")
image=$1
job=$(realpath "$2")
shift 2
seconds=${JIG_ENV_TIMEOUT:-2400}
cp "$here/agent.sh" "$job/"
echo "$seconds" >"$job/timeout"
rm -rf "$job/out"

disks=$(mktemp -d)
trap 'rm -rf "$disks"' EXIT
tar -cf "$disks/in" --exclude=./console -C "$job" .
truncate -s %1M "$disks/in"
truncate -s 64M "$disks/out"

boot='root=/dev/vda rw console=ttyS0 quiet panic=-1 systemd.show_status=0'
# Units have 90 s by default, also to unpack the job.
boot+=' systemd.default_timeout_start_sec=900 systemd.default_device_timeout_sec=900'
boot+=" mitigations=off $*"
# Both die with us. The default processor lacks what the emulation is slow at.
# Three scripts at most, and the boot.
boot_guest() {
	setpriv --pdeathsig KILL timeout -k 5 $((seconds * 3 + 180)) \
		setpriv --pdeathsig KILL \
		qemu-system-x86_64 -M pc -accel tcg,thread=multi -cpu qemu64,-cx16 \
		-smp 2 -m 2048 -display none -nodefaults -no-reboot \
		-kernel "$image/vmlinuz" -initrd "$image/initrd.img" \
		-append "$boot" \
		-drive "file=$image/root.ext4,format=raw,if=virtio,snapshot=on" \
		-drive "file=$disks/in,format=raw,if=virtio,readonly=on" \
		-drive "file=$disks/out,format=raw,if=virtio" \
		-serial "file:$job/console" </dev/null || true
}

# The emulation itself crashes a guest's kernel now and then, in an interrupt.
boot_guest
if grep -q 'Kernel panic - not syncing: Fatal exception in interrupt' "$job/console"; then
	mv "$job/console" "$job/console.panic"
	boot_guest
fi

tar -xf "$disks/out" -C "$job" 2>/dev/null || true
if [ ! -f "$job/out/scopes" ]; then
	tail -n 40 "$job/console" >&2
	exit 75
fi
