#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What a wrong input gets: one clear line, and a failure. Runs inside the build root with a built
# KDIR, and prints KTAP.
set -euo pipefail
cd "$(dirname "$0")/../.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
count=0

# refuses NAME PATTERN CMD...: CMD fails and says PATTERN in one line.
refuses() {
	local name=$1 pattern=$2 verdict='not ok'
	shift 2
	if ! "$@" >"$scratch/output" 2>&1 </dev/null && [ "$(grep -cE "$pattern" "$scratch/output")" = 1 ]; then
		verdict=ok
	else
		tail -n 5 "$scratch/output" | sed 's/^/# /'
	fi
	echo "$verdict $((++count)) $name"
}

# A KDIR that is ours but for one line of the configuration or one symbol. The links cost little.
cp -as "$KDIR" "$scratch/kdir"
fake=$scratch/kdir
rm "$fake/Makefile"
sed "s|^export KBUILD_OUTPUT.*|export KBUILD_OUTPUT = $fake|" "$KDIR/Makefile" >"$fake/Makefile"
conf=$fake/include/config/auto.conf
without() { # without FILE SED: the fake with FILE changed
	rm -f "$conf" "$fake/Module.symvers"
	cp "$KDIR/include/config/auto.conf" "$conf"
	cp "$KDIR/Module.symvers" "$fake/Module.symvers"
	sed -i "$2" "$1"
}
modules=(env -u KDIR -u O make modules OUT="$scratch/out" LLVM="${LLVM:-}")

echo "KTAP version 1"
refuses "no KDIR" "needs KDIR=" "${modules[@]}"
refuses "a KDIR that does not exist" "is no Linux tree" "${modules[@]}" KDIR="$scratch/nothing"
mkdir "$scratch/bare" && touch "$scratch/bare/Makefile"
refuses "a KDIR that is not built" "is not built" "${modules[@]}" KDIR="$scratch/bare"
for symbol in RUST DEBUG_INFO_BTF DEBUG_INFO_BTF_MODULES BPF_SYSCALL BPF_JIT; do
	without "$conf" "/^CONFIG_$symbol=/d"
	refuses "a KDIR without $symbol" "lacks CONFIG_$symbol" "${modules[@]}" KDIR="$fake"
done
without "$conf" /^CONFIG_MODULES=/d
refuses "a KDIR without MODULES" "The present kernel disabled CONFIG_MODULES" \
	"${modules[@]}" KDIR="$fake"
without "$fake/Module.symvers" '/unregister_bpf_struct_ops/d; /bpf_struct_ops_for_each_prog/d'
refuses "a kernel that is too old" "has neither unregister_bpf_struct_ops nor .*: take Linux 7.3" \
	"${modules[@]}" KDIR="$fake"
without "$conf" "s/^CONFIG_CC_VERSION_TEXT=.*/CONFIG_CC_VERSION_TEXT=some compiler/"
refuses "a KDIR that another compiler built" "use the one that built it" "${modules[@]}" KDIR="$fake"
refuses "a kernel that Debian does not have" "Debian has no linux-headers-7.3.99-amd64: it has 7.3" \
	env RELEASE=7.3.99-amd64 scripts/kdir-debian.sh
refuses "another Linux than 7.3" "RELEASE=7.2.12.deb13-amd64 is not Linux 7.3" \
	env RELEASE=7.2.12+deb13-amd64 scripts/kdir-debian.sh
refuses "an architecture that is not known" "ARCH=mips is not known: use arm64, or leave it out" \
	env ARCH=mips scripts/buildroot.sh
refuses "another architecture with the series" "ARCH=arm64 works with .*: add KERNEL=stock" \
	env -u KERNEL ARCH=arm64 scripts/test.sh
refuses "a kernel of ours for another architecture" "no kernel is built here for ARCH=arm64" \
	env ARCH=arm64 scripts/kernel.sh
