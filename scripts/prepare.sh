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

# built_once NAME KDIR BUILD.SH FILE...: BUILD.SH makes it for KDIR, and depends on FILEs.
built_once() {
	local built
	built=$CACHE/$1-$(basename "$2")-$(key "${@:4}")
	if [ ! -e "$built/.complete" ]; then
		step "$1: building for ${2##*/} (about four minutes on two cores)"
		mkdir -p "$built"
		KDIR=$2 logged "$1" "$REPO/scripts/enter.sh" "$3" "$built"
		touch "$built/.complete"
	fi
	echo "$built"
}
test_progs() {
	local tests=$REPO/tests/kselftest
	built_once kselftest "$1" "$tests/build.sh" "$tests"/{build.sh,tests,features}
}
users_tests() {
	local tests=$REPO/tests/users
	built_once users "$KDIR" "$tests/build.sh" "$tests"/{build.sh,tests} "$REPO"/tests/kselftest/{build.sh,features}
}

# kernel_copy DIR KDIR: copies KDIR and its source into DIR, unless DIR/.complete is there, and prints the
# REPLACE by which enter.sh puts the copies in the place of the originals. What make finds there is up to date.
kernel_copy() {
	local tree
	tree=$(readlink -f "$2/source")
	if [ ! -e "$1/.complete" ]; then
		step "copying the kernel"
		# Errors do not end a $(kernel_copy).
		rm -rf "$1" && mkdir "$1" && cp -a "$tree" "$1/linux" && cp -a "$2" "$1/build" || return
	fi
	echo "$1/linux=$tree $1/build=$2"
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
