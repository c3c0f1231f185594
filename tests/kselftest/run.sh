#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# run.sh BUILT [MODULE]: runs the test_progs that build.sh has put into BUILT, with MODULE as its
# bpf_testmod.ko, and prints KTAP. What BUILT/not-run says was compiled to nothing is reported as
# skipped. T=NAMES selects tests and subtests by a part of the name, as test_progs -t does, A=NAMES by
# the whole name, as -a does, and D=NAMES leaves some out, as -d does. Runs in the guest.
set -euo pipefail

[ $# = 1 ] || [ $# = 2 ] || {
	echo "usage: run.sh BUILT [MODULE]" >&2
	exit 1
}
built=$(realpath "$1") module=${2:+$(realpath "$2")}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# test_progs takes its modules from the working directory.
if [ -n "$module" ]; then
	cp "$built"/kmods/*.ko "$dir"
	cp "$module" "$dir/bpf_testmod.ko"
fi
cd "$dir"

export BPFTOOL=$built/tools/sbin/bpftool

options=()
[ -z "${T:-}" ] || options+=(-t "$T")
[ -z "${A:-}" ] || options+=(-a "$A")
[ -z "${D:-}" ] || options+=(-d "$D")
status=0
"$built/test_progs" "${options[@]}" >log 2>&1 || status=$?

# "#12/3   name/subtest:OK" comes before "#12     name:OK". What failed is told again at the end.
awk '
	BEGIN { print "KTAP version 1" }
	FILENAME == ARGV[1] { name = $1; $1 = ""; nothing[name] = $0; next }
	/^All error logs:/ { exit }
	match($0, /^#[0-9]+(\/[0-9]+)? +[^ ].*:(OK|FAIL|SKIP)/) {
		number = $1; name = $2; result = $0
		sub(/:[A-Z]+.*/, "", name)
		sub(/.*:/, "", result)
		verdict = (result ~ /^FAIL/) ? "not ok" : "ok"
		directive = (result ~ /^SKIP/) ? " # SKIP" : ""
		if (result ~ /^OK/ && name in nothing) directive = " # SKIP" nothing[name]
		if (number ~ /\//) {
			sub(/^[^\/]*\//, "", name)
			subtests = subtests sprintf("    %s %d %s%s\n", verdict, ++n, name, directive)
			next
		}
		if (n) printf "    KTAP version 1\n    # Subtest: %s\n    1..%d\n%s", name, n, subtests
		printf "%s %d %s%s\n", verdict, ++tests, name, directive
		subtests = ""; n = 0
	}
	END { print "1.." tests + 0 }' "$built/not-run" log
# A failure is explained, and so is a run that ended before it began.
[ "$status" = 0 ] || sed 's/^/# /' log
sed -n 's/^Summary/# &/p' log
exit "$status"
