#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Linux with our series, configured and built; prints the build directory (a KDIR). Runs inside the
# build root. Everything is kept under names made from content: the same source, series, fragments
# and toolchain are built once.
#
#   FLAVOUR=gcc       the default: small and fast
#   FLAVOUR=sanitize  LLVM, with KASAN, kCFI, lockdep, kmemleak and fault injection
#   BASE=1            without the series
#   LINUX_SRC=PATH    another tarball or tree of Linux 7.3 than Debian's
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"

flavour=${FLAVOUR:-gcc}
fragments=("$REPO/scripts/config/base.config")
make_args=()
case $flavour in
gcc) ;;
sanitize)
	fragments+=("$REPO/scripts/config/sanitize.config")
	make_args+=(LLVM=1)
	;;
*) die "FLAVOUR=$flavour is not known: use gcc or sanitize" ;;
esac
patches=()
[ -n "${BASE:-}" ] || patches=("$REPO"/patches/0*.patch)

# A tree with the base commit, made once per source.
source=${LINUX_SRC:-/usr/src/linux-source-7.3.tar.xz}
[ -e "$source" ] || die "no Linux source at $source: Debian offers none here; give LINUX_SRC=<tarball or tree>"
if [ -d "$source" ]; then
	id=$(git -C "$source" rev-parse --short=12 HEAD 2>/dev/null) ||
		die "LINUX_SRC=$source is not a git tree: give a tarball, or run 'git init && git add -A && git commit' there"
else
	id=$(key "$source")
fi
base=$CACHE/linux-$id
# The low bigFileThreshold makes one pack of everything, not a file per object.
git=(git -c user.name=struct_ops -c user.email=struct_ops@localhost -c core.bigFileThreshold=1
	-c core.compression=1 -c gc.auto=0 -c advice.detachedHead=false)
if [ ! -e "$base/.complete" ]; then
	step "Linux: unpacking $(basename "$source")"
	rm -rf "$base"
	if [ -d "$source" ]; then
		logged linux-clone "${git[@]}" clone --shared "$source" "$base"
	else
		mkdir "$base"
		logged linux-unpack tar -xf "$source" -C "$base" --strip-components=1
		grep -q '^PATCHLEVEL = 3$' "$base/Makefile" || die "$source is not Linux 7.3"
		"${git[@]}" -C "$base" init -q
		"${git[@]}" -C "$base" add --all --force
		"${git[@]}" -C "$base" commit -q -m "Linux, as in $(basename "$source")"
	fi
	touch "$base/.complete"
fi

# A work tree with the series, made once per series.
tree=$base
if [ ${#patches[@]} -gt 0 ]; then
	tree=$base-$(key "${patches[@]}")
	if [ ! -e "$tree/.complete" ]; then
		step "Linux: git am of ${#patches[@]} files in patches/"
		rm -rf "$tree"
		"${git[@]}" -C "$base" worktree prune
		"${git[@]}" -C "$base" worktree add -q --detach "$tree"
		mails=()
		for patch in "${patches[@]}"; do
			[[ $patch == *cover-letter* ]] || mails+=("$patch")
		done
		logged git-am "${git[@]}" -C "$tree" am "${mails[@]}"
		touch "$tree/.complete"
	fi
fi

toolchain=$(mktemp)
{ cat "$0" && gcc --version && clang --version && rustc --version && bindgen --version && pahole --version; } >"$toolchain"
build=$tree-$flavour-$(key "$toolchain" "${fragments[@]}")
rm "$toolchain"
if [ ! -e "$build/.complete" ]; then
	mkdir -p "$build"
	kmake=(make -C "$tree" O="$build" -j"$(($(nproc) + 1))" "${make_args[@]}")
	step "Linux: configuring, flavour $flavour"
	logged "config-$flavour" "${kmake[@]}" -s tinyconfig
	logged "config-$flavour" env -C "$tree" scripts/kconfig/merge_config.sh -m -O "$build" \
		"$build/.config" "${fragments[@]}"
	logged "config-$flavour" "${kmake[@]}" -s olddefconfig
	# Kconfig drops what it cannot have without a word; KASAN goes so with SLUB_TINY.
	grep -hE '^(# )?CONFIG_' "${fragments[@]}" | while read -r line; do
		grep -qxF "$line" "$build/.config" || die "the kernel's configuration lost '$line'"
	done
	step "Linux: building, flavour $flavour (gcc about 10 minutes on two cores, sanitize about 16)"
	logged "build-$flavour" "${kmake[@]}" bzImage modules
	touch "$build/.complete"
fi
echo "$build"
