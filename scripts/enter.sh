#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# enter.sh CMD...: runs CMD inside the build root. The repository, the cache and what the variables
# KDIR and LINUX_SRC name are at the same paths as outside; the rest of the host is not there. The
# mounts live in a mount namespace of their own and end with the command. REPLACE="FROM=TO..." puts
# the directory FROM in the place of TO.
#
#   ARCH=arm64   what is built is for arm64 (see buildroot.sh). The guest's root file system is then
#                /guest, with the same directories at the same paths.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"

root=$("$REPO/scripts/buildroot.sh")
guest='' binds=()
if [ -n "${ARCH:-}" ]; then
	guest=/guest
	for dir in usr etc var; do binds+=(--ro-bind "$root/guest/$dir" "/guest/$dir"); done
	for dir in bin sbin lib; do binds+=(--symlink "usr/$dir" "/guest/$dir"); done
	for dir in proc dev sys run tmp root mnt; do binds+=(--dir "/guest/$dir"); done
	binds+=(--setenv CROSS_COMPILE aarch64-linux-gnu- --setenv CARGO_BUILD_TARGET aarch64-unknown-linux-gnu
		--setenv CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER aarch64-linux-gnu-gcc)
fi
# Both we and the guest see the directory $1.
share() {
	binds+=(--bind "$1" "$1")
	[ -z "$guest" ] || binds+=(--bind "$1" "$guest$1")
}
share "$CACHE"
share "$REPO"
for name in KDIR LINUX_SRC; do
	path=${!name:-}
	[ -n "$path" ] || continue
	path=$(realpath -e "$path" 2>/dev/null) || die "$name=${!name} does not exist"
	share "$path"
done
# A kernel built with O= refers to its source tree by an absolute path.
if [ -n "${KDIR:-}" ] && [ -e "$KDIR/source" ]; then
	source=$(readlink -f "$KDIR/source")
	binds+=(--bind "$source" "$source")
fi
for pair in ${REPLACE:-}; do binds+=(--bind "${pair%%=*}" "${pair#*=}"); done
keep=()
for var in ARCH TERM http_proxy https_proxy no_proxy BASE DEMO FLAVOUR RELEASE KDIR LINUX_SRC LLVM CLIPPY V OUT \
	STRUCT_OPS_BENCH VM_TIMEOUT VM_ICOUNT VM_APPEND VM_ARGS VM_CPUS VM_CONSOLE TESTMOD CARGO_TARGET_DIR STRUCT_OPS_START; do
	[ -z "${!var:-}" ] || keep+=(--setenv "$var" "${!var}")
done
mkdir -p "$CACHE/home"

exec bwrap --die-with-parent --unshare-pid --unshare-ipc --unshare-uts \
	--ro-bind "$root/usr" /usr --ro-bind "$root/etc" /etc --ro-bind "$root/var" /var \
	--symlink usr/bin /bin --symlink usr/sbin /sbin --symlink usr/lib /lib --symlink usr/lib64 /lib64 \
	--proc /proc --dev /dev --dev-bind-try /dev/kvm /dev/kvm --dir /sys --dir /run --tmpfs /tmp \
	--dir /root --dir /mnt --ro-bind /etc/resolv.conf /etc/resolv.conf --ro-bind /etc/ssl/certs /etc/ssl/certs \
	--clearenv "${keep[@]}" "${binds[@]}" --setenv STRUCT_OPS_CACHE "$CACHE" \
	--setenv HOME "$CACHE/home" --setenv CARGO_HOME "$CACHE/cargo" --setenv LC_ALL C.UTF-8 \
	--setenv PATH /usr/sbin:/usr/bin --chdir "$REPO" "$@"
