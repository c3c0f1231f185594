# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Sourced by the scripts of the verbs that boot a guest: everything up to that. Leaves KDIR, and in
# $modules and $programs the directories with what was built; with KERNEL_ONLY=1 only KDIR.
#
#   KERNEL=patched   the default: Linux with the series, see kernel.sh
#   KERNEL=stock     a binary kernel of Debian, see kdir-debian.sh
#   ARCH=arm64       one for arm64; only with KERNEL=stock
#
#   test_progs KDIR  builds the kernel's selftests for that kernel and prints where
#   users_tests      the same with the tests that the kernel has for its own types, for KDIR

test_progs() {
	local tests=$REPO/tests/kselftest built
	built=$CACHE/kselftest-$(basename "$1")-$(key "$tests"/{build.sh,tests,features})
	if [ ! -e "$built/.complete" ]; then
		step "test_progs: building for ${1##*/} (about four minutes on two cores)"
		mkdir -p "$built"
		KDIR=$1 logged kselftest "$REPO/scripts/enter.sh" "$tests/build.sh" "$built"
		touch "$built/.complete"
	fi
	echo "$built"
}

users_tests() {
	local tests=$REPO/tests/users built
	built=$CACHE/users-$(basename "$KDIR")-$(key "$tests"/{build.sh,tests} "$REPO/tests/kselftest/build.sh")
	if [ ! -e "$built/.complete" ]; then
		step "the kernel's own tests: building"
		logged users "$REPO/scripts/enter.sh" "$tests/build.sh" "$built"
		touch "$built/.complete"
	fi
	echo "$built"
}

[ -z "${ARCH:-}" ] || [ "${KERNEL:-}" = stock ] ||
	die "ARCH=$ARCH works with Debian's own kernel only: add KERNEL=stock"
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
	case ${KERNEL:-patched} in
	patched) KDIR=$("$REPO/scripts/enter.sh" scripts/kernel.sh) ;;
	stock)
		[[ $0 = */demo.sh || $0 = */test.sh ]] || die "make $(basename "$0" .sh) needs the series: leave KERNEL=stock out"
		[ "${FLAVOUR:-gcc}" = gcc ] || die "FLAVOUR=$FLAVOUR needs KERNEL=patched: Debian builds no such kernel"
		KDIR=$("$REPO/scripts/enter.sh" scripts/kdir-debian.sh)
		;;
	*) die "KERNEL=$KERNEL is not known: use patched or stock" ;;
	esac
fi
export KDIR
# What was built with clang needs clang for its modules.
! grep -qs '^CONFIG_CC_IS_CLANG=y' "$KDIR/include/config/auto.conf" || export LLVM=${LLVM:-1}
step "kernel: $KDIR"
[ -z "${KERNEL_ONLY:-}" ] || return 0
built=$("$REPO/scripts/enter.sh" scripts/build.sh)
# shellcheck disable=SC2034 # used where this is sourced
modules='' programs=''
eval "$built"
