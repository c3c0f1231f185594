#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# `make cost`: instructions of a call through a slot, in Rust and in C, in one guest that counts them.
# Prints them; no number is a failure.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"

# shellcheck source-path=SCRIPTDIR source=prepare.sh
. "$REPO/scripts/prepare.sh"
step "guest: booting, with an instruction counter"
VM_ICOUNT=1 "$REPO/scripts/enter.sh" scripts/vm.sh "$KDIR" "$programs/cost" "$modules"
step "done"
