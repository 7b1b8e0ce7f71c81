#!/bin/sh
# SPDX-License-Identifier: MIT
#
# In a minimal root: build and install the source tarball of /share/release with
# what README.md names. ldconfig and pkg-config find the library then.
set -eu
export PATH="/usr/local/bin:$PATH"

quietly() { "$@" >/tmp/log 2>&1 || { tail -n 30 /tmp/log; return 1; }; }

quietly apt-get install -y --no-install-recommends meson ninja-build scdoc \
	libuv1-dev libyaml-dev
mkdir /tmp/source
for file in /share/release/jig-*.tar.gz; do
	case $file in
	*-linux-*) ;;
	*) tar -C /tmp/source --strip-components=1 -xzf "$file" ;;
	esac
done
cd /tmp/source
quietly meson setup build -Dtests=false -Dbench=false
quietly meson compile -C build
line=$(tests/packages/readme 'meson install')
eval "quietly $line"
ldconfig -p | grep 'libjig.so.1 .*=> /usr/local/lib'
cp debian/tests/library /tmp/library
# The installed program is that of /usr/local.
sed -i 's|= /usr/bin/jig|= /usr/local/bin/jig|' /tmp/library
AUTOPKGTEST_TMP=$(mktemp -d) /tmp/library
cd /tmp
echo 'web: echo from the Procfile' >Procfile
jig up | grep 'from the Procfile'
ls /usr/local/share/man/man1/jig.1
