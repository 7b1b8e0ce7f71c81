#!/bin/sh
# SPDX-License-Identifier: MIT
#
# In the root `build`: the packages of /share/debs with a higher version, in
# /share/upgraded.
set -eu

rm -rf /share/upgraded
mkdir /share/upgraded
for deb in /share/debs/*.deb; do
	case $deb in *dbgsym*) continue ;; esac
	version=$(dpkg-deb -f "$deb" Version)
	rm -rf /tmp/tree
	dpkg-deb -R "$deb" /tmp/tree
	sed -i "s/^Version: .*/Version: $version+next/
		s/(= $version)/(= $version+next)/" /tmp/tree/DEBIAN/control
	dpkg-deb --root-owner-group -b /tmp/tree /share/upgraded >/dev/null
done
