#!/bin/sh
# SPDX-License-Identifier: MIT
#
# In a minimal root: build and install the source tarball of /share/release with
# what README.md names. ldconfig and pkg-config find the library then.
set -eu

quietly() { "$@" >/root/log 2>&1 || { tail -n 30 /root/log; return 1; }; }

quietly apt-get install -y --no-install-recommends meson ninja-build scdoc \
	libuv1-dev libyaml-dev
mkdir /root/source
tar -C /root/source --strip-components=1 -xzf \
	/share/release/jig-[0-9]*[0-9].tar.gz
cd /root/source
quietly meson setup build -Dtests=false -Dbench=false
quietly meson compile -C build
quietly meson install -C build
ldconfig
ldconfig -p | grep 'libjig.so.1 .*=> /usr/local/lib'
cp debian/tests/library /root/library
# The installed program is that of /usr/local.
sed -i 's|= /usr/bin/jig|= /usr/local/bin/jig|' /root/library
AUTOPKGTEST_TMP=$(mktemp -d) /root/library
cd /root
echo 'web: echo from the Procfile' >Procfile
jig up | grep 'from the Procfile'
ls /usr/local/share/man/man1/jig.1
