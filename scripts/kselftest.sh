#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# `make kselftest`: the kernel's own BPF selftests of struct_ops, unmodified, with the C module they
# come with and with ours. Prints a row per test and subtest, and fails if a row is worse in one
# column than in one to its left: C module on the base kernel, C module on ours, Rust module on ours.
#
#   TESTMOD=c or rust   only that module
#   T=NAMES             only these tests, as in `test_progs -t NAMES`
#   KTAP=1              prints the last column as KTAP; a row that is worse has failed
#   BASE=1              makes the base column anew: builds the kernel without the series, and keeps
#                       the result in tests/kselftest. BASE=<tree> uses one that is built.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"
testmods=${TESTMOD:-c rust} base=${BASE:-}
unset TESTMOD BASE
case $testmods in
c | rust | 'c rust') ;;
*) die "TESTMOD=$testmods is not known: use c or rust" ;;
esac

# shellcheck source-path=SCRIPTDIR source=prepare.sh
. "$REPO/scripts/prepare.sh"
tests=$REPO/tests/kselftest
flavour=gcc
[ -z "${LLVM:-}" ] || flavour=sanitize

# What T= asks for. A test passes when it has none of the subtests that were asked for.
wanted='^ *(not )?ok '
[[ ${T:-} != */* ]] || wanted='^ +(not )?ok '

# run NAME KDIR [MODULE]: runs the tests on that kernel with MODULE, or with the C module. What
# they print is the column NAME.
status=0 columns=()
run() {
	local name=$1 kdir=$2 ktap=$LOGS/kselftest-$1.ktap built failed=0
	built=$(test_progs "$kdir")
	if [ -s "$built/absent" ]; then
		step "test_progs: not in this kernel's tree: $(paste -sd' ' "$built/absent")"
		[ "$name" = base ] || status=1
	fi
	step "test_progs: running, column $name"
	KDIR=$kdir VM_CONSOLE=${ktap%.ktap}.console "$REPO/scripts/enter.sh" scripts/vm.sh "$kdir" env T="${T:-}" "$tests/run.sh" "$built" \
		"${3:-$built/kmods/bpf_testmod.ko}" >"$ktap" || failed=$?
	# Without a test, test_progs exits with 2.
	if [ -n "${T:-}" ] && [[ $failed = [02] ]] && ! grep -qE "$wanted" "$ktap"; then
		die "T=$T names no test; without T= every name is shown"
	fi
	if [ "$failed" != 0 ]; then
		step "test_progs: column $name failed; see $ktap and, for the kernel's log, ${ktap%.ktap}.console"
	fi
	columns+=("$name=$ktap") status=$((status | failed))
}

# The base kernel's column is recorded, because nobody wants to build that kernel for each run.
recorded=$tests/base-$flavour.ktap part=
if [ -n "$base" ]; then
	[ "$base" != 1 ] || base=$(KDIR='' FLAVOUR=$flavour BASE=1 "$REPO/scripts/enter.sh" scripts/kernel.sh)
	run base "$base"
	status=0 # that the base kernel fails is a result
	if [ -z "${T:-}" ]; then
		step "test_progs: recording the base column in $recorded"
		release=$(<"$base/include/config/kernel.release")
		{
			echo 'KTAP version 1'
			echo '# SPDX-License-Identifier: GPL-2.0'
			echo "# $(date +%F): the C module on Linux ${release%+} without the series, flavour $flavour."
			tail -n +2 "$LOGS/kselftest-base.ktap"
		} >"$recorded"
	fi
elif [ -e "$recorded" ]; then
	columns=("base $(sed -n 's/^# \(....-..-..\):.*/\1/p' "$recorded")=$recorded")
	part=${T:+--part}
else
	step "test_progs: no base column is recorded for flavour $flavour; BASE=1 makes it"
fi
for testmod in $testmods; do
	case $testmod in
	c) run C "$KDIR" ;;
	rust) run Rust "$KDIR" "$modules/bpf_testmod.ko" ;;
	esac
done
"$REPO/scripts/enter.sh" "$programs/kselftest-table" ${KTAP:+--ktap} ${part:+"$part"} "${columns[@]}" ||
	status=1
exit "$status"
