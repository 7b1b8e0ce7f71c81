#!/bin/sh
# SPDX-License-Identifier: MIT
#
# In the root `build-bookworm`: run tools/release of /share/jig in two folders, as /share/
# release and /share/again. Both are the same, and what is in them runs.
set -eu

fail() { echo "release.sh: $*" >&2; exit 1; }

rm -rf /share/release /share/again /tmp/elsewhere
/share/jig/tools/release /share/release
git clone -q /share/jig /tmp/elsewhere/of-another-length
(umask 077 && /tmp/elsewhere/of-another-length/tools/release /share/again)
diff -r /share/release /share/again || fail 'two runs differ'

cd /share/release
sha256sum --quiet -c SHA256SUMS
set -- *
[ $# -eq 5 ] || fail "5 files are expected, these are here: $*"
version=$(sed -n "s/^  version: '\(.*\)',$/\1/p" /share/jig/meson.build)

# The source is the commit, and nothing else.
mkdir /tmp/source
tar -C /tmp/source -xzf "jig-$version.tar.gz"
git -C /share/jig archive --format=tar --prefix="jig-$version/" HEAD |
	tar -C /tmp/source -d

for arch in x86_64 aarch64; do
	name=jig-$version-linux-$arch
	tar -xzf "$name.tar.gz" -C /tmp
	for file in bin/jig libexec/jig/jig-up share/doc/jig/LICENSE share/man/man1/jig.1 \
		share/man/man1/jig-up.1 share/bash-completion/completions/jig \
		share/zsh/site-functions/_jig share/fish/vendor_completions.d/jig.fish; do
		[ -s "/tmp/$name/$file" ] || fail "$name has no $file"
	done
	for program in bin/jig libexec/jig/jig-up; do
		! readelf -lW "/tmp/$name/$program" | grep INTERP ||
			fail "$name: $program is dynamic"
		! readelf -SW "/tmp/$name/$program" | grep -F .debug_ ||
			fail "$name: $program is not stripped"
	done
done

# All that is linked, as the SBOM names it, has its licence there.
linked=$(sed -n 's/^    "[a-z]*": ("\([a-z0-9-]*\)", .*/\1/p' /share/jig/tools/sbom | sort)
licences=/tmp/jig-$version-linux-x86_64/share/doc/jig/licenses
[ "$(LC_ALL=C ls "$licences")" = "$linked" ] || fail "licences are $(ls "$licences")"
grep -q 'GNU Lesser' "$licences/libc6-dev"
grep -q 'Permission is hereby granted' "$licences/libuv1-dev"

# The README's line installs it, and nothing besides.
mkdir /tmp/local
line=$(/share/jig/tests/packages/readme 'tar -xzf' | sed 's|/usr/local|/tmp/local|')
case $line in *'linux-x86_64.tar.gz '*/tmp/local) ;; *) fail "README: $line" ;; esac
eval "$line"
[ "$(LC_ALL=C ls /tmp/local)" = "$(printf 'bin\nlibexec\nshare')" ] || fail "$line"
/tmp/local/bin/jig version

# As the root of an image that has nothing else (a container's runtime gives it
# /proc and /dev): jig up runs, and finds its jig-up.
empty=/tmp/jig-$version-linux-x86_64
cat >"$empty/jig.yaml" <<'END'
processes:
  web:
    entrypoint: [/bin/jig, version]
END
mkdir "$empty/proc" "$empty/run" "$empty/dev"
mknod -m 666 "$empty/dev/null" c 1 3
mount -t proc none "$empty/proc"
chroot "$empty" /bin/jig up >/tmp/said || fail 'jig up fails in an empty root'
grep "web.*jig $version" /tmp/said
ln -s ../bin/jig "$empty/run/link"
umount "$empty/proc"
# Without /proc, through a link, it says what it needs and does not hang.
chroot "$empty" /run/link version

# User-mode QEMU has no subreapers and no pidfds of clone(2); this holds.
qemu-aarch64-static "/tmp/jig-$version-linux-aarch64/bin/jig" version |
	grep "jig $version"
cd "$empty"
qemu-aarch64-static "/tmp/jig-$version-linux-aarch64/libexec/jig/jig-up" \
	"$empty/bin/jig" check

python3 - "/share/release/jig-$version.spdx.json" <<'END'
import hashlib, json, pathlib, re, sys

path = pathlib.Path(sys.argv[1])
sbom = json.loads(path.read_text())
assert sbom["spdxVersion"] == "SPDX-2.3" and sbom["dataLicense"] == "CC0-1.0"
assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", sbom["creationInfo"]["created"])
ids = {"SPDXRef-DOCUMENT"} | {one["SPDXID"] for one in sbom["packages"]}
assert all(re.fullmatch(r"SPDXRef-[A-Za-z0-9.-]+", one) for one in ids)
assert len(ids) == len(sbom["packages"]) + 1
for one in sbom["relationships"]:
    assert {one["spdxElementId"], one["relatedSpdxElement"]} <= ids
named = {}
for one in sbom["packages"]:
    assert {"name", "downloadLocation", "licenseConcluded"} <= set(one)
    if "packageFileName" in one:
        named[one["packageFileName"]] = one["checksums"][0]["checksumValue"]
    else:
        assert one["versionInfo"] != "NOASSERTION", one
files = {f.name: hashlib.sha256(f.read_bytes()).hexdigest()
         for f in path.parent.glob("*.tar.gz")}
assert named == files and len(files) == 3
END
