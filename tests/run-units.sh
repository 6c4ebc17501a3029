#!/bin/bash
# run-units.sh PROGRAM... - runs cmocka programs; ends with one summary line.
# A program's output is shown only when it fails; exit 1 when any test failed.
# One that hangs is ended after 15 minutes: a busy machine takes its time.
#
# One private PostgreSQL and one Redis serve all of them; where they are is in
# EDUPULSE_TEST_DATABASE (a connection string) and EDUPULSE_TEST_REDIS
# (unix:PATH).
set -u
support=$(dirname "$0")/support
passed=0 failed=0 skipped=0
folder=$(mktemp -d /tmp/edupulse.XXXXXX) || exit 1
chmod 755 "$folder"

clean_up() {
	"$support/postgres.sh" stop "$folder/pg"
	"$support/redis.sh" stop "$folder/redis"
	rm -rf "$folder"
}
trap clean_up EXIT
trap 'exit 1' INT TERM
"$support/postgres.sh" start "$folder/pg" || exit 1
"$support/redis.sh" start "$folder/redis" || exit 1
export EDUPULSE_TEST_DATABASE="host=$folder/pg dbname=edupulse user=edupulse"
export EDUPULSE_TEST_REDIS="unix:$folder/redis/redis.sock"

out=$folder/out
for program in "$@"; do
	timeout 900 "$program" >"$out" 2>&1
	code=$?
	p=$(grep -c '^\[       OK ]' "$out")
	f=$(grep -c '^\[  FAILED  ] [a-z]' "$out")
	s=$(grep -c '^\[  SKIPPED ] [a-z]' "$out")
	[ "$code" -ne 0 ] && [ "$f" -eq 0 ] && f=1
	# cmocka names a failed or skipped test twice: where it happened and in
	# its summary
	[ "$f" -gt 1 ] && f=$((f / 2))
	[ "$s" -gt 1 ] && s=$((s / 2))
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
	if [ "$code" -ne 0 ]; then
		echo "--- $program (exit $code)"
		cat "$out"
	fi
done
echo "units: $passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
