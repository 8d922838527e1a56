#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# demo.sh SOURCE BUILD: a private reeved, and in it a guest from demo.xml: define, start, console,
# a look from outside, shut down. `./dev demo` calls it. Nothing is left behind.
set -euo pipefail
top=$1
build=$2
here=$(mktemp -d "${TMPDIR:-/tmp}/reeve-demo.XXXXXX")
daemon=

end()
{
	local status=$?
	trap - EXIT
	if [ -n "$daemon" ] && kill -0 "$daemon" 2>/dev/null; then
		[ ! -S "$here/sock" ] || "$build/tools/reeve" -c "$uri" destroy demo > /dev/null 2>&1 || :
		kill "$daemon"
		wait "$daemon" || :
	fi
	[ $status = 0 ] || { echo "the daemon said:"; tail -n 40 "$here/log.err"; } >&2 2>/dev/null || :
	rm -rf "$here"
	exit $status
}
trap end EXIT
trap 'exit 130' INT TERM

mode=system
[ "$(id -u)" = 0 ] || mode=session
uri="qemu+unix:///$mode?socket=$here/sock"

show()
{
	printf '\n\033[1m$ reeve %s\033[0m\n' "$*"
	"$build/tools/reeve" -c "$uri" "$@"
}

chmod 711 "$here"
mapfile -t guest < <("$top/tests/lib/guest-files" "$build")
[ ${#guest[@]} = 2 ] || exit 1
qemu-img create -q -f qcow2 "$here/disk.qcow2" 64M
sed -e "s|@KERNEL@|${guest[0]}|" -e "s|@INITRD@|${guest[1]}|" -e "s|@DISK@|$here/disk.qcow2|" \
	"$top/docs/examples/demo.xml" > "$here/demo.xml"

echo "A private reeved in $here"
mkfifo "$here/ready"
REEVE_BUILD=$build "$top/dev" run "$here" > "$here/ready" 2> "$here/log.err" < /dev/null &
daemon=$!
read -r word < "$here/ready" || { echo "reeved did not start" >&2; exit 1; }
[ "$word" = ready ] || { echo "reeved said: $word" >&2; exit 1; }

show version
show define "$here/demo.xml"
show start demo

# What one would type at the console, and what to wait for before it. The terminal's own question for
# the cursor's place (ESC [ 6 n) is left out: nobody is there to answer it.
printf '\n\033[1m$ reeve console demo\033[0m\n'
/usr/bin/python3 "$top/docs/examples/console.py" "$build/tools/reeve" -c "$uri" console demo

show list
show dominfo demo
show domstats demo --state --cpu-total --balloon --block
show list --all --json
show shutdown demo
"$build/tools/reeve" -c "$uri" await demo --condition domain-inactive --timeout 60
show list --all
show domstate demo --reason
show history demo
show undefine demo
printf '\nThe guest booted, was looked at and ended by itself.\n'
