#!/bin/sh
# redis.sh start DIR | stop DIR - a private Redis for tests: a cache without
# persistence on the socket DIR/redis.sock, its process id in DIR/redis.pid.
set -eu
action=${1:?start or stop} dir=${2:?a folder}

answers() {
	redis-cli -s "$dir/redis.sock" ping 2>/dev/null | grep -q PONG
}

case $action in
start)
	mkdir -p "$dir"
	redis-server --port 0 --unixsocket "$dir/redis.sock" --daemonize yes \
	    --pidfile "$dir/redis.pid" --logfile "$dir/redis.log" \
	    --dir "$dir" --save '' --appendonly no --maxmemory 64mb \
	    >/dev/null
	for _ in $(seq 100); do
		! answers || exit 0
		sleep 0.05
	done
	cat "$dir/redis.log" >&2
	exit 1
	;;
stop)
	redis-cli -s "$dir/redis.sock" shutdown nosave >/dev/null 2>&1 || true
	;;
*)
	echo "redis.sh: want start DIR or stop DIR" >&2
	exit 2
	;;
esac
