#!/bin/sh
# SPDX-License-Identifier: MIT
#
# In the root `build-bookworm`: make the musllinux wheel of /share/jig, and run the Python
# tests with it. Debian has no Python for musl, so the source of its Python is
# built with musl-gcc: an interpreter with the modules that the tests import.
set -eu

fail() { echo "musl.sh: $*" >&2; exit 1; }
quietly() { "$@" >/tmp/log 2>&1 || { tail -n 30 /tmp/log; return 1; }; }

sed -n 's/^deb /deb-src /p' /etc/apt/sources.list >/etc/apt/sources.list.d/source.list
quietly apt-get update
quietly apt-get install -y --no-install-recommends python3-build python3-pytest \
	python3-pytest-xdist procps unzip
mkdir /tmp/python
cd /tmp/python
quietly apt-get source --download-only python3.11
tar -xzf python3.11_*.orig.tar.gz --strip-components=1

# musl's headers and libraries, and of this machine's only the kernel's headers.
mkdir kernel
for folder in linux asm-generic; do
	ln -s "/usr/include/$folder" kernel/
done
ln -s "/usr/include/$(gcc -print-multiarch)/asm" kernel/
cat >cc <<'END'
#!/bin/sh
case $* in *-print-multiarch*) exit ;; esac
exec musl-gcc -isystem /tmp/python/kernel "$@"
END
chmod +x cc
PKG_CONFIG=false ac_cv_lib_z_gzread=no CC=/tmp/python/cc \
	quietly ./configure --without-ensurepip --disable-test-modules
cat >Modules/Setup.local <<'END'
*static*
_asyncio _asynciomodule.c
_bisect _bisectmodule.c
_blake2 _blake2/blake2module.c _blake2/blake2b_impl.c _blake2/blake2s_impl.c
_contextvars _contextvarsmodule.c
_csv _csv.c
_datetime _datetimemodule.c
_heapq _heapqmodule.c
_json _json.c
_md5 md5module.c
_multiprocessing -I$(srcdir)/Modules/_multiprocessing _multiprocessing/multiprocessing.c _multiprocessing/semaphore.c
_opcode _opcode.c
_pickle _pickle.c
_posixsubprocess _posixsubprocess.c
_queue _queuemodule.c
_random _randommodule.c
_sha1 sha1module.c
_sha256 sha256module.c
_sha3 _sha3/sha3module.c
_sha512 sha512module.c
_socket socketmodule.c
_statistics _statisticsmodule.c
_struct _struct.c
_typing _typingmodule.c
array arraymodule.c
binascii binascii.c
fcntl fcntlmodule.c
grp grpmodule.c
math mathmodule.c
mmap mmapmodule.c
resource resource.c
select selectmodule.c
termios termios.c
unicodedata unicodedata.c
END
quietly make -j "$(nproc)" python CFLAGS_NODIST='-w -O1'
file=$(./python -c 'import _socket; print(_socket.__name__)')
[ "$file" = _socket ]
readelf -lW python | grep -q 'interpreter: /lib/ld-musl' || fail 'not linked with musl'

JIG_WHEEL_LIBC=musl quietly /share/jig/python/package /tmp/wheel
set -- /tmp/wheel/dist/*.whl
case $1 in *-musllinux_1_2_*.whl) ;; *) fail "it is called $1" ;; esac
mkdir /tmp/site
unzip -q "$1" -d /tmp/site
chmod +x /tmp/site/jig/bin/*
export PYTHONPATH=/tmp/site:/usr/lib/python3/dist-packages
cd /share/jig
/tmp/python/python python/tests/smoke.py
/tmp/python/python -m pytest -q -p no:cacheprovider python/tests/test_errors.py \
	python/tests/test_fixture.py python/tests/test_popen.py \
	python/tests/test_readiness.py python/tests/test_stop.py \
	python/tests/test_async.py
