#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# cfi.sh MODULES PROGRAMS: whether the kernel in KDIR checks the types of indirect calls. A struct_ops
# stub of the wrong type has to end a guest with a CFI failure. Runs inside the build root, and prints
# KTAP.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../../scripts/common.sh
. "$(dirname "$0")/../../scripts/common.sh"

name="a stub of the wrong type is caught"
export VM_CONSOLE=$LOGS/cfi.console
verdict='not ok'
echo "KTAP version 1"
if ! grep -q '^CONFIG_CFI=y' "$KDIR/include/config/auto.conf"; then
	echo "ok 1 $name # SKIP this kernel has no CONFIG_CFI"
elif "$REPO/scripts/vm.sh" "$KDIR" "$2/mistyped" "$1/mistyped.ko" >"$LOGS/cfi.log" 2>&1; then
	echo "# the call went through; see $VM_CONSOLE"
	echo "not ok 1 $name"
else
	# It has to die of that, and in this module.
	! grep -q 'CFI failure at mistyped_reg+.*\[mistyped\]' "$VM_CONSOLE" || verdict=ok
	grep -m 1 'CFI failure' "$VM_CONSOLE" | tr -d '\r' | sed 's/^/# /' || true
	echo "$verdict 1 $name"
fi
echo "1..1"
