#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# `make kselftest`: the kernel's own BPF selftests of struct_ops, unmodified, once with the C module
# they come with and once with ours. Prints a row per test and subtest, and KTAP with KTAP=1.
#
#   TESTMOD=c or rust   only that module
#   T=NAMES             only these tests, as in `test_progs -t NAMES`
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"
which=${TESTMOD:-c rust}
unset TESTMOD

# shellcheck source-path=SCRIPTDIR source=prepare.sh
. "$REPO/scripts/prepare.sh"
tests=$REPO/tests/kselftest
built=$CACHE/kselftest-$(basename "$KDIR")-$(key "$tests/build.sh" "$tests/tests")
if [ ! -e "$built/.complete" ]; then
	step "test_progs: building (about four minutes on two cores)"
	mkdir -p "$built"
	logged kselftest "$REPO/scripts/enter.sh" "$tests/build.sh" "$built"
	touch "$built/.complete"
fi
[ ! -s "$built/absent" ] || step "test_progs: not run, for this kernel's tree lacks them: $(cat "$built/absent")"

# column MODULE [LIST]: runs the tests with MODULE and prints KTAP.
column() {
	"$REPO/scripts/enter.sh" scripts/vm.sh "$KDIR" env T="${T:-}" "$tests/run.sh" "$built" "$@"
}

status=0
for testmod in $which; do
	step "test_progs: with the $testmod module"
	case $testmod in
	c) column "$built/kmods/bpf_testmod.ko" ;;
	rust) column "$modules/bpf_testmod.ko" "$tests/not-yet" ;;
	*) die "TESTMOD=$testmod is not known: use c or rust" ;;
	esac >"$LOGS/kselftest-$testmod.ktap" || status=$?
	[ -z "${KTAP:-}" ] || cat "$LOGS/kselftest-$testmod.ktap"
done
[ -z "${KTAP:-}" ] || exit "$status"

# KTAP has the subtests before their test.
columns=()
for testmod in $which; do columns+=("$LOGS/kselftest-$testmod.ktap"); done
awk -v modules="$which" '
	function row(name, verdict) {
		if (!(name in seen)) order[++rows] = name
		seen[name] = 1
		cell[name, column] = verdict
	}
	FNR == 1 { column++ }
	!/^ *(not )?ok / { next }
	{
		verdict = /# SKIP/ ? "not run" : /^ *not/ ? "FAILED" : "ok"
		nested = /^ /
		sub(/^ *(not )?ok [0-9]+ (- )?/, "")
	}
	nested { subtest[++n] = $1; result[n] = verdict; next }
	{
		row($1, verdict)
		for (i = 1; i <= n; i++) row("  " $1 "/" subtest[i], result[i])
		n = 0
	}
	END {
		split(modules, head, " ")
		for (r = 0; r <= rows; r++) {
			printf "%-64s", order[r]
			for (c = 1; c <= column; c++) printf " %-8s", r ? cell[order[r], c] : head[c]
			print ""
		}
	}' "${columns[@]}"
exit "$status"
