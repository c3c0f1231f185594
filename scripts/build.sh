#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Builds what goes into the guest: the modules against KDIR, the BPF programs against the types of
# that kernel and of the module, the loaders and the tests. Runs inside the build root.
#
# Prints the lines that the caller evaluates: where the modules and the programs are.
#
#   DEMO=1   only what the demo needs, which is a quarter of the work
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"

"$REPO/scripts/check-kdir.sh"
# What only `make bench` runs on the host is built there.
module='' packages=(--workspace --exclude bench-report)
[ -z "${DEMO:-}" ] || module=bpf_testmod packages=(--package testmod-loader --package struct-ops)
name=$(basename "$KDIR")
out=$REPO/out/$name
target=$CACHE/target-$name
step "modules: building against $KDIR"
logged modules make -C "$REPO" -j"$(nproc)" modules ONLY="$module" OUT="$out" KDIR="$KDIR"
step "BPF programs, loader and tests: building"
# Most of that, what comes from the registry, is the same for each kernel: begin with another one's.
others=("$CACHE"/target-*)
if [ ! -e "$target" ] && [ -e "${others[0]}" ]; then
	rm -rf "$CACHE/target.new"
	cp -a --reflink=auto "${others[0]}" "$CACHE/target.new"
	mv "$CACHE/target.new" "$target"
fi
export KDIR TESTMOD=$out/bpf_testmod.ko CARGO_TARGET_DIR=$target
logged cargo cargo build --quiet --locked --release "${packages[@]}" --manifest-path "$REPO/Cargo.toml"
echo "modules=$out programs=$target/${CARGO_BUILD_TARGET:+$CARGO_BUILD_TARGET/}release"
