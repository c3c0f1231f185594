#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# `make test`: every test, on the host and in a guest. A suite prints KTAP; what counts are its
# results at the lowest level, and a suite that ends early or in error counts as one more failure.
# S="NAME..." runs only these suites. On a stock kernel (KERNEL=stock) these are by default the ones
# that run something in it; the kernel's own selftests need the series.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"

suites=$(sed -n 's/^suite \([a-z-]*\) .*/\1/p' "$0" | paste -sd' ')
if [ "${KERNEL:-}" = stock ]; then
	S=${S:-demo guest faults races dkms}
	# One of the examples registers a type again.
	! name=$(grep -wE -m1 -o 'kselftest|examples' <<<"$S") || die "the suite $name needs the series: leave KERNEL=stock out"
fi
for name in ${S:-}; do
	[[ " $suites " = *" $name "* ]] || die "no suite is called $name; there are: $suites"
done
# shellcheck source-path=SCRIPTDIR source=prepare.sh
. "$REPO/scripts/prepare.sh"
passed=0 failed=0 skipped=0

# suite NAME CMD...: runs CMD, which prints KTAP.
suite() {
	local name=$1 log=$LOGS/test-$1.ktap status=0
	shift
	[ -z "${S:-}" ] || [[ " $S " = *" $name "* ]] || return 0
	step "test: $name"
	# A pipe, which is waited for: the log has to be whole before it is read.
	"$@" 2> >(tee "$log.err" >&2) | tee "$log" || status=$?
	# A result at the top that sums up indented ones before it is not counted again.
	read -r ok not_ok skip planned < <(awk '
		/^ *(not )?ok / {
			top = !/^ /
			if (top && nested) { nested = 0; results++; next }
			if (top) results++; else nested = 1
			if (/# SKIP/) skip++; else if (/^ *not /) bad++; else good++
		}
		/^1\.\.[0-9]+/ { plan = substr($1, 4) }
		END { print good + 0, bad + 0, skip + 0, (plan != "" && plan == results) ? "yes" : "no" }' "$log")
	if [ "$planned" = no ] || { [ "$status" != 0 ] && [ "$not_ok" = 0 ]; }; then
		echo "not ok - suite $name ended early or in error (status $status); see $log and $log.err"
		not_ok=$((not_ok + 1))
	fi
	passed=$((passed + ok)) failed=$((failed + not_ok)) skipped=$((skipped + skip))
}

inside=("$REPO/scripts/enter.sh")
guest=("${inside[@]}" scripts/vm.sh "$KDIR")
export TESTMOD=$modules/bpf_testmod.ko CARGO_TARGET_DIR=${programs%/release}
suite style "${inside[@]}" tests/host/style.sh
suite series "${inside[@]}" tests/host/series.sh
suite bad-input "${inside[@]}" tests/host/bad-input.sh
suite misuse "${inside[@]}" tests/ui/run.sh "$KDIR"
suite elsewhere "${inside[@]}" tests/host/elsewhere.sh "$programs"
suite safety "${inside[@]}" tests/host/safety.sh
suite examples "${inside[@]}" tests/host/examples.sh
suite tutorial "${inside[@]}" tests/host/tutorial.sh
suite dkms "${inside[@]}" tests/host/dkms.sh
suite cfi "${inside[@]}" tests/host/cfi.sh "$modules" "$programs"
# shellcheck disable=SC2016 # expanded in the guest
suite demo "${guest[@]}" sh -c '"$0" "$1" && echo "1..1" && echo "ok 1 - the story that make demo tells"' \
	"$programs/testmod-demo" "$modules/bpf_testmod.ko"
suite guest "${guest[@]}" "$programs/guest-tests" "$modules"
# With every sanitizer on, an emulated processor takes its time.
export VM_TIMEOUT=${VM_TIMEOUT:-1800}
suite faults "${guest[@]}" "$programs/faults" "$modules"
suite races "${guest[@]}" "$programs/races" "$modules"
# The same seed each time: what it finds can be found again.
suite fuzz "${guest[@]}" "$programs/fuzz" "$modules" 1 600
suite kselftest env -u TESTMOD KTAP=1 "$REPO/scripts/kselftest.sh"

step "done"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
