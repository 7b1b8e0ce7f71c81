#!/bin/sh
# SPDX-License-Identifier: MIT
#
# In a root `build-SUITE`: the packages of /share/debs/SUITE with a higher version, in
# /share/upgraded/SUITE.
set -eu

# shellcheck source=/dev/null
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
upgraded=/share/upgraded/$suite
rm -rf "$upgraded"
mkdir -p "$upgraded"
for deb in /share/debs/"$suite"/*.deb; do
	case $deb in *dbgsym*) continue ;; esac
	version=$(dpkg-deb -f "$deb" Version)
	rm -rf /tmp/tree
	dpkg-deb -R "$deb" /tmp/tree
	sed -i "s/^Version: .*/Version: $version+next/
		s/(= $version)/(= $version+next)/" /tmp/tree/DEBIAN/control
	dpkg-deb --root-owner-group -b /tmp/tree "$upgraded" >/dev/null
done
