# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Sourced by demo.sh, test.sh and kselftest.sh: everything up to the guest. Leaves KDIR, and in $modules and
# $programs the directories with what was built.

if [ -z "${STRUCT_OPS_LOCKED:-}" ]; then
	exec 9>"$CACHE/lock"
	flock -n 9 || {
		step "waiting for another run with the same cache"
		flock 9
	}
	export STRUCT_OPS_LOCKED=1 # test.sh runs kselftest.sh
fi
root=$("$REPO/scripts/buildroot.sh")
step "build root: ${root##*/}"
if [ -z "${KDIR:-}" ]; then
	KDIR=$("$REPO/scripts/enter.sh" scripts/kernel.sh)
fi
export KDIR
# What was built with clang needs clang for its modules.
! grep -qs '^CONFIG_CC_IS_CLANG=y' "$KDIR/include/config/auto.conf" || export LLVM=${LLVM:-1}
step "kernel: $KDIR"
built=$("$REPO/scripts/enter.sh" scripts/build.sh)
# shellcheck disable=SC2034 # used where this is sourced
modules='' programs=''
eval "$built"
