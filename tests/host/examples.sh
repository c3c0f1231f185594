#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The examples of the documentation: they become one module, each in a Rust module of its own, which
# is built and inserted in a guest. A function `example` in one of them is run. Runs inside the build
# root with a built KDIR, and prints KTAP.
#
# As to rustdoc, a block without a language is Rust in a `.rs` file, and `# ` begins a line that
# readers do not see. A `module!` in an example is left out: the examples are one module together.
# The C of Documentation/coming-from-c.md is built next to it.
set -euo pipefail
repo=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$repo"

cat >"$work/Kbuild" <<'END'
obj-m := examples.o bell_c.o
examples-struct-ops := examples_main.rs
include $(STRUCT_OPS)/rust/struct_ops.mk
END

extract() { # extract FILE...: prints the source of the module
	cat <<'END'
#![allow(dead_code, unused_imports)]
#![deny(unsafe_code)]
END
	awk '
		function number() { return sprintf("example_%d", count) }
		{ text = $0 }
		FILENAME ~ /\.rs$/ { if (!sub(/^ *\/\/[\/!] ?/, "", text)) { on = 0; next } }
		text ~ /^```/ && on { print "}"; on = 0; next }
		text == "```" && FILENAME ~ /\.rs$/ && !other || text == "```rust" {
			count++
			print "mod " number() " {", "// " FILENAME ":" FNR
			print "use kernel::prelude::*; use struct_ops::prelude::*;"
			on = 1
			next
		}
		text ~ /^```/ { other = !other; next }
		!on { next }
		text ~ /^module! \{/ { left_out = 1 }
		left_out { left_out = text !~ /\}$/; next }
		{ sub(/^#( |$)/, "", text); sub(/^fn example\(/, "pub &", text); print text }
		text ~ /fn example\(\)/ { run = run "        " number() "::example()?;\n" }
		END {
			print "struct Examples;"
			print "use kernel::prelude::*;", "impl kernel::Module for Examples {"
			print "    fn init(_module: &\047static ThisModule) -> Result<Self> {"
			printf "%s", run
			print "        Ok(Examples)\n    }\n}"
		}' "$@"
	cat <<'END'
module! { type: Examples, name: "examples", authors: ["The examples"],
    description: "The examples of the documentation", license: "GPL", }
END
}

report() { # report NUMBER NAME CMD...
	local line="$1 - $2"
	shift 2
	if "$@" >"$work/output" 2>&1; then
		echo "ok $line"
	else
		tail -n 40 "$work/output" | sed 's/^/# /'
		echo "not ok $line"
	fi
}

mapfile -t sources < <(git ls-files 'rust/struct_ops/*.rs')
extract "${sources[@]}" rust/macros/lib.rs Documentation/coming-from-c.md >"$work/examples_main.rs"
awk '/^```c$/ { on = 1; next } /^```/ { on = 0 } on' Documentation/coming-from-c.md >"$work/bell_c.c"
count=$(grep -c '^mod example_' "$work/examples_main.rs")
runs=$(grep -c '::example()?;' "$work/examples_main.rs")
echo "KTAP version 1"
echo "1..2"
report 1 "$count examples compile, and the module in C" make -C "$KDIR" M="$work" STRUCT_OPS="$repo" modules
report 2 "$runs of them run" scripts/vm.sh "$KDIR" insmod "$work/examples.ko"
