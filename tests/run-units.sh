#!/bin/sh
# run-units.sh PROGRAM... - runs cmocka programs; ends with one summary line.
# A program's output is shown only when it fails; exit 1 when any test failed.
passed=0 failed=0 skipped=0
out=$(mktemp) || exit 1
trap 'rm -f "$out"' EXIT
for program in "$@"; do
	timeout 300 "$program" >"$out" 2>&1
	code=$?
	p=$(grep -c '^\[       OK ]' "$out")
	f=$(grep -c '^\[  FAILED  ] [a-z]' "$out")
	s=$(grep -c '^\[  SKIPPED ]' "$out")
	[ "$code" -ne 0 ] && [ "$f" -eq 0 ] && f=1
	# cmocka names a failed test twice: where it failed and in its summary
	[ "$f" -gt 1 ] && f=$((f / 2))
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
	if [ "$code" -ne 0 ]; then
		echo "--- $program (exit $code)"
		cat "$out"
	fi
done
echo "units: $passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
