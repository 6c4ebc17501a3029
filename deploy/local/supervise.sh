# supervise.sh - the runit folders: one a process, its run script, its log.
# Read by `platform`.

# service NAME: reads the run script from standard input.
service() {
	mkdir -p "$home/sv/$1/log" "$home/log/$1"
	cat >"$home/sv/$1/run.new"
	chmod 755 "$home/sv/$1/run.new"
	mv "$home/sv/$1/run.new" "$home/sv/$1/run"
	cat >"$home/sv/$1/log/run.new" <<-X
	#!/bin/sh
	exec svlogd "$home/log/$1"
	X
	chmod 755 "$home/sv/$1/log/run.new"
	mv "$home/sv/$1/log/run.new" "$home/sv/$1/log/run"
	printf 's10000000\nn5\n' >"$home/log/$1/config"
}

write_services() {
	# A PostgreSQL killed hard may refuse to start while children of the old
	# one still hold its memory: runit tries again each second, and the
	# pid file is left to PostgreSQL.
	service postgres <<-X
	#!/bin/sh
	exec 2>&1
	cd /
	exec $(as_text "$superuser:$([ -n "$is_root" ] && echo postgres:edupulse)")$pg_bin/postgres -D $home/pg
	X
	service redis <<-X
	#!/bin/sh
	exec 2>&1
	umask 007
	cd /
	exec $(as_text edupulse-redis:edupulse)redis-server --port 0 \\
		--unixsocket $run/redis.sock --unixsocketperm 770 --save "" \\
		--appendonly no --maxmemory 64mb --maxmemory-policy allkeys-lru
	X
	for copy in $copies; do
		name=$(daemon_of "$copy")
		service "$copy" <<-X
		#!/bin/sh
		exec 2>&1
		umask 007
		cd /
		export EDUPULSE_SETTINGS=$home/edupulse.conf
		$(as_text edupulse-migrate:edupulse)$home/bin/$name --migrate || { sleep 1; exit 1; }
		exec $(as_text "edupulse-$name:edupulse")$home/bin/$name$(addresses "$copy")
		X
	done
}

# What a further copy is told: the settings are those of the first one.
addresses() { # COPY
	case $1 in
	*.*)
		printf ' --%s=%s' bus_address "$(bus_address "$1")" \
			bell_address "$(bell_address "$1")" \
			ops_listen "unix:$run/$1.ops"
		;;
	esac
	case $1 in
	gateway.*) printf ' --listen=127.0.0.1:%s' "$(port_of "$1")" ;;
	esac
}

# Copies of an earlier start that are not wanted any more.
drop_copies() {
	for folder in "$home"/sv/*.[1-9]; do
		copy=${folder##*/}
		[ -d "$folder" ] && ! grep -qx "$copy" <<<"$copies" || continue
		sv -w 20 force-stop "$folder" >/dev/null 2>&1 || true
		# runsvdir ends its runsv when the folder has gone.
		rm -rf "$folder"
	done
}

supervisor_pid() {
	[ -s "$run/supervisor.pid" ] || return 1
	pid=$(cat "$run/supervisor.pid")
	[ "$(cat "/proc/$pid/comm" 2>/dev/null)" = runsvdir ] && echo "$pid"
}

start_supervisor() {
	supervisor_pid >/dev/null && return 0
	setsid runsvdir -P "$home/sv" </dev/null >"$home/log/supervisor" 2>&1 &
	echo $! >"$run/supervisor.pid"
}

stop_supervisor() {
	pid=$(supervisor_pid) || return 0
	# Daemons first, then what they stand on.
	for folder in "$home"/sv/*; do
		case $folder in
		*/redis | */postgres) continue ;;
		esac
		sv -w 20 force-stop "$folder" >/dev/null 2>&1 &
	done
	wait
	sv -w 20 force-stop "$home/sv/redis" >/dev/null 2>&1
	# SIGINT is PostgreSQL's fast shutdown.
	sv interrupt "$home/sv/postgres" >/dev/null 2>&1
	sv -w 30 down "$home/sv/postgres" >/dev/null 2>&1
	kill -HUP "$pid"
	for _ in $(seq 100); do
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.1
	done
	rm -f "$run/supervisor.pid"
}
