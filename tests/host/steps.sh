#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# steps.sh KDIR: each patch of the series alone builds, boots, and passes the struct_ops selftests that
# its tree has. KDIR is a kernel without the series, or rather a copy that patches-check.sh has put in
# its place: the patches are applied to its source one after the other, so that each builds only what
# it changed. Runs inside the build root, and prints KTAP.
#
# What has passed is remembered by content, and not done again.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../../scripts/common.sh
. "$(dirname "$0")/../../scripts/common.sh"

kdir=$1 tests=$REPO/tests/kselftest
tree=$(readlink -f "$kdir/source")
[ -e "$tree/.copy" ] || die "$tree is no copy: use 'make patches-check'"
dir=$kdir/steps
bpf=tools/testing/selftests/bpf
# By time and size a file of the copy is that of the original. With more to compare, git would write
# each again, and make would build all of it.
git=(git -C "$tree" -c user.name=struct_ops -c user.email=struct_ops@localhost -c gc.auto=0
	-c core.trustctime=false -c core.checkStat=minimal -c advice.detachedHead=false)
llvm=()
! grep -q '^CONFIG_CC_IS_CLANG=y' "$kdir/.config" || llvm=(LLVM=1)

mkdir -p "$dir"
touch "$dir/passed"
"${git[@]}" am --abort 2>/dev/null || true
"${git[@]}" tag base 2>/dev/null || true # the first time
[ -e "$dir/built" ] || "${git[@]}" rev-parse base >"$dir/built"
"${git[@]}" checkout -qf base

# What a patch changes in tools/ is not in the kernel, and only that changes test_progs.
build() {
	if [ -n "$("${git[@]}" diff --name-only "$(cat "$dir/built")" -- ':!tools')" ]; then
		make -C "$tree" O="$kdir" -j"$(($(nproc) + 1))" "${llvm[@]}" olddefconfig bzImage modules || return
		"${git[@]}" rev-parse HEAD >"$dir/built"
	fi
	if [ "$("${git[@]}" rev-parse HEAD:tools)" != "$(cat "$dir/tested" 2>/dev/null)" ]; then
		KDIR=$kdir "$tests/build.sh" "$dir/tests" || return
		"${git[@]}" rev-parse HEAD:tools >"$dir/tested"
	else
		# The BTF of a module depends on that of vmlinux, which its rule does not know.
		rm -rf "$dir/tests/kmods"
		make -C "$kdir" M="$tree/$bpf/test_kmods" MO="$dir/tests/kmods" "${llvm[@]}" modules
	fi
}
boot() { "$REPO/scripts/vm.sh" "$kdir" "$tests/run.sh" "$dir/tests" "$dir/tests/kmods/bpf_testmod.ko"; }

echo "KTAP version 1"
count=0 bad=0 done=()
patches=("$REPO"/patches/*/*.patch)
for patch in "${patches[@]}"; do
	[[ $patch != */0000-* ]] || continue # a cover letter
	name=$(basename "$patch" .patch) log=$LOGS/steps-$((++count)) verdict='not ok' remark=
	done+=("$patch")
	id=$(key "${done[@]}" "$kdir/.config" "$tests"/{build.sh,tests,features} "$0")
	"${git[@]}" am -q "$patch" >"$log.build" 2>&1 || die "$name does not apply; see $log.build"
	if grep -qx "$id" "$dir/passed"; then
		verdict=ok remark=' # passed before'
	else
		step "patch $count: building"
		if build >"$log.build" 2>&1 </dev/null; then
			step "patch $count: booting"
			if boot >"$log.ktap" 2>"$log.err"; then
				verdict=ok
				echo "$id" >>"$dir/passed"
			fi
			remark=$(sed -n 's/^# Summary:/ #/p' "$log.ktap")
		fi
		[ "$verdict" = ok ] || { bad=1 && echo "# see $log.build, .ktap and .err"; }
	fi
	echo "$verdict $count $name$remark"
done
echo "1..$count"
[ "$bad" = 0 ]
