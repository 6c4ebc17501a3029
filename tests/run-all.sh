#!/bin/bash
# run-all.sh PART... - runs parts of the tests and ends with one line that
# counts them all: `N passed, N failed, N skipped`.
#
#	units      cmocka programs, with a private PostgreSQL and Redis
#	contract   messages, queries, documents, tables against their declarations
#	shape      the house rules that a script can check
#	scenarios  the real daemons, end to end
#	fuzz       hostile bytes into every reader, FUZZ_SECONDS (60) each
#
# One file of a folder is a part too: scenarios/test_copies.py.
# MODE says which build; the fuzz targets have one of their own.  Fails when
# anything failed or nothing ran.
set -u
top=$(cd "$(dirname "$0")/.." && pwd)
cd "$top" || exit 1
mode=${MODE:-release}
passed=0 failed=0 skipped=0

# add TEXT: counts of `N passed`, `N failed`, `N error`, `N skipped` in a line
add() {
	local n
	for word in passed failed error skipped; do
		n=$(grep -oE "[0-9]+ $word" <<<"$1" | head -1 | cut -d' ' -f1)
		case $word in
		passed) passed=$((passed + ${n:-0})) ;;
		skipped) skipped=$((skipped + ${n:-0})) ;;
		*) failed=$((failed + ${n:-0})) ;;
		esac
	done
}

run_units() {
	make --no-print-directory -s MODE="$mode" -j2 units >"$out" 2>&1 || {
		cat "$out"
		failed=$((failed + 1))
		return
	}
	make --no-print-directory -s MODE="$mode" unit 2>&1 | tee "$out"
	add "$(grep '^units:' "$out")"
}

run_pytest() { # FOLDER or FILE
	make --no-print-directory -s MODE="$mode" -j2 all >"$out" 2>&1 || {
		cat "$out"
		failed=$((failed + 1))
		return
	}
	MODE=$mode PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -m pytest \
		-q -rs -p no:cacheprovider "tests/$1" 2>&1 | tee "$out"
	local code=${PIPESTATUS[0]}
	local line
	line=$(tail -1 "$out")
	add "$line"
	# A run that broke before it could count has failed.
	[ "$code" -le 1 ] || failed=$((failed + 1))
}

run_fuzz() {
	tests/run-fuzz.sh "${FUZZ_SECONDS:-60}" 2>&1 | tee "$out"
	add "$(grep '^fuzz:' "$out")"
}

out=$(mktemp)
trap 'rm -f "$out"' EXIT
for part in "$@"; do
	echo "== $part ($mode)"
	case $part in
	units) run_units ;;
	fuzz) run_fuzz ;;
	contract | shape | scenarios | */test_*.py) run_pytest "$part" ;;
	*)
		echo "run-all.sh: there is no part $part" >&2
		exit 2
		;;
	esac
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
