#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# run.sh KDIR [CASE...]: what must not compile does not, and the compiler says why at the line of the
# author's that is marked with `//~ MESSAGE` (with `//~~ MESSAGE`, where the C compiler says it, at any
# line; with `//~= MESSAGE`, where no other error follows). Prints KTAP; exits non-zero if a case fails.
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
kdir=${1:?usage: run.sh KDIR [CASE...]}
shift
cases=("$@")
[ $# -gt 0 ] || mapfile -t cases < <(cd "$here" && printf '%s\n' *.rs | sed 's/\.rs$//')
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat >"$work/Kbuild" <<'END'
obj-m := ui.o
ui-struct-ops := ui_main.rs
include $(STRUCT_OPS)/rust/struct_ops.mk
END

# compile FILE: the part of a module that a case does not have goes behind it, to keep its lines.
compile() {
	{
		cat "$1"
		cat <<'END'
#[allow(unused_imports)]
use kernel::prelude::*;
#[allow(unused_imports)]
use struct_ops::prelude::*;
struct Ui;
impl kernel::Module for Ui {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        Ok(Ui)
    }
}
module! { type: Ui, name: "ui", authors: ["tests"], description: "Never loaded", license: "GPL", }
END
	} >"$work/ui_main.rs"
	make -C "$kdir" M="$work" STRUCT_OPS="$here/../.." >"$work/log" 2>&1
}

echo "KTAP version 1"
echo "1..$((${#cases[@]} + 1))"
status=0
n=1
# Without this, everything could fail for a reason of its own.
if compile /dev/null; then
	echo "ok $n - empty"
else
	sed 's/^/# /' "$work/log"
	echo "not ok $n - empty"
	status=1
fi
for case in "${cases[@]}"; do
	n=$((n + 1))
	if grep -q '^// Without the series' "$here/$case.rs" && grep -qw unregister_bpf_struct_ops "$kdir/Module.symvers"; then
		echo "ok $n - $case # SKIP this kernel has the series"
		continue
	fi
	mark=$(grep -nE '//~[~=]? ' "$here/$case.rs")
	message=${mark#*//~* }
	most=1000000
	[ "$mark" = "${mark#*//~=}" ] || most=1
	place=ui_main.rs:${mark%%:*}:
	[ "$mark" = "${mark#*//~~}" ] || place=$message
	# An error with the message (not only in the author's line, which it shows), and with a place in it
	# that is the line, or a part of it.
	if ! compile "$here/$case.rs" && awk -v message="$message" -v place="$place" -v most="$most" '
		/(^|: )(error|warning)/ { in_error = /error/; said = placed = 0 }
		/^error/ && !/^error: aborting/ { errors++ }
		in_error && index($0, place) { placed = 1 }
		{ sub(/\/\/~.*/, "") }
		in_error && index($0, message) { said = 1 }
		said && placed { found = 1 }
		END { exit !found || errors > most }' "$work/log"; then
		echo "ok $n - $case"
	else
		sed 's/^/# /' "$work/log"
		echo "not ok $n - $case"
		status=1
	fi
done
exit $status
