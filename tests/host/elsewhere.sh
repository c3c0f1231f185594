#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# elsewhere.sh PROGRAMS: a module that `make new` lays down in a directory of its own. It is built, loaded,
# asked, rebuilt as far as something has changed, and known to an IDE. Runs inside the build root with a
# built KDIR, and prints KTAP.
set -euo pipefail
repo=$(cd "$(dirname "$0")/../.." && pwd)
programs=${1:?usage: elsewhere.sh PROGRAMS}
export PATH=$programs:$PATH
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
module=$work/quota
log=$work/log
count=0

check() { # check NAME CMD...
	local name=$1 verdict=ok
	shift
	"$@" >"$work/output" 2>&1 || {
		verdict='not ok'
		tail -n 10 "$work/output" "$log" | sed 's/^/# /'
	}
	echo "$verdict $((++count)) $name"
}

build() { make -C "$KDIR" M="$module" STRUCT_OPS="$repo" "$@" >"$log" 2>&1; }
did() { grep -qE "^ +($1) .*$2" "$log"; }
in_btf() { bpftool btf dump -B "$KDIR/vmlinux" file "$module/quota.ko" | grep "'$1'"; }

# Changes the file at the same place; Kbuild looks at times.
change() { sed -i "$1" "$module/quota_main.rs" && build; }

# The three lines that the page gives are those of the sample.
three_lines() {
	diff <(awk '/^```make/ { on = 1; next } on && /^```/ { exit } on' "$repo/Documentation/building.md") \
		<(grep -v '^#' "$module/Kbuild")
}
new() { make -C "$repo" new NAME=quota DIR="$module"; }
leaves_alone() { ! new && ! make -C "$repo" new NAME=No-Name DIR="$work/no" && [ ! -e "$work/no" ]; }
formatted() { rustfmt --edition 2021 --check "$module/quota_main.rs"; }
# As its README.md says. The second program refuses.
loads() {
	make -C "$module" >"$log" 2>&1 || return
	mkdir "$work/refuses" && cp "$module"/{Makefile,quota.bpf.c,quota.h,vmlinux.h} "$work/refuses" || return
	sed -i 's/? 0/? -EPERM/' "$work/refuses/quota.bpf.c"
	make -C "$work/refuses" -o quota.h -o vmlinux.h quota.bpf.o >>"$log" 2>&1 || return
	cat >"$work/guest" <<-'END'
		set -e
		insmod "$1/quota.ko"
		"$2/struct-ops" attach "$1/quota.bpf.o" --pin /sys/fs/bpf
		"$2/struct-ops" list
		if rmmod quota; then exit 1; fi
		rm /sys/fs/bpf/policy
		if "$2/struct-ops" attach "$3/quota.bpf.o" --pin /sys/fs/bpf; then exit 1; fi
		until rmmod quota; do sleep 0.1; done
	END
	"$repo/scripts/vm.sh" "$KDIR" bash "$work/guest" "$module" "$programs" "$work/refuses" >>"$log" 2>&1 &&
		grep '^policy: quota_ops of quota' "$log" && grep 'policy.*Operation not permitted' "$log"
}

header_compiles() {
	local args=(-g -O2 -Wall -Werror -fms-extensions -Wno-microsoft-anon-tag -I"$module" -target bpf -x c -c -o /dev/null -)
	clang "${args[@]}" <<<'#include "quota.h"
		struct quota_ops ops;' &&
		clang "${args[@]}" <<<'#include "vmlinux.h"
			#include "quota.h"
			struct quota_ops ops;'
}
builds() { build && in_btf bpf_struct_ops_quota_ops; }
rests() { build && ! did '[A-Z]+( \[M\])?' ''; }
keeps_the_unit() {
	change 's/42/43/; s|^/// What a program.*|& Or not.|' && did 'RUSTC \[M\]' quota_main.o &&
		! did 'UPD|CC \[M\]' quota_unit
}
regenerates() {
	change 's/^struct QuotaOps {/&\n    limit: u64,/' && did UPD quota_unit.h &&
		did 'CC \[M\]' quota_unit.o && in_btf limit
}
# One number that rustc has put into the object is wrong: C must not accept it.
disagrees() {
	sed -i 's/\(may_attach) == \)8/\19/' "$module/quota_main.o" && ! build &&
		grep 'quota_main.rs:.*error: .*C and Rust disagree about may_attach of struct quota_ops' "$log" &&
		change 's/43/44/'
}
for_an_ide() {
	build rust-analyzer && "$repo/scripts/rust-analyzer.py" "$module" "$module" &&
		python3 - "$module/rust-project.json" <<'END'
import json, os, sys
crates = json.load(open(sys.argv[1]))["crates"]
names = [crate["display_name"] for crate in crates]
for crate in crates:
    assert os.path.isfile(crate["root_module"]), crate["root_module"]
    assert all(dep["crate"] < len(crates) for dep in crate["deps"]), crate
ours = crates[names.index("quota")]
deps = {dep["name"]: names[dep["crate"]] for dep in ours["deps"]}
assert deps["struct_ops"] == "struct_ops", deps
assert os.path.isfile(crates[names.index("struct_ops_macros")]["proc_macro_dylib_path"])
END
}
cleans_up() {
	rm -f "$module/rust-project.json" && make -C "$module" clean &&
		diff <(printf '%s\n' Kbuild Makefile README.md dkms.conf quota.bpf.c quota_main.rs) <(cd "$module" && find . -type f -printf '%P\n' | sort)
}

echo "KTAP version 1"
check "make new lays down a module" new
check "make new refuses a directory with files, and what is no name" leaves_alone
check "its Kbuild has the three lines of building.md" three_lines
check "its Rust is formatted" formatted
check "it is built" builds
check "it is loaded, its program is attached, and one that refuses is not" loads
check "its header stands alone, and behind that of the kernel" header_compiles
check "nothing is done when nothing has changed" rests
check "the C unit says where it comes from" grep quota_main.rs "$module/struct_ops/quota_unit.h"
check "a comment or a function body leaves the C unit alone" keeps_the_unit
check "a changed definition regenerates it" regenerates
check "nothing is done when nothing has changed since" rests
check "C refuses a layout that is not its own" disagrees
check "an IDE finds all crates" for_an_ide
check "clean leaves what the author wrote" cleans_up
echo "1..$count"
