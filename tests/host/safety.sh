#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Documentation/safety.md against the sources: every public item of the crate is in its table, every
# test that the table names exists, and every public type, trait and macro has an example in its
# documentation. Prints KTAP.
# shellcheck disable=SC2016,SC2046 # the backticks are Markdown's; no name of a source has a space
set -euo pipefail
cd "$(dirname "$0")/../.."
page=Documentation/safety.md
count=0

# Prints `ITEM yes` or `ITEM no`: has it an example? Methods stand with their type: `Exclusive::with`.
items() {
	awk '
		function item(name) { if (!hidden) print name, example ? "yes" : "no" }
		/^ *\/\/\// { if (/```/) example = 1; next }
		/^ *#\[doc\(hidden\)\]/ { hidden = 1; next }
		/^ *#\[macro_export\]/ { exported = 1; next }
		/^ *#\[proc_macro_attribute\]/ { macro = 1; next }
		/^ *(#\[|message = |label = |note = |\)\])/ { next }
		/^impl/ && / for / { type = "" }
		/^impl/ && !/ for / {
			type = $0
			sub(/ *\{.*$/, "", type); while (sub(/<[^<>]*>/, "", type)); sub(/^.* /, "", type)
			if (type in secret) type = ""
		}
		/^pub (unsafe )?(struct|enum|trait) / {
			name = $0
			sub(/^pub (unsafe )?(struct|enum|trait) /, "", name); sub(/[^A-Za-z0-9_].*$/, "", name)
			item(name)
			if (hidden) secret[name]
			trait = / trait /
			type = trait && !hidden ? name : ""
		}
		/^macro_rules! / && exported { name = $2; item(name "!") }
		!macro && FILENAME ~ /struct_ops\// && /^pub (const )?(unsafe )?fn / {
			name = $0
			sub(/^.*fn /, "", name); sub(/[^a-z0-9_].*$/, "", name)
			item(name "()")
		}
		macro && /^pub fn / { name = $3; sub(/\(.*/, "", name); item("#[" name "]") }
		type != "" && /^    (pub )?(const )?(unsafe )?fn / && (trait || /^    pub /) {
			name = $0
			sub(/^.*fn /, "", name); sub(/[^a-z0-9_].*$/, "", name)
			example = 1 # that of the type is enough
			item(type "::" name)
		}
		/^}/ { type = ""; trait = 0 }
		{ example = hidden = exported = macro = 0 }' $(git ls-files 'rust/struct_ops/*.rs') rust/macros/lib.rs
}

check() { # check NAME CMD...: CMD prints what is wrong
	local name=$1 verdict=ok
	shift
	"$@" | sed 's/^/# /' | grep . && verdict='not ok'
	echo "$verdict $((++count)) $name"
}

unlisted() {
	items | while read -r item _; do
		grep '^|' "$page" | cut -d'|' -f2 | grep -qF "\`$item\`" || echo "$item is not in the table of $page"
	done
}

gone() {
	grep '^| `' "$page" | cut -d'|' -f2 | grep -o '`[^`]*`' | tr -d '`' | while read -r item; do
		items | grep -qF "$item " || echo "$item is in the table of $page, but not in the crate"
	done
}

without_test() {
	grep '^| `' "$page" | while IFS='|' read -r _ item _ tests _; do
		[[ $tests = *\`*\`* ]] || echo "no test for$item"
		grep -o '`[^`]*`' <<<"$tests" | tr -d '`' | while IFS=/ read -r suite name; do
			case $suite in
			ui) [ -e "tests/ui/$name.rs" ] ;;
			guest) grep -rqE "^fn $name\(" tests/guest/src ;;
			kselftest) grep -qw "$name" tests/kselftest/tests ;;
			host) [ -e "tests/host/$name.sh" ] ;;
			*) false ;;
			esac || echo "no test $suite/$name"
		done
	done
}

without_example() { items | awk '$2 == "no" { print $1 " has no example" }'; }

echo "KTAP version 1"
check "every public item is in the table of $page" unlisted
check "the table has no item that is gone" gone
check "the tests that it names exist" without_test
check "every public item has an example" without_example
echo "1..$count"
