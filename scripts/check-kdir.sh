#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Refuses a KDIR in one line: one that is no built kernel, or one that another compiler built. What
# the kernel's configuration must have is checked where modules are built, by rust/struct_ops.mk.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"

[ -n "${KDIR:-}" ] || die "needs KDIR=<a built Linux tree with patches/ applied>; 'make kernel' makes one"
[ -e "$KDIR/Makefile" ] || die "KDIR=$KDIR is no Linux tree: give a source tree, or the O= directory of one"
conf=$KDIR/include/config/auto.conf
for made in "$conf" "$KDIR/Module.symvers" "$KDIR/vmlinux"; do
	[ -e "$made" ] || die "KDIR=$KDIR is not built (no ${made#"$KDIR/"}): run 'make' there first"
done

# same VARIABLE COMMAND: what COMMAND says of itself is what the configuration recorded.
same() {
	local was now
	was=$(sed -n "s/^$1=\"\?\([^\"]*\).*/\1/p" "$conf")
	now=$("$2" --version 2>/dev/null | head -n 1) || now="no $2"
	[ "$was" = "$now" ] || [ -z "$was" ] ||
		die "KDIR=$KDIR was built with '$was', but here is '$now': use the one that built it"
}
if grep -q '^CONFIG_CC_IS_CLANG=y' "$conf"; then
	[ -n "${LLVM:-}" ] || die "KDIR=$KDIR was built with clang: add LLVM=1"
	case $LLVM in
	1) clang=clang ;;
	-*) clang=clang$LLVM ;;
	*) clang=${LLVM}clang ;;
	esac
	same CONFIG_CC_VERSION_TEXT "${CC:-$clang}"
else
	[ -z "${LLVM:-}" ] || die "KDIR=$KDIR was built with gcc: leave LLVM=$LLVM out"
	same CONFIG_CC_VERSION_TEXT "${CC:-${CROSS_COMPILE:-}gcc}"
fi
same CONFIG_RUSTC_VERSION_TEXT "${RUSTC:-rustc}"
