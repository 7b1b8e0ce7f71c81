#!/bin/sh
# SPDX-License-Identifier: MIT
#
# In a root `build-SUITE`: make the packages of /share/jig, in /share/debs/SUITE, and
# look at them with lintian, of which no mark is accepted but those that debian/
# explains.
set -eu

# shellcheck source=/dev/null
debs=/share/debs/$(. /etc/os-release && echo "$VERSION_CODENAME")
rm -rf "$debs"
mkdir -p "$debs"
cp -R /share/jig /tmp/jig
cd /tmp/jig
dpkg-buildpackage -us -uc -b >"$debs/log" 2>&1 || {
	tail -n 40 "$debs/log"
	exit 1
}
cp ../*.deb ../*.changes "$debs/"
lintian --pedantic --display-info --allow-root --tag-display-limit 0 \
	--fail-on error,warning,info,pedantic ../jig_*.changes
