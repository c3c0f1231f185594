#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# build.sh OUT: builds test_progs of the kernel's own BPF selftests, with the tests in ./tests only,
# and the C modules they come with. Needs KDIR, and its source tree. Runs inside the build root.
#
# The tree that is built is the kernel's with files left out and none changed.
set -euo pipefail

die() {
	printf 'error: %s\n' "$*" >&2
	exit 1
}
if [ $# != 1 ] || [ -z "${KDIR:-}" ]; then
	die "usage: KDIR=<built tree> build.sh OUT"
fi
here=$(cd "$(dirname "$0")" && pwd)
out=$(realpath -m "$1")
source=$KDIR
[ ! -e "$KDIR/source" ] || source=$(readlink -f "$KDIR/source")
bpf=tools/testing/selftests/bpf
[ -e "$source/$bpf/test_progs.c" ] || die "$source has no $bpf: give a KDIR with its source tree"
# The tests that come with the series are not in a tree without it.
tests=() absent=
while read -r name; do
	if [ -e "$source/$bpf/prog_tests/$name.c" ]; then
		tests+=("$name")
	else
		absent+="$name "
	fi
done < <(grep -v '^#' "$here/tests")

rm -rf "$out"
mkdir -p "$out/tree"
cd "$source"

# Whatever is neither a test nor a program of one is kept.
others=()
for file in "$bpf"/prog_tests/*.c; do
	[[ " ${tests[*]} " == *" $(basename "$file" .c) "* ]] || others+=("$file")
done
wanted=$(cd "$bpf/prog_tests" && sed -n 's/^#include "\(.*\)\.skel\.h"$/\1/p' "${tests[@]/%/.c}")
for file in "$bpf"/progs/*.c; do
	grep -qx "$(basename "$file" .c)" <<<"$wanted" || others+=("$file")
done
printf '%s\n' "${others[@]}" >"$out/left-out"
printf '%s' "$absent" >"$out/absent"
# A KDIR that is a source tree, too, has been configured, and this one must not be.
tar -cf - --exclude-from="$out/left-out" --exclude='*.o' --exclude=include/config \
	--exclude='include/generated' Makefile Kbuild Kconfig include scripts arch/x86 \
	kernel/bpf usr/include tools/{arch,bpf,build,include,lib,scripts} \
	tools/testing/selftests/{lib.mk,kselftest.h,kselftest_harness.h,bpf} | tar -xf - -C "$out/tree"
(cd "$out/tree" && find . -type f -exec sha256sum {} +) | sha256sum --quiet -c -

# KDIR must not be given as O=: a make in this tree would make it its own.
make=(make -j"$(nproc)" O="$out/o")
"${make[@]}" -s -C "$out/tree" headers
"${make[@]}" -C "$out/tree/$bpf" OUTPUT="$out" VMLINUX_BTF="$KDIR/vmlinux" TEST_KMODS= \
	SKIP_DOCS=1 SKIP_LLVM=1 SKIP_LIBBFD=1 SKIP_CRYPTO=1 LSKELS= LSKELS_EXTRA= LSKELS_SIGNED= \
	LINKED_SKELS= LIBARENA_SKEL= "$out/test_progs"
make -C "$KDIR" M="$out/tree/$bpf/test_kmods" MO="$out/kmods" modules
