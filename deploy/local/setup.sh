# setup.sh - makes the folders, users, secrets, settings and the database
# cluster of one machine.  Read by `platform`; every step may run again.

make_users() {
	[ -n "$is_root" ] || return 0
	getent group edupulse >/dev/null || groupadd --system edupulse
	for name in migrate redis $daemons; do
		getent passwd "edupulse-$name" >/dev/null ||
			useradd --system --no-create-home --gid edupulse \
				--home-dir /nonexistent \
				--shell /usr/sbin/nologin "edupulse-$name"
	done
}

# own USER:GROUP MODE PATH
own() {
	[ -z "$is_root" ] || chown "$1" "$3"
	chmod "$2" "$3"
}

make_folders() {
	mkdir -p "$home" "$home/bin" "$home/sv" "$home/log" "$home/secrets" \
		"$home/keys" "$home/pg" "$run" "$run/pg"
	own root:root 755 "$home"
	own root:root 755 "$home/sv"
	own root:edupulse 750 "$home/log"
	own root:edupulse 750 "$home/secrets"
	own edupulse-gateway:edupulse 700 "$home/keys"
	own postgres:postgres 700 "$home/pg"
	own root:edupulse 2775 "$run"
	own postgres:edupulse 2775 "$run/pg"
}

# A secret is 32 random bytes in hexadecimal, made once.
make_secret() { # FILE OWNER MODE
	if [ ! -s "$1" ]; then
		(umask 077 && od -An -N32 -tx1 /dev/urandom | tr -d ' \n' >"$1.new")
		mv "$1.new" "$1"
	fi
	own "$2" "$3" "$1"
}

make_secrets() {
	make_secret "$home/secrets/cluster.key" root:edupulse 440
	for name in $daemons; do
		make_secret "$home/secrets/$(role_of "$name").password" \
			"edupulse-$name:root" 400
		make_secret "$home/secrets/$(role_of "$name")_owner.password" \
			edupulse-migrate:root 400
	done
}

# The first from 8080 on that nobody has, other copies included.
free_port() {
	port=8080
	while grep -qsx "$port" "$home"/port* ||
	    (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
		port=$((port + 1))
	done
	echo "$port"
}

# port_of COPY: of a gateway; chosen once.
port_of() {
	file=$home/port${1#gateway}
	[ -s "$file" ] || free_port >"$file"
	cat "$file"
}

# All addresses of the daemons that have several.
print_peers() {
	for copy in $copies; do
		name=$(daemon_of "$copy")
		[ "$(copies_of "$name")" -gt 1 ] || continue
		printf '%s=%s|%s ' "$name" "$(bus_address "$copy")" \
			"$(bell_address "$copy")"
	done
}

write_settings() {
	[ -s "$home/port" ] || echo "${EDUPULSE_PORT:-$(free_port)}" >"$home/port"
	{
		echo "# Written by deploy/local/platform at each start; own settings"
		echo "# go to $home/local.conf, whose lines follow these."
		echo "run_folder = $run"
		echo "database = host=$run/pg dbname=edupulse"
		echo "cache = unix:$run/redis.sock"
		echo "cluster_key_file = $home/secrets/cluster.key"
		for name in $daemons; do
			echo "$name.database_password_file = $home/secrets/$(role_of "$name").password"
			echo "$name.owner_password_file = $home/secrets/$(role_of "$name")_owner.password"
		done
		echo "peers = $(print_peers)"
		echo "gateway.listen = 127.0.0.1:$(port_of gateway)"
		echo "gateway.first_key_file = $home/keys/first.key"
		[ ! -f "$home/local.conf" ] || cat "$home/local.conf"
	} >"$home/edupulse.conf.new"
	own root:edupulse 640 "$home/edupulse.conf.new"
	mv "$home/edupulse.conf.new" "$home/edupulse.conf"
}

install_binaries() {
	for name in $daemons edupulse; do
		[ -x "$build/bin/$name" ] || continue
		cmp -s "$build/bin/$name" "$home/bin/$name" && continue
		cp "$build/bin/$name" "$home/bin/$name.new"
		chmod 755 "$home/bin/$name.new"
		mv "$home/bin/$name.new" "$home/bin/$name"
	done
}

make_cluster() {
	[ ! -s "$home/pg/PG_VERSION" ] || return 0
	echo "Making a private PostgreSQL cluster"
	(cd / && as "$superuser" "$pg_bin/initdb" -D "$home/pg" -E UTF8 \
		--locale=C.UTF-8 -U "$superuser" --auth=peer >"$home/log/initdb" 2>&1) || {
		cat "$home/log/initdb" >&2
		return 1
	}
	cat >>"$home/pg/postgresql.conf" <<-X
	listen_addresses = ''
	unix_socket_directories = '$run/pg'
	unix_socket_group = '$([ -z "$is_root" ] || echo edupulse)'
	unix_socket_permissions = 0770
	password_encryption = scram-sha-256
	shared_buffers = 256MB
	max_wal_size = 4GB
	checkpoint_timeout = 15min
	wal_compression = on
	max_connections = 200
	jit = off
	log_min_messages = warning
	log_min_error_statement = panic
	log_parameter_max_length_on_error = 0
	log_error_verbosity = terse
	X
	cat >"$home/pg/pg_hba.conf" <<-X
	# The superuser by the operating system's word alone, everyone else by password.
	local all $superuser peer map=superuser
	local all all scram-sha-256
	X
	cat >"$home/pg/pg_ident.conf" <<-X
	superuser $superuser $superuser
	$([ -z "$is_root" ] || echo "superuser root $superuser")
	X
	own postgres:postgres 600 "$home/pg/pg_hba.conf"
	own postgres:postgres 600 "$home/pg/pg_ident.conf"
}
