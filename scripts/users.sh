#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# `make users`: the struct_ops types that the kernel itself has, with the tests that it has for them, on
# the kernel without the series and on ours, side by side. Builds both kernels (FLAVOUR=users). Fails
# if a row is worse on ours.
#
#   S="hid sched_ext"   only these: test_progs (tcp, qdisc, smc, ...), sched_ext, hid, binfmt_misc, and
#                       io_uring, for which the kernel has no test, and ours is taken
#   BASE=<tree>         a base kernel that is built already
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"
suites=${S:-test_progs sched_ext hid binfmt_misc io_uring} base=${BASE:-}
unset BASE
export FLAVOUR=users

# shellcheck source-path=SCRIPTDIR source=prepare.sh
. "$REPO/scripts/prepare.sh"
[ -n "$base" ] || base=$(KDIR='' BASE=1 "$REPO/scripts/enter.sh" scripts/kernel.sh)
tests=$REPO/tests/users logs=$LOGS/users
built=$(users_tests)
mkdir -p "$logs"
columns=()
run() { # run NAME KDIR
	local suite command
	: >"$logs/$1.ktap"
	for suite in $suites; do
		step "column $1: $suite"
		command=("$tests/run.sh" "$built" "$suite")
		[ "$suite" != io_uring ] || command=("$programs/guest-tests" "$modules" io_uring)
		KDIR=$2 VM_TIMEOUT=1500 VM_CONSOLE=$logs/$1-$suite.console "$REPO/scripts/enter.sh" scripts/vm.sh "$2" \
			"${command[@]}" >"$logs/$1-$suite.ktap" 2>"$logs/$1-$suite.err" ||
			step "column $1: $suite did not pass; see $logs/$1-$suite.ktap and .err"
		cat "$logs/$1-$suite.ktap" >>"$logs/$1.ktap"
	done
	columns+=("$1=$logs/$1.ktap")
}
run base "$base"
run ours "$KDIR"
"$REPO/scripts/enter.sh" "$programs/kselftest-table" "${columns[@]}"
