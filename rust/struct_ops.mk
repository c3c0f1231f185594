# SPDX-License-Identifier: GPL-2.0
# Builds modules that define BPF struct_ops types in Rust. A module's Kbuild needs three lines:
#
#	obj-m := quota.o
#	quota-struct-ops := quota_main.rs
#	include $(STRUCT_OPS)/rust/struct_ops.mk
#
# The second line names the root of the module's Rust crate (not quota.rs: quota.o is the whole
# module). See Documentation/building.md.

struct-ops-dir := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))
struct-ops-mods := $(foreach m,$(obj-m:.o=),$(if $($(m)-struct-ops),$(m)))

# A tree that cannot work is refused before anything is built. `make clean` and modpost include this
# file too, without the kernel's configuration.
ifneq ($(filter %/Makefile.build,$(MAKEFILE_LIST)),)
struct-ops-need = $(if $(CONFIG_$1),,$(error KDIR ($(objtree)) lacks CONFIG_$1: $2))
$(call struct-ops-need,MODULES,it cannot load modules)
$(call struct-ops-need,RUST,the crate struct_ops builds on its Rust crates)
$(call struct-ops-need,BPF_SYSCALL,it has no BPF)
$(call struct-ops-need,BPF_JIT,struct_ops programs are called through JITed trampolines)
$(call struct-ops-need,DEBUG_INFO_BTF,BPF finds struct_ops types by BTF)
$(call struct-ops-need,DEBUG_INFO_BTF_MODULES,modules get no BTF)
struct-ops-file = $(if $(wildcard $(objtree)/$1),,$(error KDIR ($(objtree)) has no $1: $2))
$(call struct-ops-file,rust/libkernel.rmeta,build it first; packaged headers are not enough)
$(call struct-ops-file,vmlinux,build it first; without it modules get no BTF)
struct-ops-has = $(shell grep -cw $1 $(objtree)/Module.symvers)
# In a Kbuild, make takes each of these for something else and says so later, or not at all.
struct-ops-kbuild = $(if $1,$(error Kbuild: $2))
$(foreach v,$(filter %-struct-ops,$(.VARIABLES)),$(call \
	struct-ops-kbuild,$(if $(filter $(v:-struct-ops=.o),$(obj-m) $(obj-)),,no),$v is set but obj-m has no $(v:-struct-ops=.o)))
$(foreach m,$(struct-ops-mods),$(call struct-ops-kbuild,$(filter $m.rs,$($m-struct-ops)),$m-struct-ops is $m.rs \
	but $m.o is the whole module: rename the file to $m_main.rs)$(call \
	struct-ops-kbuild,$(if $(wildcard $(src)/$($m-struct-ops)),,no),$m-struct-ops is $($m-struct-ops) but there is no such file))
# All that depends on what the kernel's registry can do is in struct_ops/registry/level/. Without the series it
# takes types of the kernel's own names for those, so the crate is told their names.
struct-ops-level := series
ifeq ($(call struct-ops-has,unregister_bpf_struct_ops),0)
struct-ops-level := base
$(if $(filter-out 0,$(call struct-ops-has,bpf_struct_ops_for_each_prog)),,$(error KDIR ($(objtree)) has neither \
	unregister_bpf_struct_ops nor bpf_struct_ops_for_each_prog: take Linux 7.3, or apply patches/))
$(info struct_ops: this kernel lacks the series of patches/, so types stay until their module goes)
endif
endif

# With STRUCT_OPS_RUST_ONLY=y, for Clippy, rustdoc and IDEs: the Rust crates, and no module.
ifeq ($(STRUCT_OPS_RUST_ONLY),y)
obj-m :=
struct-ops-crates := $(foreach m,$(struct-ops-mods),$(patsubst %.rs,%.o,$($m-struct-ops)))
always-y += $(struct-ops-crates)
$(addprefix $(obj)/,$(struct-ops-crates) struct_ops/struct_ops.o): part-of-module := y
endif

# --- The procedural macros.

