#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# `make fuzz`: calls of bpf(2) around struct_ops, chosen at random (tests/guest/src/bin/fuzz). A round that
# fails is made again by one thread, and shrunk to the steps that it takes; each try is a boot.
#
#   SEED=N     the same seed, the same choices; otherwise a new one
#   SECS=600   how long
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"
seed=${SEED:-$RANDOM} secs=${SECS:-600}
[[ $seed =~ ^[0-9]+$ && $secs =~ ^[0-9]+$ ]] || die "SEED=$seed, SECS=$secs: give numbers"

# shellcheck source-path=SCRIPTDIR source=prepare.sh
. "$REPO/scripts/prepare.sh"
log=$LOGS/fuzz.ktap
guest=("$REPO/scripts/enter.sh" scripts/vm.sh "$KDIR" "$programs/fuzz" "$modules" "$seed")
step "seed $seed, $secs s"
status=0
VM_TIMEOUT=$((secs + 600)) "${guest[@]}" "$secs" | tee "$log" || status=$?
[ $status != 0 ] || exit 0

round=$(sed -n 's/.*# seed .*, round \([0-9]*\),.*/\1/p' "$log" | tail -n 1)
[ -n "$round" ] || die "the fuzzer did not start; see $log"
step "round $round failed: looking for the steps that it takes (an hour or more)"
steps=$(VM_TIMEOUT=200 "$REPO/scripts/enter.sh" "$programs/shrink" scripts/vm.sh "$KDIR" "$programs/fuzz" "$modules" \
	"$seed" 0 "$round") || die "round $round of seed $seed failed, and was not shrunk; see $log"
echo "# seed $seed, round $round: steps $steps"
read -ra steps <<<"$steps"
VM_TIMEOUT=200 "${guest[@]}" 0 "$round" "${steps[@]}" || exit 1
