#!/bin/sh
# roles.sh FOLDER [SERVICE...] - makes the database, roles and schemas of the
# services in a PostgreSQL cluster; may be run again at any time.
#
# Connects with psql as libpq's environment says (PGHOST, PGUSER ...), as a
# superuser.  Without names it takes every folder of services/ that has
# migrations.  For the service NAME (up to its first hyphen):
#	edupulse_NAME_owner	owns schema NAME; --migrate logs in as it
#	edupulse_NAME		serves; reads and writes what the owner makes,
#				and owns nothing
# Passwords are read from FOLDER/NAME.password and FOLDER/NAME_owner.password;
# a role without a file gets none (and can then log in by trust or peer only).
# What a migration creates is granted to the serving role by default
# privileges; a migration takes away what is too much.
set -eu
folder=${1:?a folder of password files}
shift
top=$(cd "$(dirname "$0")/../.." && pwd)
database=edupulse

run() {
	psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --dbname="$1"
}

# A literal for SQL.
quote() {
	printf "'%s'" "$(printf %s "$1" | sed "s/'/''/g")"
}

password_of() {
	if [ -r "$folder/$1.password" ]; then
		printf 'PASSWORD '
		quote "$(cat "$folder/$1.password")"
	else
		printf 'PASSWORD NULL'
	fi
}

# ROLE NAME: create or bring up to date, with the password of NAME.
role() {
	cat <<-END
		DO \$\$ BEGIN
			IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '$1') THEN
				CREATE ROLE $1;
			END IF;
		END \$\$;
		ALTER ROLE $1 LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE
			NOBYPASSRLS $(password_of "$2");
	END
}

service() {
	name=$1 owner=edupulse_$1_owner user=edupulse_$1
	echo "SET password_encryption = 'scram-sha-256';"
	role "$owner" "${name}_owner"
	role "$user" "$name"
	cat <<-END
		GRANT CONNECT, TEMPORARY ON DATABASE $database TO $owner, $user;
		CREATE SCHEMA IF NOT EXISTS $name AUTHORIZATION $owner;
		REVOKE ALL ON SCHEMA $name FROM PUBLIC;
		GRANT USAGE ON SCHEMA $name TO $user;
		ALTER DEFAULT PRIVILEGES FOR ROLE $owner
			REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
		ALTER DEFAULT PRIVILEGES FOR ROLE $owner IN SCHEMA $name
			GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO $user;
		ALTER DEFAULT PRIVILEGES FOR ROLE $owner IN SCHEMA $name
			GRANT USAGE, SELECT ON SEQUENCES TO $user;
		ALTER DEFAULT PRIVILEGES FOR ROLE $owner IN SCHEMA $name
			GRANT EXECUTE ON FUNCTIONS TO $user;
	END
}

if [ $# -eq 0 ]; then
	for path in "$top"/services/*/migrations; do
		[ -d "$path" ] || continue
		set -- "$@" "$(basename "$(dirname "$path")")"
	done
fi
if ! echo "SELECT 1 FROM pg_database WHERE datname = '$database'" |
    psql --no-psqlrc --quiet --tuples-only --no-align --dbname=template1 |
    grep -q 1; then
	echo "CREATE DATABASE $database ENCODING 'UTF8' LOCALE 'C.UTF-8'
		TEMPLATE template0" | run template1
fi
{
	echo "SET client_min_messages = warning;"
	echo "REVOKE ALL ON DATABASE $database FROM PUBLIC;"
	echo "REVOKE ALL ON SCHEMA public FROM PUBLIC;"
	for name in "$@"; do
		service "${name%%-*}"
	done
} | run "$database"