quiet_cmd_struct_ops_macros = $(RUSTC_OR_CLIPPY_QUIET) P $@
      cmd_struct_ops_macros = \
	$(RUSTC_OR_CLIPPY) $(rust_common_flags) \
		-L$(objtree)/rust/host --extern proc_macro2 --extern quote --extern syn \
		-Clinker-flavor=gcc -Clinker=$(HOSTCC) \
		-Clink-args='$(call escsq,$(KBUILD_PROCMACROLDFLAGS))' \
		--emit=dep-info=$(depfile) --emit=link=$@ --extern proc_macro \
		--crate-type proc-macro --crate-name struct_ops_macros \
		@$(objtree)/include/generated/rustc_cfg $<

$(obj)/struct_ops/libstruct_ops_macros.so: $(struct-ops-dir)/macros/lib.rs FORCE
	+$(call if_changed_dep,struct_ops_macros)

# With CONFIG_CC_OPTIMIZE_FOR_SIZE, rustc keeps each instance of a generic function for the crates behind, also if
# it is inlined wherever it is called. None of them needs it.
struct-ops-flags := -Zshare-generics=no

# --- The library crate, an object of every module that uses it.

struct-ops-lib := $(obj)/struct_ops/struct_ops.o
struct-ops-rmeta := $(obj)/struct_ops/libstruct_ops.rmeta

RUSTFLAGS_struct_ops/struct_ops.o := --crate-name struct_ops \
	--emit=metadata=$(struct-ops-rmeta) -L $(obj)/struct_ops --extern struct_ops_macros \
	--cfg struct_ops_$(struct-ops-level) $(struct-ops-flags)
$(struct-ops-lib): export STRUCT_OPS_VMLINUX_TYPES = $(shell tr '\0' '\n' <$(objtree)/vmlinux | \
	LC_ALL=C sed -n 's/^bpf_struct_ops_\([a-zA-Z0-9_]*\)$$/ \1 /p')
# Only one module can be named here, and the crate does not care which.
$(struct-ops-lib): private modfile := struct_ops
$(struct-ops-lib): $(struct-ops-dir)/struct_ops/lib.rs $(obj)/struct_ops/libstruct_ops_macros.so \
		FORCE
	+$(call if_changed_rule,rustc_o_rs)

# --- With STRUCT_OPS_DOC=y: the documentation of the crate, in struct_ops/doc/.

quiet_cmd_struct_ops_doc = RUSTDOC $@
      cmd_struct_ops_doc = \
	OBJTREE=$(abspath $(objtree)) $(RUSTDOC) $(rust_common_flags) \
		$(filter --target=%,$(KBUILD_RUSTFLAGS)) --sysroot=/dev/null -Zunstable-options \
		-Zcrate-attr=no_std -Zcrate-attr='feature($(rust_allowed_features))' \
		--crate-name struct_ops -L$(objtree)/rust -L$(obj)/struct_ops \
		--extern kernel --extern pin_init --extern struct_ops_macros \
		-Drustdoc::broken_intra_doc_links -Drustdoc::private_intra_doc_links \
		@$(objtree)/include/generated/rustc_cfg -o $(obj)/struct_ops/doc $< && \
	find $(obj)/struct_ops/doc -name '*.html' -print0 | xargs -0 \
		sed -Ei 's:<a href="srctree/([^"]+)">:<a href="$(realpath $(srctree))/\1">:g' && touch $@

$(obj)/struct_ops/doc.stamp: $(struct-ops-dir)/struct_ops/lib.rs $(struct-ops-lib) FORCE
	+$(call if_changed,struct_ops_doc)
always-$(STRUCT_OPS_DOC) += struct_ops/doc.stamp
targets += struct_ops/doc.stamp
clean-files += struct_ops/doc struct_ops/doc.stamp

# --- Per module: the C unit, which comes out of the compiled crate.

# BPF looks up the address of a kfunc by its name alone, first among the symbols of the kernel, so none
# may have the name of one. For one with a Caller, it takes the signature from NAME_impl, which pahole makes
# unless there is one.
quiet_cmd_struct_ops_symbols = NM      $@
      cmd_struct_ops_symbols = $(NM) --defined-only --format=posix $< | cut -d' ' -f1 > $@

