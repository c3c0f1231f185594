#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A KDIR for a binary kernel of Debian, made from its packages; prints it. Nothing of the kernel is
# built but what modules need: its Rust crates, whose metadata no package has, and a few tools. Runs
# inside the build root. What boots the kernel in a guest (see vm.sh) is put into the KDIR, too.
#
#   RELEASE=NAME   which kernel, as `uname -r` says it; by default the one of the build root's
#                  linux-source-7.3
#   ARCH=arm64     a kernel for arm64, whose packages are fetched and not installed
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"

case ${ARCH:-} in
arm64) arch=arm64 image=arch/arm64/boot/Image guest=/guest ;;
*) arch=$(dpkg --print-architecture) image=arch/x86/boot/bzImage guest='' ;;
esac
installed=$(dpkg-query --show --showformat '${Version}' linux-source-7.3 2>/dev/null) || true
if [ -z "${RELEASE:-}" ]; then
	[ -n "$installed" ] || die "Debian offers no linux-source-7.3 here: give RELEASE=<uname -r>"
	# 7.3.4-1~bpo13+1 is 7.3.4+deb13-amd64.
	RELEASE=${installed%%-*}+deb$(. /etc/os-release && echo "$VERSION_ID")-$arch
fi
upstream=${RELEASE%%[+-]*}
source=linux-source-$(cut -d. -f1,2 <<<"$upstream")
[ "$source" = linux-source-7.3 ] || die "RELEASE=$RELEASE is not Linux 7.3, which the crate struct_ops needs"

# The lists of packages are the cache's, because the build root is read-only.
lists=$CACHE/apt${ARCH:+-$ARCH}
apt=(-qq -o APT::Architecture="$arch" -o APT::Architectures::="$arch"
	-o Dir::State::Lists="$lists/state" -o Dir::Cache="$lists/cache" -o APT::Sandbox::User=root)
mkdir -p "$lists"/{state,cache}
update() { logged apt-lists apt-get "${apt[@]}" update; }
versions() { apt-cache "${apt[@]}" madison "$1" | awk '{ print $3 }'; }
[ -n "$(versions "linux-headers-$RELEASE")" ] || update
version=$(versions "linux-headers-$RELEASE" | head -n 1)
[ -n "$version" ] || die "Debian has no linux-headers-$RELEASE: it has $(apt-cache "${apt[@]}" pkgnames linux-headers- |
	sed -nE "s/^linux-headers-(${upstream%.*}.*-$arch)$/\1/p" | sort -V | paste -sd' ')"

# The same packages, tools and steps make the same KDIR.
how=$(mktemp)
{
	echo "$RELEASE $version"
	"${CROSS_COMPILE:-}gcc" --version && rustc --version && bindgen --version && pahole --version
} >"$how"
kdir=$CACHE/debian-$RELEASE-$(key "$how" "$0" "$REPO/scripts/initramfs-init.sh")
rm "$how"
if [ -e "$kdir/.complete" ]; then
	echo "$kdir"
	exit
fi

step "Debian's kernel $RELEASE: fetching packages of version $version"
packages=$kdir.packages
rm -rf "$kdir" "$packages"
mkdir -p "$kdir" "$packages"
wanted=()
for package in headers base binary modules; do wanted+=("linux-$package-$RELEASE=$version"); done
tarball=/usr/src/$source.tar.xz
if [ "$version" != "$installed" ]; then
	versions "$source" | grep -qxF -- "$version" || die "Debian has no $source of version $version any more, from which $RELEASE was built"
	wanted+=("$source=$version")
	tarball=$packages/usr/src/$source.tar.xz
