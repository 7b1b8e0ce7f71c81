#!/bin/sh
# SPDX-License-Identifier: MIT
#
# In the root `build`: make the packages of /share/jig, in /share/debs, and look at
# them with lintian, of which no mark is accepted but those that debian/ explains.
set -eu

rm -rf /share/debs
mkdir /share/debs
cp -R /share/jig /tmp/jig
cd /tmp/jig
dpkg-buildpackage -us -uc -b >/share/debs/log 2>&1 || {
	tail -n 40 /share/debs/log
	exit 1
}
cp ../*.deb ../*.changes /share/debs/
lintian --pedantic --display-info --allow-root --tag-display-limit 0 \
	--fail-on error,warning,info,pedantic ../jig_*.changes
