#!/bin/sh
# Fetches the official JMESPath compliance cases into .build/jmespath-suite (or the folder given), for CatalogTests.
# They come out of Debian's source package of go-jmespath, pinned by version and SHA-256. Does nothing when they are
# there; without a network or apt-get it says so and succeeds, and the tests that need the cases skip.
set -eu
cd "$(dirname "$0")/.."

version=0.4.0
sha256=aa86d00b6836345eee196c13df2df084a18e0b1159935de9289f2ef6a7fe375d
mirror=${COVEY_DEBIAN_MIRROR:-http://deb.debian.org/debian}
folder=${1:-.build/jmespath-suite}

if [ "$(cat "$folder/version" 2>/dev/null)" = "$version" ]; then exit 0; fi
if ! command -v apt-get >/dev/null 2>&1; then
    echo "Scripts/jmespath-suite.sh: no apt-get to fetch the cases with; their tests will skip" >&2
    exit 0
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
package=golang-github-jmespath-go-jmespath
archive="$work/${package}_$version.orig.tar.gz"

# Lists of its own, so that the machine's stay as they are and nobody need be root. The archive's checksum is what is
# trusted; that other parts of the source package may be gone does not matter.
mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
echo "deb-src $mirror bookworm main" >"$work/sources.list"
cat >"$work/apt.conf" <<CONF
Dir::Etc::sourcelist "$work/sources.list";
Dir::Etc::sourceparts "-";
Dir::State::lists "$work/lists";
Dir::Cache "$work/cache";
APT::Sandbox::User "$(id -un)";
CONF
(
    cd "$work"
    export APT_CONFIG="$work/apt.conf"
    apt-get update -qq && apt-get source -qq --download-only "$package"
) >"$work/log" 2>&1 || true
if ! [ -f "$archive" ]; then
    echo "Scripts/jmespath-suite.sh: cannot fetch $(basename "$archive"): $(tail -n 1 "$work/log")" >&2
    echo "Scripts/jmespath-suite.sh: no cases; their tests will skip" >&2
    exit 0
fi

echo "$sha256  $archive" | sha256sum --check --quiet
tar -xzf "$archive" -C "$work"
mkdir -p "$(dirname "$folder")"
rm -rf "$folder"
mkdir "$folder"
for part in compliance LICENSE; do cp -R "$work/go-jmespath-$version/$part" "$folder/"; done
echo "$version" >"$folder/version"