# What one may get wrong in a module of one's own.
module() { # module SED ARG...: make with ARGs, of a new module that is changed
	rm -rf "$scratch/foo"
	NAME=foo DIR=$scratch/foo scripts/new.sh && sed -i "$1" "$scratch"/foo/{Kbuild,foo_main.rs} &&
		make -C "$scratch/foo" "${@:2}"
}
refuses "a KDIR that is none, for a module of one's own" "KDIR: .*nothing' has no Makefile" module '' KDIR="$scratch/nothing"
refuses "a STRUCT_OPS that is none" "STRUCT_OPS: .*nothing' has no rust/struct_ops.mk" module '' STRUCT_OPS="$scratch/nothing"
refuses "a crate with the name of the module" "foo-struct-ops is foo.rs but foo.o is the whole module: rename the file" \
	module s/foo_main.rs/foo.rs/
refuses "a crate that is not there" "foo-struct-ops is food_main.rs but there is no such file" module s/foo_main/food_main/
refuses "a misspelt module in a Kbuild" "fo-struct-ops is set but obj-m has no fo.o" module s/foo-struct/fo-struct/
refuses "a module that is not under the GPL" "^foo_main.rs: error: the license in module! .*: write .GPL. or" \
	module 's/"GPL"/"Proprietary"/'
refuses "an unknown FLAVOUR" "FLAVOUR=vanilla is not known" env FLAVOUR=vanilla scripts/kernel.sh
refuses "a FLAVOUR that is a fragment for something else" "FLAVOUR=tcp_ca is not known" env FLAVOUR=tcp_ca scripts/kernel.sh
refuses "a LINUX_SRC that does not exist" "give LINUX_SRC" env LINUX_SRC="$scratch/no" scripts/kernel.sh
# The first patch of the series, with a misspelt word, under the letter of the whole.
mkdir -p "$scratch/series/patches/3-types" "$scratch/series/tests"
cp -r scripts "$scratch/series" && cp -r tests/host "$scratch/series/tests"
cp patches/3-types/000[01]-* "$scratch/series/patches/3-types"
sed -i 's/ the bindings / teh bindings /' "$scratch"/series/patches/3-types/0001-*
refuses "a patch that checkpatch does not like" "^not ok .*checkpatch: 3-types/0001" "$scratch/series/tests/host/series.sh"
refuses "a cover letter of another series" "^not ok .*cover letter" "$scratch/series/tests/host/series.sh"
# The build root has what a fresh host lacks: neither mmdebstrap nor bubblewrap.
mkdir -m 777 "$scratch/home" "$scratch/bin" "$scratch/clone"
cp -r Makefile scripts "$scratch/clone" # a stranger may not look into the way to the real one
nobody=(setpriv --reuid 65534 --clear-groups env -u STRUCT_OPS_CACHE -u KDIR HOME="$scratch/home")
chmod 755 "$scratch"
refuses "a host that lacks packages, without root" \
	"run 'sudo apt-get install mmdebstrap bubblewrap'" "${nobody[@]}" make -C "$scratch/clone" demo
for tool in mmdebstrap bwrap; do ln -s /bin/true "$scratch/bin/$tool"; done
refuses "a demo without root" "run 'sudo make" "${nobody[@]}" PATH="$scratch/bin:$PATH" \
	make -C "$scratch/clone" demo
refuses "a seed that is no number" "SEED=abc, SECS=600: give numbers" env SEED=abc scripts/fuzz.sh
refuses "an earlier run that is none" "BASE=/nonexistent is neither a file of an earlier run nor" env BASE=/nonexistent scripts/bench.sh
refuses "a guest that hangs" "the guest stopped or hung" env VM_TIMEOUT=15 scripts/vm.sh "$KDIR" sleep 60
refuses "a guest that dies" "the guest stopped or hung" scripts/vm.sh "$KDIR" busybox poweroff -f
refuses "a kernel that complains" "the kernel complained" \
	scripts/vm.sh "$KDIR" sh -c 'echo "WARNING: made up" >/dev/kmsg'
echo "1..$count"
