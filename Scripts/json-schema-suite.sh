#!/bin/sh
# Fetches the official JSON Schema test suite into .build/jsonschema-suite (or the folder given), for CatalogTests.
# It comes out of the source archive of the Python package jsonschema, pinned by version and SHA-256. Does nothing
# when it is there; without a network it says so and succeeds, and the tests that need the suite skip.
set -eu
cd "$(dirname "$0")/.."

version=4.26.0
sha256=0c26707e2efad8aa1bfc5b7ce170f3fccc2e4918ff85989ba9ffa9facb2be326
index=${COVEY_PYPI_INDEX:-https://pypi.org}
folder=${1:-.build/jsonschema-suite}

if [ "$(cat "$folder/version" 2>/dev/null)" = "$version" ]; then exit 0; fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
archive="$work/jsonschema-$version.tar.gz"

# The index names where the archive is; only the checksum is trusted.
if ! python3 - "$index/simple/jsonschema/" "jsonschema-$version.tar.gz" "$archive" <<'PYTHON'
import re
import sys
import urllib.parse
import urllib.request

page, name, target = sys.argv[1:]
try:
    text = urllib.request.urlopen(page, timeout=30).read().decode()
    links = [link for link in re.findall(r'href="([^"#]+)', text) if link.endswith("/" + name)]
    with urllib.request.urlopen(urllib.parse.urljoin(page, links[0]), timeout=60) as reply, open(target, "wb") as file:
        file.write(reply.read(20_000_000))
except (OSError, IndexError) as error:
    sys.exit(f"Scripts/json-schema-suite.sh: cannot fetch {name}: {error}")
PYTHON
then
    echo "Scripts/json-schema-suite.sh: no suite; its tests will skip" >&2
    exit 0
fi

echo "$sha256  $archive" | sha256sum --check --quiet
tar -xzf "$archive" -C "$work"
mkdir -p "$(dirname "$folder")"
rm -rf "$folder"
mkdir "$folder"
for part in tests remotes LICENSE; do cp -R "$work/jsonschema-$version/json/$part" "$folder/"; done
echo "$version" >"$folder/version"
