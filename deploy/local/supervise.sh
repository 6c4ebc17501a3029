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
	exec $(as_text "$superuser:$([ -n "$is_root" ] && echo postgres:edupulse)")"$pg_bin/postgres" -D "$home/pg" -k "$run/pg"
	X
	service redis <<-X
	#!/bin/sh
	exec 2>&1
	umask 007
	cd /
	exec $(as_text edupulse-redis:edupulse)redis-server --port 0 \\
		--unixsocket "$run/redis.sock" --unixsocketperm 770 --save "" \\
		--appendonly no --maxmemory 64mb --maxmemory-policy allkeys-lru
	X
	for copy in $copies; do
		name=$(daemon_of "$copy")
		service "$copy" <<-X
		#!/bin/sh
		exec 2>&1
		umask 007
		cd /
		export EDUPULSE_SETTINGS="$home/edupulse.conf"
		$(as_text edupulse-migrate:edupulse)"$home/bin/$name" --migrate || { sleep 1; exit 1; }
		exec $(as_text "edupulse-$name:edupulse")"$home/bin/$name"$(addresses "$copy")
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
		# Out of runsvdir's sight, which would start it again, and ended
		# together with its log.
		[ -d "$home/sv/.$copy" ] && {
			sv -w 20 force-shutdown "$home/sv/.$copy" \
				>/dev/null 2>&1 || true
			rm -rf "$home/sv/.$copy"
		}
		mv "$folder" "$home/sv/.$copy"
		sv -w 20 force-shutdown "$home/sv/.$copy" >/dev/null 2>&1 || true
		rm -rf "$home/sv/.$copy"
	done
}

# The pid is told from that of a stranger by what the process was started as.
supervisor_pid() {
	[ -s "$home/supervisor.pid" ] || return 1
	pid=$(cat "$home/supervisor.pid")
	[ "$({ tr '\0' ' ' <"/proc/$pid/cmdline"; } 2>/dev/null)" = \
		"runsvdir -P $home/sv " ] && echo "$pid"
}

# It notes its own pid before it is runsvdir, so that no runsvdir goes unnoted.
start_supervisor() {
	supervisor_pid >/dev/null && return 0
	setsid sh -c 'echo $$ >"$0/supervisor.pid" &&
		exec runsvdir -P "$0/sv"' "$home" \
		</dev/null >"$home/log/supervisor" 2>&1 9<&- &
}

# sv_says STATES NAME: is the service supervised, and in one of the states?
sv_says() {
	sv status "$home/sv/$2" 2>/dev/null | grep -Eq "^($1): "
}

# The names of what is supervised, whether the supervisor lives or not.
supervised() {
	for at in "$home"/sv/*/; do
		at=$(basename "$at")
		! sv_says 'run|down|finish' "$at" || echo "$at"
	done
}

end_supervisor() { # PID
	kill -TERM "$1" 2>/dev/null || true
	for _ in $(seq 100); do
		kill -0 "$1" 2>/dev/null || return 0
		sleep 0.1
	done
}

# SIGINT is PostgreSQL's fast shutdown; `exit` keeps runit from starting it
# again.
stop_postgres() {
	sv exit "$home/sv/postgres"
	sv interrupt "$home/sv/postgres"
	sv -w 60 shutdown "$home/sv/postgres"
}

# Whatever a step comes to, the next one is made; what is left is looked at
# when all are done.
stop_all() {
	# SIGTERM ends the supervisor alone: what it watched is stopped in our
	# order, and started by nobody.
	pid=$(supervisor_pid) && end_supervisor "$pid"
	# Daemons first, then what they stand on.
	for name in $(supervised | grep -vx -e postgres -e redis); do
		sv -w 20 force-shutdown "$home/sv/$name" &
	done
	wait
	sv -w 20 force-shutdown "$home/sv/redis"
	stop_postgres
}

stop_supervisor() {
	if ! supervisor_pid >/dev/null && [ -z "$(supervised)" ]; then
		echo "Nothing runs in $home."
		return 0
	fi
	stop_all >"$home/log/stop" 2>&1 || true
	left=$(supervised | tr '\n' ' ')
	! supervisor_pid >/dev/null || left="runsvdir $left"
	[ -z "$left" ] || {
		cat "$home/log/stop" >&2
		refuse "Still there in $home: ${left% }.  Try again, or look at" \
			"its log in $home/log."
	}
	rm -f "$home/supervisor.pid"
	echo "EduPulse in $home is stopped."
}