fi
(cd "$packages" && logged apt-download apt-get "${apt[@]}" download "${wanted[@]}")
for deb in "$packages"/*.deb; do
	dpkg-deb -x "$deb" "$packages"
	rm "$deb"
done
headers=$packages/usr/src/linux-headers-$RELEASE

step "Debian's kernel $RELEASE: unpacking $source"
# No driver is built here. Kconfig reads their Kconfig files, and the Rust crates some headers.
logged debian-unpack tar -I 'xz -T0' -xf "$tarball" -C "$kdir" --strip-components=1 \
	--exclude='*/drivers/*.c' --exclude='*/sound/*.c' --exclude='*/drivers/gpu/drm/amd/*.h'

step "Debian's kernel $RELEASE: building its Rust crates (about a minute and a half on two cores)"
kmake=(make -C "$kdir" -j"$(($(nproc) + 1))" LOCALVERSION="${RELEASE#"$upstream"}")
cp "$headers/.config" "$kdir"
# Debian's signing key is not ours. Its kernel loads modules without a signature.
env -C "$kdir" scripts/config --disable MODULE_SIG_ALL --set-str MODULE_SIG_KEY ''
logged debian-config "${kmake[@]}" olddefconfig
# What else differs (another compiler, a tool that is missing) may change how structs look. The text
# is the name by which Debian calls gcc; the version is compared. The vDSO for 32-bit programs would
# take a compiler for arm, and no header of the kernel's types knows of it.
settings() {
	grep ^CONFIG_ "$1/.config" |
		grep -vE '^CONFIG_(MODULE_SIG_(ALL|KEY)|CC_VERSION_TEXT|(THUMB2_)?COMPAT_VDSO)\b' | sort
}
differs=$(comm -3 <(settings "$headers") <(settings "$kdir") | tr -d '\t' | head -n 4 | paste -sd' ')
[ -z "$differs" ] || die "Debian's $RELEASE cannot be configured here as it was: $differs"
logged debian-build "${kmake[@]}" prepare modules_prepare
is=$(<"$kdir/include/config/kernel.release")
[ "$is" = "$RELEASE" ] || die "$source of version $version calls itself $is, not $RELEASE"

# The kernel's types (BTF) and what it exports. Rust's symbols have a hash of the compiler and the
# crates in their names: what was built here must have the names that the kernel has.
cp "$headers"/{vmlinux,Module.symvers} "$kdir"
missing=$(comm -23 \
	<(sed -n 's/.*EXPORT_SYMBOL_RUST_GPL(\([^)]*\)).*/\1/p' "$kdir"/rust/exports_*_generated.h | sort -u) \
	<(cut -f2 "$kdir/Module.symvers" | sort -u) | sed -n '$=;1p' | paste -sd' ')
[ -z "$missing" ] || die "Rust symbols that were built here are not in Debian's $RELEASE, so another rustc or" \
	"source made it (the first of them, and how many: $missing): use Debian's packages of the same version"

# For the guest: Debian's image, and an initramfs with the modules that its root file system takes.
cp "$packages/usr/lib/modules/$RELEASE/vmlinuz" "$kdir/$image"
ram=$packages/initramfs
mkdir -p "$ram"/{bin,modules,proc,root}
cp "$guest/usr/bin/busybox" "$ram/bin"
cp "$REPO/scripts/initramfs-init.sh" "$ram/init"
depmod --basedir "$packages/usr" "$RELEASE"
for module in virtio_pci 9pnet_virtio 9p overlay; do
	modprobe --dirname "$packages/usr" --set-version "$RELEASE" --show-depends "$module"
done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r ko; do
	name=$(basename "$ko" .xz)
	xz -dc "$ko" >"$ram/modules/$name"
	echo "$name" >>"$ram/modules/order"
done
(cd "$ram" && find . | cpio --quiet -o -H newc) >"$kdir/initramfs"

# The symbols of the kernel, by whose names no kfunc may go: the package has left them out of vmlinux.
# The kernel knows them, so it is asked.
step "Debian's kernel $RELEASE: booting it, for the names of its symbols"
console=$LOGS/debian-symbols.console
VM_CONSOLE=$console "$REPO/scripts/vm.sh" "$kdir" sh -c \
	'grep -v "\[" /proc/kallsyms | cut -d" " -f3 | gzip -9 | base64 -w0; echo' >"$packages/symbols"
base64 -d "$packages/symbols" | gunzip | sort -u | sed 's/.*/--add-symbol &=0,local/' >"$packages/arguments"
grep -q '^--add-symbol __register_bpf_struct_ops=' "$packages/arguments" ||
	die "Debian's $RELEASE does not tell its symbols, or has no struct_ops: see $console"
"${CROSS_COMPILE:-}objcopy" "@$packages/arguments" "$kdir/vmlinux"
rm -r "$packages"
touch "$kdir/.complete"
echo "$kdir"
