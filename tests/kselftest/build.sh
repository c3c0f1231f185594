#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# build.sh OUT: builds test_progs of the kernel's own BPF selftests, with the tests in ./tests (or in
# the file TESTS) only, and the C modules they come with. PARTS are more directories of the source to
# copy. Needs KDIR, and its source tree. Runs inside the build root.
#
# The tree that is built is the kernel's with files left out and none changed. Besides it, OUT gets
#   left-out   the files of the source that the copy does not have
#   absent     the tests that this source does not have, because they come with the series
#   not-run    the subtests that this clang compiles to nothing, and why
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

rm -rf "$out"
mkdir -p "$out/tree"
cd "$source"
tests=()
: >"$out/absent"
while read -r name; do
	if [ -e "$bpf/prog_tests/$name.c" ]; then
		tests+=("$name")
	else
		echo "$name" >>"$out/absent"
	fi
done < <(grep -v '^#' "${TESTS:-$here/tests}")

# What the build needs. Whatever is neither a test nor a program of one is kept, and so is all but
# what a build has made where KDIR is a source tree, too: the copy must not look configured.
parts=(Makefile Kbuild Kconfig include scripts arch/x86 kernel/bpf usr/include
	tools/{arch,bpf,build,include,lib,scripts}
	tools/testing/selftests/{lib.mk,kselftest.h,kselftest_harness.h,bpf})
read -ra more <<<"${PARTS:-}"
parts+=("${more[@]}")
mapfile -t programs < <(cd "$bpf/prog_tests" && sed -n 's/^#include "\(.*\)\.skel\.h"$/\1/p' "${tests[@]/%/.c}")
others() { # others DIR NAME...: the C files of DIR but NAME.c
	local dir=$1
	shift
	find "$dir" -maxdepth 1 -name '*.c' | grep -vxFf <(printf '%s.c\n' "${@/#/$dir/}")
}
{
	others "$bpf/prog_tests" "${tests[@]}"
	others "$bpf/progs" "${programs[@]}"
	find "${parts[@]}" ! -type d \( -name '*.o' -o -path 'include/config/*' -o -path 'include/generated/*' \
		-o -path 'arch/x86/include/generated/*' \)
} | sort >"$out/left-out"
tar -cf - --anchored --no-wildcards --exclude-from="$out/left-out" "${parts[@]}" | tar -xf - -C "$out/tree"

# The copy and what was left out make up the source: nothing else is missing, nothing was added ...
diff <(find "${parts[@]}" ! -type d | sort) \
	<({ cat "$out/left-out" && find "$out/tree" ! -type d -printf '%P\n'; } | sort) ||
	die "the copy in $out/tree has other files than it should"
# ... and nothing was changed.
(cd "$out/tree" && find . -xtype f -exec sha256sum {} +) | sha256sum --quiet -c - ||
	die "the copy in $out/tree differs from $source"

# test_progs is compiled with -mcpu=v3. A program that asks for another feature has to be listed.
clang --target=bpf -mcpu=v3 -dM -E - </dev/null >"$out/predefined"
{ grep -rnoE '__BPF_FEATURE_\w+' --include='*.c' "$out/tree/$bpf/progs" || true; } | while IFS=: read -r file line feature; do
	grep -q " $feature$" "$here/features" ||
		die "${file#"$out/tree/"}:$line depends on $feature: say in ${here##*/}/features which subtest needs it"
done
grep -v '^#' "$here/features" | while read -r subtest feature; do
	grep -qw "$feature" "$out/predefined" || echo "$subtest this clang has no $feature"
done >"$out/not-run"

# KDIR must not be given as O=: a make in this tree would make it its own. The programs of user space
# are the same for all kernels, whatever compiled the kernel.
make=(env -u LLVM make -j"$(nproc)" O="$out/o")
"${make[@]}" -s -C "$out/tree" headers
"${make[@]}" -C "$out/tree/$bpf" OUTPUT="$out" VMLINUX_BTF="$KDIR/vmlinux" TEST_KMODS= \
	SKIP_DOCS=1 SKIP_LLVM=1 SKIP_LIBBFD=1 SKIP_CRYPTO=1 LSKELS= LSKELS_EXTRA= LSKELS_SIGNED= \
	LINKED_SKELS= LIBARENA_SKEL= "$out/test_progs"
for name in "${tests[@]}"; do
	[ -e "$out/$name.test.o" ] || die "test_progs was built without $name"
done
make -C "$KDIR" M="$out/tree/$bpf/test_kmods" MO="$out/kmods" modules
