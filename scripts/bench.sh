#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# `make bench`: what calls, maps, types and links cost, in instructions (QEMU counts them; they are no time):
# with the module in C on the kernel without the series and on ours, and with the module in Rust on ours.
# Also bytes of memory and of the modules, seconds of their builds, and how many cache lines a call shares
# with other processors. Builds both kernels. Prints a table; no number is a failure.
#
#   BASE=<file>   instead of the table, what moved by more than 0.5 % since that run
#   BASE=<tree>   a base kernel that is built already
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"
base='' earlier=()
if [ -d "${BASE:-}" ]; then
	base=$BASE
elif [ -n "${BASE:-}" ]; then
	[ -s "$BASE" ] || die "BASE=$BASE is neither a file of an earlier run nor the tree of a kernel"
	earlier=("$(realpath "$BASE")")
fi
unset BASE

export STRUCT_OPS_BENCH=m
# shellcheck source-path=SCRIPTDIR source=prepare.sh
. "$REPO/scripts/prepare.sh"
[ -n "$base" ] || base=$(KDIR='' BASE=1 "$REPO/scripts/enter.sh" scripts/kernel.sh)
log=$LOGS/bench
rm -rf "$log" && mkdir -p "$log"
export CARGO_TARGET_DIR=${programs%/release}
step "report and plugin: building"
logged bench-report "$REPO/scripts/enter.sh" cargo build --quiet --locked --release --package bench-report

part() { # part COLUMN KDIR MODULES PART: appends to the column what the guest prints
	step "$1: $4"
	KDIR=$2 VM_APPEND=nokaslr VM_TIMEOUT=1200 VM_CONSOLE=$log/$1-$4.console \
		"$REPO/scripts/enter.sh" scripts/vm.sh "$2" chrt -f 1 "$programs/bench" "$3" "$4" >>"$log/$1"
}
counted() { VM_ICOUNT=1 part "$@"; }
column() { # column COLUMN KDIR MODULES: what is counted on both kernels
	counted "$@" calls
	VM_CPUS=1 counted "$@" maps
	VM_CPUS=1 counted "$@" types
}

# Each thread of QEMU is a processor, or the plugin would not see which one stores.
for row in two srcu many order counted; do
	VM_ARGS="-plugin $programs/libshared_stores.so,above=100000,out=$log/shared-$row" \
		part shared "$KDIR" "$modules" "shared-$row"
	printf 'cache lines written by two CPUs, %s\trust\t%s\n' "$row" "$(head -n 1 "$log/shared-$row")" >>"$log/lines"
done
column ours "$KDIR" "$modules"
# Time, if the guest turns out to run on the processor itself.
[ ! -w /dev/kvm ] || part ours "$KDIR" "$modules" time
VM_CPUS=8 counted ours "$KDIR" "$modules" cpus
cat "$log/lines" >>"$log/ours"

for of in c rust; do
	"$REPO/scripts/enter.sh" size -A -d "$modules/bench_$of.ko" | awk -v of=$of '
		$1 ~ /^\.(text|init\.text|exit\.text)$/ { text += $2 }
		$1 ~ /^\.(data|rodata|bss)/ { data += $2 }
		$1 ~ /^\.BTF/ { btf += $2 }
		END { OFS = "\t"; print "bytes of code", of, text; print "bytes of data", of, data; print "bytes of BTF", of, btf }'
done >>"$log/ours"
out=$REPO/out/bench
for of in c rust; do
	module=bench_$of source=bench_${of/rust/main}.${of/rust/rs}
	for what in clean again; do
		step "building $module, $what"
		if [ $what = clean ]; then rm -rf "$out"; else touch "$REPO/tests/modules/$source"; fi
		start=$EPOCHREALTIME
		logged bench-build "$REPO/scripts/enter.sh" make -C "$REPO" modules ONLY="$module" OUT="$out" KDIR="$KDIR"
		awk -v what=$what -v of=$of -v start="$start" -v end="$EPOCHREALTIME" \
			'BEGIN { OFS = "\t"; print "seconds to build, " what, of, end - start }'
	done
done >>"$log/ours"

# The base kernel has modules of its own.
ours=$programs
unset CARGO_TARGET_DIR
built=$(KDIR=$base "$REPO/scripts/enter.sh" scripts/build.sh)
eval "$built"
programs=$ours
column base "$base" "$modules"

"$REPO/scripts/enter.sh" "$programs/bench-report" "$log/base" "$log/ours" "$log" "${earlier[@]}"
step "done; the plots are in $log, and for BASE=: $log/bench.tsv"
