#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# run.sh BUILT SUITE [MODULE]: runs one of what build.sh has put into BUILT, and prints KTAP: test_progs,
# sched_ext, hid, binfmt_misc or tcp_ca, which is one test of test_progs. MODULE is inserted before, and has
# to go when the test is done. Runs in the guest.
set -euo pipefail

built=$1 suite=$2 module=${3:-}
ip link set lo up
log=$(mktemp)

# Lines of TAP, with what the tests say otherwise left out.
tap() {
	sed -n 's/^\(not \)\?ok [0-9]* \(- \)\?\([^#]*[^# ]\) *\(# *\([Ss][Kk][Ii][Pp]\).*\)\?.*$/\1ok \3 \4/p' "$log" |
		awk -v suite="$suite" '
			{ bad = sub(/^not /, ""); sub(/^ok /, ""); skip = sub(/ *# *[Ss][Kk][Ii][Pp].*/, ""); sub(/ +$/, "") }
			{ lines = lines sprintf("    %s %d %s%s\n", bad ? "not ok" : "ok", ++n, $0, skip ? " # SKIP" : "") }
			bad { failed = 1 }
			END {
				print "KTAP version 1\n    KTAP version 1\n    # Subtest: " suite "\n    1.." n + 0
				printf "%s", lines
				print (failed || !n ? "not ok" : "ok") " 1 " suite "\n1..1"
			}'
	sed 's/^/# /' "$log"
}

case $suite in
tcp_ca)
	[ -z "$module" ] || insmod "$module"
	status=0
	A=bpf_tcp_ca "$(dirname "$0")/../kselftest/run.sh" "$built" || status=$?
	# Sockets that are closed keep it for a moment.
	for _ in {1..50}; do
		[ -n "$module" ] || break
		! rmmod "$(basename "$module" .ko)" 2>/dev/null || break
		sleep 0.2
	done
	[ -z "$module" ] || [ ! -e "/sys/module/$(basename "$module" .ko)" ] || status=1
	exit "$status"
	;;
test_progs) exec "$(dirname "$0")/../kselftest/run.sh" "$built" ;;
sched_ext)
	cd "$built/sched_ext"
	./runner >"$log" 2>&1 || true
	;;
hid)
	cd "$built/hid"
	./hid_bpf >"$log" 2>&1 || true
	;;
binfmt_misc)
	cd "$built/exec"
	./binfmt_misc_bpf >"$log" 2>&1 || true
	;;
esac
tap
