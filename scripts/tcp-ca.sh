#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# `make tcp-ca`: the kernel's own test of congestion controls in BPF, unmodified, in three columns: with
# the C code on the kernel without the series, with the C code on ours, and with samples/tcp_ca on ours with
# samples/tcp_ca/patches. That kernel is made from a copy of ours, so that only what differs is built. Fails
# if a column does not pass.
#
#   PICTURE=FILE  instead, a transfer over a slow link, whose congestion control is changed half way: throughput
#                 and window over time, as SVG
#   BASE=<tree>   a base kernel (FLAVOUR=users) that is built already
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"
base=${BASE:-}
unset BASE
export FLAVOUR=users

# shellcheck source-path=SCRIPTDIR source=prepare.sh
. "$REPO/scripts/prepare.sh"
tests=$REPO/tests/users logs=$LOGS/tcp-ca columns=() status=0
mkdir -p "$logs"

run() { # run NAME KDIR [MODULE]
	local ktap=$logs/$1.ktap
	step "column $1"
	KDIR=$2 VM_CONSOLE=$logs/$1.console "$REPO/scripts/enter.sh" scripts/vm.sh "$2" \
		"$tests/run.sh" "$built" tcp_ca "${@:3}" >"$ktap" 2>"${ktap%.ktap}.err" ||
		{ step "column $1 did not pass; see $ktap and .err" && status=1; }
	columns+=("$1=$ktap")
}
if [ -z "${PICTURE:-}" ]; then
	[ -n "$base" ] || base=$(KDIR='' BASE=1 "$REPO/scripts/enter.sh" scripts/kernel.sh)
	built=$(users_tests)
	run base "$base"
	run C "$KDIR"
fi

tree=$(readlink -f "$KDIR/source")
config=$REPO/scripts/config/tcp_ca.config
copy=$CACHE/tcp-ca-$(basename "$KDIR")-$(key "$REPO"/samples/tcp_ca/patches/*.patch "$config")
REPLACE=$(kernel_copy "$copy" "$KDIR")
export REPLACE
if [ ! -e "$copy/.complete" ]; then
	step "the kernel that leaves congestion controls to a module: building (about three minutes)"
	# shellcheck disable=SC2016 # expanded in the build root
	logged tcp-ca-kernel "$REPO/scripts/enter.sh" bash -ec '
		git -C "$1" apply "$PWD"/samples/tcp_ca/patches/*.patch
		env -C "$1" scripts/kconfig/merge_config.sh -m -O "$KDIR" "$KDIR/.config" "$2"
		make -C "$1" O="$KDIR" -j"$(($(nproc) + 1))" olddefconfig bzImage modules' - "$tree" "$config"
	touch "$copy/.complete"
fi
logged tcp-ca-module "$REPO/scripts/enter.sh" make modules ONLY=tcp_ca OUT="$copy/modules" KDIR="$KDIR"
if [ -n "${PICTURE:-}" ]; then
	step "a transfer"
	"$REPO/scripts/enter.sh" scripts/vm.sh "$KDIR" "$programs/tcp-ca-loader" picture "$copy/modules/tcp_ca.ko" >"$PICTURE"
	exit
fi
run Rust "$KDIR" "$copy/modules/tcp_ca.ko"
"$REPO/scripts/enter.sh" "$programs/kselftest-table" "${columns[@]}" || status=1
exit "$status"
