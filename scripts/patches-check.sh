#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# `make patches-check`: the series in patches/ is fit to be sent. It applies, checkpatch and
# kernel-doc have nothing to say, the cover letter agrees with it, and the whole builds; then each
# patch alone builds, boots and passes (a few minutes each), which QUICK=1 leaves out. The
# steps start from the base kernel's build, and can be interrupted: what has passed is not done again.
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
suite series "$REPO/scripts/enter.sh" tests/host/series.sh
if [ -z "${QUICK:-}" ]; then
	test_progs=$(test_progs "$KDIR")
	base=$(KDIR='' BASE=1 "$REPO/scripts/enter.sh" scripts/kernel.sh)
	tree=$(readlink -f "$base/source")
	# Copies in the place of the originals: what make finds there is up to date.
	copy=$CACHE/steps-$(basename "$base")
	if [ ! -e "$copy/.complete" ]; then
		step "copying the base kernel"
		rm -rf "$copy"
		mkdir "$copy"
		cp -a "$tree" "$copy/linux"
		cp -a "$base" "$copy/build"
		touch "$copy/linux/.copy" "$copy/.complete"
	fi
	export REPLACE="$copy/linux=$tree $copy/build=$base"
	suite steps "$REPO/scripts/enter.sh" tests/host/steps.sh "$base" "$test_progs"
fi
step "done"
[ "$bad" = 0 ] || die "the series is not in order: see 'not ok' above"
