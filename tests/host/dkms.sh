#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# dkms.sh: Debian's DKMS builds and installs a module that `make new` lays down, for the binary kernel
# whose KDIR is given, and that kernel loads it. Its trees are in a scratch directory. Runs inside the
# build root, and prints KTAP.
set -euo pipefail
repo=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source-path=SCRIPTDIR source=ktap.sh
. "$(dirname "$0")/ktap.sh"
# The guest sees the cache, and not our /tmp.
work=$(mktemp -d "$STRUCT_OPS_CACHE/dkms.XXXXXX")
trap 'rm -rf "$work"' EXIT
release=$(<"$KDIR/include/config/kernel.release")
modules=$work/lib/modules
mkdir -p "$work"/{dkms,src} "$modules/$release"

# dkms VERB, as Documentation/kernels.md gives it.
dkms() {
	env -u KDIR dkms "$1" doorbell/0.1 --kernelsourcedir "$KDIR" -k "$release" --no-depmod \
		--dkmstree "$work/dkms" --sourcetree "$work/src" --installtree "$modules"
}
installed() { find "$modules/$release" -name 'doorbell.ko*' | grep .; }
loads() {
	# shellcheck disable=SC2016 # expanded in the guest
	"$repo/scripts/vm.sh" "$KDIR" sh -ec 'insmod "$0"; grep -w doorbell /proc/modules; rmmod doorbell' "$(installed)"
}
removed() { dkms remove && ! installed; }

echo "KTAP version 1"
check "make new lays down a module with a dkms.conf" make -C "$repo" new NAME=doorbell DIR="$work/src/doorbell-0.1"
check "dkms adds, builds and installs it" dkms install
check "it is where modules of that kernel are" installed
check "the kernel loads it" loads
check "dkms removes it" removed
echo "1..$count"
[ "$bad" = 0 ]
