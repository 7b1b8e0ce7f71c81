#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# root.sh make DIRECTORY NAME                    build the root NAME, once a week
# root.sh inside DIRECTORY NAME SHARE COMMAND…   run a command in it
#
# build-bookworm     Debian 12 with what building and releasing jig needs
# build-trixie       Debian 13 with what building Debian's packages needs
# bullseye, bookworm, trixie   minimal, with a C compiler and pkgconf
#
# The command runs as root in namespaces of its own; SHARE is /share there, and the
# root itself is not changed: it lies below an overlay in memory. What apt has
# downloaded is kept in DIRECTORY/NAME.archives. Packages come from the mirror that
# the host's own apt uses. 77: this machine cannot do it.

set -euo pipefail

minimal='gcc libc6-dev pkg-config'
build='build-essential debhelper dh-python fakeroot git lintian meson ninja-build
	pkgconf musl-tools linux-libc-dev libuv1-dev libyaml-dev python3-all-dev
	python3-setuptools python3-wheel pybuild-plugin-pyproject scdoc'
release='gcc-aarch64-linux-gnu libc6-dev-arm64-cross libuv1-dev:arm64
	libyaml-dev:arm64 pkgconf:arm64 qemu-user-static'

cannot() {
	echo "root.sh: $*" >&2
	exit 77
}

# The host's main source; the lists must have been fetched once.
mirror() {
	# shellcheck disable=SC2016 # apt expands them
	apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' \
		'Created-By: Packages' |
		awk '$3 == "main" && $2 !~ /-/ { print $1; exit }'
}

make() {
	local directory=$1 name=$2 suite=${2#build-} packages=$minimal words=() source made_by
	case $name in
	build-bookworm)
		packages="$build $release"
		words=('--architectures=amd64,arm64')
		;;
	build-*) packages=$build ;;
	esac
	made_by="$(date +%G-%V) $(sha256sum <"$0")"
	[ "$(cat "$directory/$name.made-by" 2>/dev/null)" != "$made_by" ] || return 0
	[ "$(id -u)" -eq 0 ] || cannot 'needs root'
	command -v mmdebstrap >/dev/null || cannot 'there is no mmdebstrap'
	source=$(mirror)
	[ -n "$source" ] || cannot 'apt knows no main source; run apt-get update'
	rm -rf "${directory:?}/$name" "$directory/$name.archives"
	mkdir -p "$directory/$name.archives/partial"
	# shellcheck disable=SC2086 # a list of words
	LC_ALL=C.UTF-8 mmdebstrap --variant=minbase --skip=cleanup/apt/lists \
		"${words[@]}" --include="$(echo $packages | tr ' ' ,)" \
		"$suite" "$directory/$name" "deb $source $suite main" \
		>"$directory/$name.log" 2>&1 || {
		tail -n 20 "$directory/$name.log" >&2
		cannot 'mmdebstrap failed'
	}
	echo "$made_by" >"$directory/$name.made-by"
}

# In the namespaces; they end with the command, and so do the mounts.
enter() {
	local directory=$1 name=$2 share=$3 layers
	shift 3
	mount --make-rprivate /
	layers=$directory/layers
	mkdir -p "$layers"
	mount -t tmpfs none "$layers"
	mkdir "$layers"/{upper,work,root}
	mount -t overlay -o \
		"lowerdir=$directory/$name,upperdir=$layers/upper,workdir=$layers/work" \
		none "$layers/root"
	cd "$layers/root"
	mkdir -p share dev/pts dev/shm
	mount --bind "$share" share
	mount --bind "$directory/$name.archives" var/cache/apt/archives
	mount -t proc none proc
	mount -t devpts -o newinstance,ptmxmode=0666 none dev/pts
	mount -t tmpfs none dev/shm
	cp -L /etc/resolv.conf etc/resolv.conf
	exec chroot . /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp \
		LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
}

case ${1:-} in
make)
	make "$(realpath -m "$2")" "$3"
	;;
inside)
	directory=$(realpath "$2") name=$3 share=$(realpath "$4")
	shift 4
	exec unshare --mount --pid --fork --kill-child "$(realpath "$0")" \
		--enter "$directory" "$name" "$share" "$@"
	;;
--enter)
	shift
	enter "$@"
	;;
*)
	echo 'usage: root.sh make | inside …' >&2
	exit 2
	;;
esac
