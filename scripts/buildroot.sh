#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Makes the build root, a Debian stable with the kernel's toolchain, and prints its path. The same
# tree is the guest's root file system. Nothing on the host changes except the cache and, as root,
# two packages, which are announced.
#
#   ARCH=arm64   one that builds for arm64; its directory guest/ is the guest's root file system
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"

release=trixie
packages=(
	# the kernel's toolchain, and what its build calls
	make gcc g++ clang lld llvm rustc rust-src rust-clippy rustfmt bindgen pahole bc bison
	flex libelf-dev libssl-dev libdw-dev zlib1g-dev cpio rsync python3 perl git xz-utils file
	# the loaders and the tests
	cargo pkgconf libbpf-dev bpftool kmod ca-certificates shellcheck dkms
	# the guest
	qemu-system-x86 busybox-static mount iproute2 procps
)
foreign=() guest=()
case ${ARCH:-} in
'') ;;
arm64)
	foreign=('--architectures=amd64,arm64')
	packages+=(gcc-aarch64-linux-gnu libc6-dev:arm64 libstd-rust-dev:arm64 libelf-dev:arm64 zlib1g-dev:arm64
		qemu-system-arm)
	# What the tests run in the guest. They are only unpacked: nothing here can run their scripts.
	guest=(bash binutils bpftool busybox-static coreutils dash grep gzip iproute2 kmod libc-bin mount procps sed)
	;;
*) die "ARCH=$ARCH is not known: use arm64, or leave it out" ;;
esac

missing=()
for tool in mmdebstrap:mmdebstrap bwrap:bubblewrap; do
	command -v "${tool%%:*}" >/dev/null || missing+=("${tool##*:}")
done
if [ ${#missing[@]} -gt 0 ]; then
	command -v apt-get >/dev/null ||
		die "needs ${missing[*]}: install them with this system's package manager, then run again"
	[ "$(id -u)" = 0 ] ||
		die "needs ${missing[*]}: run 'sudo apt-get install ${missing[*]}', then run again"
	step "host: installing ${missing[*]}"
	logged apt-update apt-get update
	logged apt-install apt-get install -y --no-install-recommends "${missing[@]}"
fi

root=$CACHE/root-$(key "$0")${ARCH:+-$ARCH}
if [ ! -e "$root/usr" ]; then
	[ "$(id -u)" = 0 ] || die "the build root is made by root: run 'sudo make ${MAKECMDGOALS:-demo}'"
	# shellcheck disable=SC2016 # $(SITE) is APT's
	mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Origin: Debian' |
		sort | uniq -c | sort -rn | awk 'NR == 1 { print $2 }')
	[ -n "$mirror" ] || die "no Debian mirror in this host's APT configuration: run 'apt-get update' first"
	step "build root: Debian $release (about two minutes)"
	rm -rf "$root.tmp"
	include=$(IFS=, && echo "${packages[*]}")
	sources=("deb $mirror $release main" "deb $mirror $release-updates main" "deb $mirror $release-backports main")
	# shellcheck disable=SC2016 # $1 is the hook's; a mirror may lack the source, see kernel.sh
	logged buildroot mmdebstrap --variant=apt --include="$include" \
		--customize-hook='chroot "$1" apt-get install -y linux-source-7.3 || true' \
		"${foreign[@]}" "$release" "$root.tmp" "${sources[@]}"
	if [ ${#guest[@]} -gt 0 ]; then
		include=$(IFS=, && echo "${guest[*]}")
		logged buildroot-guest mmdebstrap --variant=extract --include="$include" --architectures=arm64 \
			"$release" "$root.tmp/guest" "${sources[@]}"
	fi
	mkdir -p "$root.tmp/etc/ssl/certs"
	touch "$root.tmp/etc/resolv.conf"
	mv "$root.tmp" "$root"
fi
echo "$root"
