#!/usr/bin/env bash
# Builds the solution once and runs every test. Ends with the line "N passed, N failed, N skipped".
#   ./test.sh                  all tests
#   ./test.sh --golden DIR     only the conformance tests, against another folder of golden files
set -uo pipefail
cd "$(dirname "$0")"

# Tests on PostgreSQL start servers of their own, and tests of experts read pictures with Tesseract, both Debian's; where one is missing and cannot be had
# its tests are skipped and say so.
install() {
  local name=$1; shift
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "test.sh: $name is missing and can be installed by root with apt-get only; its tests are skipped." >&2
    return
  fi
  { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"; } >/dev/null 2>&1 \
    || echo "test.sh: apt-get could not install '$*'; the tests of $name are skipped." >&2
}

install_missing() {
  compgen -G "/usr/lib/postgresql/*/bin/postgres" >/dev/null || install PostgreSQL postgresql
  command -v tesseract >/dev/null || install Tesseract tesseract-ocr tesseract-ocr-eng
}

build=Cluster.sln
projects=(tests/*.Tests)
if [ "${1:-}" = "--golden" ]; then
  [ -d "${2:-}" ] || { echo "test.sh: --golden needs a folder; '${2:-}' is none." >&2; exit 2; }
  HERD_GOLDEN=$(cd "$2" && pwd)
  export HERD_GOLDEN
  build=tests/Conformance.Tests
  projects=("$build")
elif [ $# -gt 0 ]; then
  echo "usage: ./test.sh [--golden DIR]" >&2
  exit 2
fi

[ "$build" != Cluster.sln ] || install_missing
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 MSBUILDDISABLENODEREUSE=1
if ! dotnet build "$build" -c Release -v quiet; then
  echo "The build failed."
  echo "0 passed, 1 failed, 0 skipped"
  exit 1
fi

results=artifacts/test-results
rm -rf "$results" && mkdir -p "$results"
crashed=()
for project in "${projects[@]}"; do
  name=Herd.$(basename "$project")
  echo "== $name"
  "$project/bin/Release/net10.0/$name" -noColor -noLogo -result-xml "$results/$name.xml" 2>&1 | grep -vE '^ *(Discover|Starting:|Finished:)' | tee "$results/$name.log"
  [ -s "$results/$name.xml" ] || crashed+=("$name")
done

echo "== the ten slowest tests, in seconds"
grep -ho '<test [^>]*' "$results"/*.xml | sed -n 's/.* name="\([^"]*\)".* time="\([^"]*\)".*/\2 \1/p' | sort -rn | head -10 | cut -c1-180

# Last, so that it is seen however much was printed before.
if grep -q '\[FAIL\]' "$results"/*.log; then
  echo "== the tests that failed"
  grep -hA 20 '\[FAIL\]' "$results"/*.log | cut -c1-400
fi

# A program that ended without a report counts as one failure.
[ ${#crashed[@]} -eq 0 ] || echo "Ended without a report: ${crashed[*]}"
grep -ho '<assembly [^>]*' "$results"/*.xml | awk -v crashed=${#crashed[@]} '
  function value(name) { return match($0, " " name "=\"[0-9]+\"") ? substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 4) : 0 }
  { passed += value("passed"); failed += value("failed") + value("errors"); skipped += value("skipped") }
  END { failed += crashed; printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped; exit failed > 0 || passed == 0 }'
