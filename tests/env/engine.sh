# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# Sourced by the scripts that run a command beside an engine of its own, in
# private namespaces, as root (docker.sh, podman.sh, slurm.sh). Such a script
#
#   defines inside(), which starts the engine and runs "$@" in the namespaces:
#   the first process there, which reaps orphans; $folder is for its state;
#   calls engine_begin NAME TOOLS "$@", which leaves in inside(), or with 77 if
#   this machine cannot do it, the reason on stderr;
#   runs "${engine[@]}" --inside "$folder" "$@" then.

set -euo pipefail

cannot() {
	echo "$script: there is no $name here: $*" >&2
	exit 77
}

# engine_begin NAME TOOLS [--inside FOLDER] COMMAND [ARGUMENT]...
engine_begin() {
	local tools=$2 tool
	script=$(basename "$0") name=$1
	shift 2
	if [ "${1:-}" = --inside ]; then
		folder=$2
		shift 2
		inside "$@"
		exit
	fi
	if [ $# -eq 0 ]; then
		echo "usage: $script COMMAND [ARGUMENT]..." >&2
		exit 2
	fi
	[ "$(id -u)" -eq 0 ] || cannot 'needs root'
	for tool in $tools; do
		command -v "$tool" >/dev/null || cannot "no $tool"
	done
	engine=(unshare --net --mount --propagation private --pid --fork
		--mount-proc --kill-child)
	"${engine[@]}" true || cannot 'no namespaces are allowed'
	engine+=("$(realpath "$0")")
	folder=$(mktemp -d)
	trap 'rm -rf "$folder"' EXIT
	chmod 755 "$folder"
}
