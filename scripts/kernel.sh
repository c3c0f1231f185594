#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Linux with our series, configured and built; prints the build directory (a KDIR), or with the
# argument `tree` only the source tree, without building it. Runs inside the build root. Everything
# is kept under names made from content, and from nothing else: the same source, patches, fragments,
# make arguments and toolchain are built once.
#
#   FLAVOUR=gcc       the default: small and fast
#   FLAVOUR=sanitize  LLVM, with KASAN, kCFI, lockdep, kmemleak and fault injection
#   FLAVOUR=kcsan     LLVM, with the data race detector
#   FLAVOUR=users     gcc, with all struct_ops types that the kernel has; for `make users`
#   FLAVOUR=rt        gcc, with PREEMPT_RT
#   FLAVOUR=no-btf-modules, no-jit, no-modules, i386: only for `make patches-check S=configs`
#   BASE=1            without the series
#   LINUX_SRC=PATH    another tarball or tree of Linux 7.3 than Debian's
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"

[ -z "${ARCH:-}" ] || die "no kernel is built here for ARCH=$ARCH: use Debian's, with 'make kdir-debian'"
flavour=${FLAVOUR:-gcc}
fragments=("$REPO/scripts/config/base.config")
make_args=()
case $flavour in
gcc | users | rt | no-btf-modules | no-jit | no-modules) ;;
sanitize | kcsan) make_args+=(LLVM=1) ;;
i386) make_args+=(ARCH=i386) ;;
*) die "FLAVOUR=$flavour is not known: use gcc, sanitize, kcsan, rt or users" ;;
esac
[ "$flavour" = gcc ] || fragments+=("$REPO/scripts/config/$flavour.config")
unset LLVM CLIPPY # are for modules: the flavour says what builds the kernel
patches=()
for patch in "$REPO"/patches/*/*.patch; do
	# A cover letter has no diff.
	[ -n "${BASE:-}" ] || [[ $patch == */0000-* ]] || patches+=("$patch")
done

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
		grep -q '^PATCHLEVEL = 3$' "$base/Makefile" || die "$source is not Linux 7.3, to which alone patches/ apply"
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
		step "Linux: git am of the ${#patches[@]} patches in patches/"
		rm -rf "$tree"
		"${git[@]}" -C "$base" worktree prune
		"${git[@]}" -C "$base" worktree add -q -f -f --detach "$tree"
		logged git-am "${git[@]}" -C "$tree" am "${patches[@]}"
		touch "$tree/.complete"
	fi
fi

if [ "${1:-}" = tree ]; then
	echo "$tree"
	exit
fi

how=$(mktemp)
{
	echo "allnoconfig ${make_args[*]}"
	gcc --version && clang --version && rustc --version && bindgen --version && pahole --version
} >"$how"
build=$tree-$flavour-$(key "$how" "${fragments[@]}")
rm "$how"
if [ ! -e "$build/.complete" ]; then
	mkdir -p "$build"
	kmake=(make -C "$tree" O="$build" -j"$(($(nproc) + 1))" "${make_args[@]}")
	step "Linux: configuring, flavour $flavour"
	# Nothing but what the fragments name: with the defaults a third more is built, which nothing here runs.
	logged "config-$flavour" env -C "$tree" "${make_args[@]}" scripts/kconfig/merge_config.sh -n -O "$build" \
		"${fragments[@]}"
	# Kconfig drops what it cannot have without a word; KASAN goes so with SLUB_TINY. The last fragment
	# that names a symbol counts; a symbol that cannot be had is as good as one that is not set.
	sed -nE 's/^CONFIG_([^=]*)=.*/\1 &/p; s/^# CONFIG_(\S*) is not set$/\1 &/p' "${fragments[@]}" |
		awk '{ symbol = $1; sub(/^[^ ]* /, ""); last[symbol] = $0 } END { for (s in last) print s, last[s] }' |
		while read -r symbol line; do
			grep -qxF "$line" "$build/.config" ||
				{ [[ $line = '# '* ]] && ! grep -q "^CONFIG_$symbol=" "$build/.config"; } ||
				die "the kernel's configuration lost '$line'"
		done
	step "Linux: building, flavour $flavour (gcc about 10 minutes on two cores, the others about 16)"
	logged "build-$flavour" "${kmake[@]}" bzImage modules
	touch "$build/.complete"
fi
echo "$build"
