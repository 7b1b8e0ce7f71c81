#!/bin/sh
# SPDX-License-Identifier: MIT
#
# In a minimal root: install the packages of /share/debs/SUITE, run debian/tests
# with them, upgrade to those of /share/upgraded/SUITE, run the tests again, purge. The files
# are the same before and after.
set -eu

tests=/share/jig/debian/tests
# shellcheck source=/dev/null
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
names='jig libjig1 libjig-dev python3-jig jig-doc'

say() { echo "-- $*"; }
quietly() { "$@" >/tmp/log 2>&1 || { tail -n 30 /tmp/log; return 1; }; }

# Not what apt and dpkg write about every package.
files() {
	find / -xdev \( -path /proc -o -path /share -o -path /tmp \
		-o -path /var/cache/apt -o -path /var/lib/apt/lists \
		-o -path /var/lib/dpkg/status-old -o -path /dev \) -prune \
		-o -printf '%y %m %u:%g %p %l\n' | LC_ALL=C sort
}

# The README's line, and the other packages.
install_all() {
	cd "$1"
	line=$(/share/jig/tests/packages/readme 'apt install')
	eval "quietly apt-get -y --no-install-recommends ${line#apt }"
	quietly apt-get install -y --no-install-recommends "$1"/libjig1_*.deb "$1"/libjig-dev_*.deb "$1"/python3-jig_*.deb \
		"$1"/jig-doc_*.deb
}

run_tests() {
	for test in commands project library python files; do
		AUTOPKGTEST_TMP=$(mktemp -d)
		export AUTOPKGTEST_TMP
		quietly "$tests/$test" || { say "debian/tests/$test failed"; return 1; }
		rm -rf "$AUTOPKGTEST_TMP"
	done
}

# What Debian's own packages leave after a purge (the cache of ldconfig; netbase,
# which python3 needs: /etc/hosts) is there before.
quietly apt-get install -y --no-install-recommends libyaml-0-2 python3
quietly apt-get purge -y --auto-remove libyaml-0-2 python3
files >/tmp/before

install_all "/share/debs/$suite"
first=$(dpkg-query -W -f '${Version}' jig)
say "installed $first: $(dpkg-query -W -f '${Package} ' libuv1\* python3 | tr -s ' ')"
run_tests
install_all "/share/upgraded/$suite"
[ "$(dpkg-query -W -f '${Version}' jig)" = "$first+next" ]
say 'upgraded'
run_tests

# As a user calls it: the runtime directory is /run/jig. A job that runs keeps it.
jig run -- sh -c 'setsid sleep 1000 & exit 0' 2>/dev/null
jig start --name nap -- sleep 1000
/var/lib/dpkg/info/jig.postrm purge
jig kill %nap
[ -d /run/jig ]
# shellcheck disable=SC2086 # words
quietly apt-get purge -y --auto-remove $names
files >/tmp/after
if ! diff /tmp/before /tmp/after; then
	say 'the purge has left something, or taken too much'
	exit 1
fi
[ ! -e /usr/bin/jig ]
say 'purged; nothing is left'
