#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# `make patches-check`: the series in patches/ is fit to be sent.
#
#   S=series    it applies, checkpatch and kernel-doc have nothing to say, the cover letters agree
#   S=steps     each patch alone builds, boots and passes (a few minutes each). It starts from the base
#               kernel's build, and can be interrupted: what has passed is not done again
#   S=configs   it builds and boots with other configurations, see tests/host/configs.sh
#
# The default is the first two.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"

# shellcheck source-path=SCRIPTDIR source=prepare.sh
KERNEL_ONLY=1 . "$REPO/scripts/prepare.sh"
bad=0
suite() { # suite NAME CMD...: CMD prints KTAP
	step "$1"
	"${@:2}" | tee "$LOGS/patches-check-$1.ktap" || bad=1
}
suites=${S:-series steps}
unset S
for name in $suites; do
	[[ $name = series || $name = steps || $name = configs ]] || die "S=$name is not known: use series, steps or configs"
done
wanted() { [[ " $suites " = *" $1 "* ]]; }
! wanted series || suite series "$REPO/scripts/enter.sh" tests/host/series.sh
if wanted steps; then
	base=$(KDIR='' BASE=1 "$REPO/scripts/enter.sh" scripts/kernel.sh)
	copy=$CACHE/steps-$(basename "$base")
	replace=$(kernel_copy "$copy" "$base")
	touch "$copy/linux/.copy" "$copy/.complete"
	REPLACE=$replace suite steps "$REPO/scripts/enter.sh" tests/host/steps.sh "$base"
fi
if wanted configs; then
	test_progs=$(test_progs "$KDIR")
	suite configs "$REPO/scripts/enter.sh" tests/host/configs.sh "$test_progs"
fi
step "done"
[ "$bad" = 0 ] || die "the series is not in order: see 'not ok' above"