$(obj)/struct_ops/vmlinux.symbols: $(objtree)/vmlinux FORCE
	$(call if_changed,struct_ops_symbols)

# What rustc has put into a section that the link of the module leaves out. All that a type needs is exported
# to modules under the GPL only: modpost would say so in a line for each symbol (license_is_gpl_compatible()).
quiet_cmd_struct_ops_records = OBJCOPY $@
      cmd_struct_ops_records = \
	$(OBJCOPY) -O binary --only-section=.modinfo $< $@ && \
	if ! tr '\0' '\n' <$@ | grep -qxE \
		'license=(GPL|GPL v2|GPL and additional rights|Dual (BSD|MIT|MPL)/GPL)'; then \
		echo "$(<:.o=.rs): error: the license in module! is none that the kernel takes for the GPL:" \
			"write \"GPL\" or \"Dual MIT/GPL\"" >&2; exit 1; \
	fi && \
	$(OBJCOPY) -O binary --only-section=.discard.struct_ops $< $@ && \
	awk 'function refuse(name, why) { print kfuncs[name] ": error: " why ": rename the kfunc"; bad = 1 } \
		function look(symbol) { \
			if (symbol in kfuncs) refuse(symbol, "the kernel has a symbol " symbol); \
			impl(symbol) \
		} \
		function impl(symbol) { \
			if (symbol in impls) \
				refuse(impls[symbol], "the verifier would check it as " symbol) \
		} \
		NR == FNR && sub(/^\#define STRUCT_OPS_kfunc_/, "") { gsub(/"/, ""); kfuncs[$$1] = $$2 } \
		NR == FNR && /KF_IMPLICIT_ARGS/ && sub(/^KFUNC\(/, "") { \
			sub(/,.*/, ""); impls[$$0 "_impl"] = $$0 \
		} \
		NR == FNR { next } \
		FNR == 1 { for (name in kfuncs) { any = 1; impl(name) } if (!any) exit } \
		{ look($$1) } \
		END { exit bad }' $@ $(obj)/struct_ops/vmlinux.symbols >&2

# Written only when it has changed: a new comment or function body in Rust does not compile it again.
filechk_struct_ops_unit = cat $<

define struct-ops-module
$1-y += $(patsubst %.rs,%.o,$($1-struct-ops)) struct_ops/$1_unit.o struct_ops/struct_ops.o

$(obj)/struct_ops/$1_records.bin: $(obj)/$(patsubst %.rs,%.o,$($1-struct-ops)) \
		$(obj)/struct_ops/vmlinux.symbols FORCE
	$$(call if_changed,struct_ops_records)
$(obj)/struct_ops/$1_unit.h: $(obj)/struct_ops/$1_records.bin FORCE
	$$(call filechk,struct_ops_unit)

CFLAGS_struct_ops/$1_unit.o := -I $(obj)/struct_ops -DSTRUCT_OPS_UNIT='"$1_unit.h"'
$(obj)/struct_ops/$1_unit.o: $(struct-ops-dir)/struct_ops/c/unit.c $(obj)/struct_ops/$1_unit.h FORCE
	$$(call if_changed_rule,cc_o_c)

RUSTFLAGS_$(patsubst %.rs,%.o,$($1-struct-ops)) := -L $(obj)/struct_ops --extern struct_ops $(struct-ops-flags)
$(obj)/$(patsubst %.rs,%.o,$($1-struct-ops)): $(struct-ops-lib)

struct-ops-made += $1_records.bin $1_unit.h
endef
struct-ops-made := libstruct_ops_macros.so vmlinux.symbols
$(foreach m,$(struct-ops-mods),$(eval $(call struct-ops-module,$m)))

targets += $(addprefix struct_ops/,$(struct-ops-made))
clean-files += $(addprefix struct_ops/,$(struct-ops-made) libstruct_ops.rmeta)
