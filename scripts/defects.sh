#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# `make defects`: what the series repairs, seen on the kernel without it (which is built for this)
# and on ours. Each subtest of tests/kselftest/defects runs by itself on a fresh boot of the base, for
# some end in an oops there. A row is right if the subtest fails on the base and passes on ours.
# (`make kselftest BASE=1` compares the in-tree tests.)
#
#   BASE=<tree>   a base kernel that is built already
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"
base=${BASE:-}
unset BASE

# shellcheck source-path=SCRIPTDIR source=prepare.sh
KERNEL_ONLY=1 . "$REPO/scripts/prepare.sh"
tests=$REPO/tests/kselftest
table=$tests/defects
logs=$LOGS/defects
base_tests=$CACHE/defects-base
bpf=tools/testing/selftests/bpf
tree=$(readlink -f "$KDIR/source")
[ -e "$tree/$bpf/prog_tests/struct_ops_registry.c" ] || die "KDIR=$KDIR lacks the series: leave KDIR out"
suites=(prog_array_release struct_ops_prog struct_ops_registry)
diff <(for suite in "${suites[@]}"; do
	sed -n "s|.*test__start_subtest(\"\(.*\)\").*|$suite/\1|p" "$tree/$bpf/prog_tests/$suite.c"
done | sort) <(grep -v '^#' "$table" | cut -f 3 | grep -vx -- - | sort) >&2 ||
	die "$table and the subtests of ${suites[*]} differ, see above"
ours=$KDIR ours_tests=$(test_progs "$KDIR")

[ -n "$base" ] || base=$(KDIR='' BASE=1 "$REPO/scripts/enter.sh" scripts/kernel.sh)
[ ! -e "$base/source/$bpf/prog_tests/struct_ops_registry.c" ] || die "BASE=$base has the series: leave BASE out"
step "base kernel: $base"
# The same test_progs runs on both, with the bpftool of each. The modules are the base's own, and
# that of the test with what the base does not have taken out.
rm -rf "$base_tests" "$logs"
mkdir -p "$base_tests"/{src,tools/sbin} "$logs"
ln -s "$ours_tests"/{test_progs,not-run} "$base_tests"
ln -s /usr/sbin/bpftool "$base_tests/tools/sbin" # Debian's
cp "$(readlink -f "$base/source")/$bpf/test_kmods"/* "$base_tests/src"
cp "$tree/$bpf/test_kmods"/{Makefile,bpf_test_st_ops*} "$base_tests/src"
sed -i -f "$tests/base.sed" "$base_tests/src/bpf_test_st_ops.c"
step "modules for the base kernel: building"
KDIR=$base logged defects-kmods "$REPO/scripts/enter.sh" make -C "$base" M="$base_tests/src" MO="$base_tests/kmods" modules

# run KDIR BUILT LOG NAMES: runs the tests in a guest that poisons what it frees; KTAP is in LOG.
run() {
	local status=0
	KDIR=$1 VM_TIMEOUT=200 VM_APPEND=slub_debug=P VM_CONSOLE=$logs/$3.console "$REPO/scripts/enter.sh" scripts/vm.sh "$1" \
		env A="$4" "$tests/run.sh" "$2" "$2/kmods/bpf_testmod.ko" >"$logs/$3.ktap" 2>"$logs/$3.err" || status=$?
	return "$status"
}

# outcome LOG SUBTEST: ok, or in a few words what was wrong.
outcome() {
	local log=$logs/$1
	if grep -qE "^    ok [0-9]+ $2\$" "$log.ktap"; then
		echo ok
	elif grep -q ':FAIL:' "$log.ktap"; then
		# "test_x:FAIL:name unexpected name: actual 0 != expected -22"
		sed -n 's/^# .*:FAIL:\([^ ]*\) unexpected \(error\|\1\)/\1/p' "$log.ktap" | head -n 1
	elif grep -qE 'BUG: |Oops: ' "$log.console"; then
		tr -d '\r' <"$log.console" | awk '
			/BUG: |Oops: / && !what { sub(/.*(BUG|Oops): /, ""); sub(/[,:#].*/, ""); what = $0 }
			/RIP: / && !where { sub(/.*RIP: [0-9a-f]*:/, ""); sub(/\+.*/, ""); where = $0 }
			END { printf "oops: %s%s\n", what, where ? " in " where : "" }'
	else
		echo "stopped or hung"
	fi
}

failed=0
row() { # row DEFECT PATCH SUBTEST BASE OURS VERDICT
	printf '%-5s %-8s %-20s %-62s %-6s %s\n' "$@"
	[ "$6" != WRONG ] || failed=$((failed + 1))
}

step "ours: every subtest"
run "$ours" "$ours_tests" ours "$(IFS=, && echo "${suites[*]}")" || failed=1 # which also says that the log is clean
[ "$failed" = 0 ] || tail -n 5 "$logs/ours.err" >&2
{
	row '#' patch subtest base ours verdict
	while read -r defect patch test; do
		subtest=${test#*/}
		if [ "$test" = - ]; then
			row "$defect" "$patch" none "see Documentation/registry.md" - -
			continue
		fi
		step "base: $subtest"
		run "$base" "$base_tests" "base-$subtest" "$test" || true
		was=$(outcome "base-$subtest" "$subtest") is=$(outcome ours "$subtest")
		verdict=right
		[ "$was" != ok ] && [ "$is" = ok ] || verdict=WRONG
		row "$defect" "$patch" "$subtest" "$was" "$is" "$verdict"
	done < <(grep -v '^#' "$table")
	[ "$failed" = 0 ] || echo "$failed WRONG; the logs are in $logs"
} | tee "$logs/table"
step "done; the table and all logs are in $logs"
! grep -q WRONG "$logs/table"
