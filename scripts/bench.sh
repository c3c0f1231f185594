#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# `make bench`: what calls, maps and links cost, in instructions (QEMU counts them; they are no time): with
# the module in C on the kernel without the series and on ours, and with the module in Rust on ours. Builds
# both kernels. Prints a table; no number is a failure.
#
#   BASE=<tree>   a base kernel that is built already
#   OLD=<file>    instead of the table, what moved by more than 1 % since that run
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"
base=${BASE:-}
unset BASE
[ -z "${OLD:-}" ] || [ -s "$OLD" ] || die "OLD=$OLD is no file of an earlier run"

# shellcheck source-path=SCRIPTDIR source=prepare.sh
. "$REPO/scripts/prepare.sh"
[ -n "$base" ] || base=$(KDIR='' BASE=1 "$REPO/scripts/enter.sh" scripts/kernel.sh)
log=$LOGS/bench
mkdir -p "$log"
run() { # run NAME KDIR MODULES
	step "column $1"
	KDIR=$2 VM_ICOUNT=1 VM_TIMEOUT=1200 VM_CONSOLE=$log/$1.console "$REPO/scripts/enter.sh" scripts/vm.sh "$2" \
		"$programs/bench" "$3" >"$log/$1"
}
run ours "$KDIR" "$modules"
# The base kernel has modules of its own.
built=$(KDIR=$base "$REPO/scripts/enter.sh" scripts/build.sh)
ours=$programs
eval "$built"
programs=$ours
run base "$base" "$modules"

# A line has the row, then what C takes on base, C on ours, and Rust on ours.
join -t $'\t' -j 1 <(grep -P '\tc\t' "$log/base" | cut -f 1,3 | sort) <(join -t $'\t' -j 1 \
	<(grep -P '\tc\t' "$log/ours" | cut -f 1,3 | sort) \
	<(grep -P '\trust\t' "$log/ours" | cut -f 1,3 | sort)) >"$log/bench.tsv"
if [ -n "${OLD:-}" ]; then
	join -t $'\t' -j 1 "$OLD" "$log/bench.tsv" | awk -F '\t' '
		BEGIN { split("C on base,C on ours,Rust on ours", column, ",") } {
		for (i = 2; i <= 4; i++) if ($(i + 3) / $i > 1.01 || $(i + 3) / $i < 0.99)
			printf "%-28s %s: %.2f, was %.2f\n", $1, column[i - 1], $(i + 3), $i }'
else
	echo "| instructions | C on base | C on ours | Rust on ours | ours / base | Rust / C |"
	echo "|---|---|---|---|---|---|"
	awk -F '\t' '{ printf "| %s | %.2f | %.2f | %.2f | %.3f | %.3f |\n", $1, $2, $3, $4, $3 / $2, $4 / $3 }' "$log/bench.tsv"
fi
step "done; for OLD=: $log/bench.tsv"
