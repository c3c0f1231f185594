#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# `make demo`: from nothing to a BPF program that a Rust module calls, in a guest.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"

export KERNEL=${KERNEL:-stock} DEMO=1
# shellcheck source-path=SCRIPTDIR source=prepare.sh
. "$REPO/scripts/prepare.sh"
step "guest: booting"
"$REPO/scripts/enter.sh" scripts/vm.sh "$KDIR" "$programs/testmod-demo" "$modules/bpf_testmod.ko"
step "done"
grep -qw unregister_bpf_struct_ops "$KDIR/Module.symvers" || cat <<'END'
With the series in patches/, types also come and go while maps of them live, and the kernel lists them.
`make demo KERNEL=patched` builds such a kernel, which takes 12 to 19 minutes on two cores, and shows it.
END
