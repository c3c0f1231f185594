# SPDX-License-Identifier: GPL-2.0
# Builds modules that define BPF struct_ops types in Rust. A module's Kbuild needs three lines:
#
#	obj-m := quota.o
#	quota-struct-ops := quota_main.rs
#	include $(STRUCT_OPS)/rust/struct_ops.mk
#
# The second line names the root of the module's Rust crate (not quota.rs: quota.o is the whole
# module), followed by further files with definitions, if any. See Documentation/building.md.

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
ifeq ($(shell grep -w unregister_bpf_struct_ops $(objtree)/Module.symvers 2>/dev/null),)
$(error KDIR ($(objtree)) lacks unregister_bpf_struct_ops: apply patches/ and rebuild it; without \
	the series a module that defines a struct_ops type cannot be unloaded safely)
endif
endif

# --- Host side: the procedural macros, and the generator that shares their parser.

struct-ops-host-flags = -L$(objtree)/rust/host --extern proc_macro2 --extern quote --extern syn \
	-Clinker-flavor=gcc -Clinker=$(HOSTCC)

quiet_cmd_struct_ops_macros = $(RUSTC_OR_CLIPPY_QUIET) P $@
      cmd_struct_ops_macros = \
	$(RUSTC_OR_CLIPPY) $(rust_common_flags) $(struct-ops-host-flags) \
		-Clink-args='$(call escsq,$(KBUILD_PROCMACROLDFLAGS))' \
		--emit=dep-info=$(depfile) --emit=link=$@ --extern proc_macro \
		--crate-type proc-macro --crate-name struct_ops_macros \
		@$(objtree)/include/generated/rustc_cfg $<

$(obj)/struct_ops/libstruct_ops_macros.so: $(struct-ops-dir)/macros/lib.rs FORCE
	+$(call if_changed_dep,struct_ops_macros)

quiet_cmd_struct_ops_host = $(RUSTC_OR_CLIPPY_QUIET) H $@
      cmd_struct_ops_host = \
	$(RUSTC_OR_CLIPPY) $(rust_common_flags) $(struct-ops-host-flags) \
		--emit=dep-info=$(depfile) --emit=link=$@ --crate-type bin $<

$(obj)/struct_ops/generate: $(struct-ops-dir)/macros/generate.rs FORCE
	+$(call if_changed_dep,struct_ops_host)

# --- The library crate, an object of every module that uses it.

struct-ops-lib := $(obj)/struct_ops/struct_ops.o
struct-ops-rmeta := $(obj)/struct_ops/libstruct_ops.rmeta

RUSTFLAGS_struct_ops/struct_ops.o := --crate-name struct_ops \
	--emit=metadata=$(struct-ops-rmeta) -L $(obj)/struct_ops --extern struct_ops_macros
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

# --- Per module: C unit, what bindgen makes of it, and a crate of that without code.

# Written only when it changes, so that a comment or a function body does not rebuild the rest. The
# kernel's BTF says which structs it has, by whose names the module's must not go.
filechk_struct_ops_unit = $< $(objtree)/vmlinux $(src) $(patsubst $(src)/%,%,$(filter-out $<,$(real-prereqs)))

# What decides about types; flags that clang does not know must not pass.
struct-ops-c-flags = $(NOSTDINC_FLAGS) $(LINUXINCLUDE) $(KBUILD_CPPFLAGS) \
	-include $(srctree)/include/linux/compiler_types.h \
	$(filter -std=% -fms-extensions -funsigned-char -fshort-wchar -m64 -D%,$(KBUILD_CFLAGS)) \
	-DMODULE -D__BINDGEN__ -DKBUILD_MODNAME='"struct_ops"' -DKBUILD_BASENAME='"struct_ops"' \
	-fno-builtin -w --target=$(struct-ops-target-$(SRCARCH))
struct-ops-target-x86 := x86_64-linux-gnu
struct-ops-target-arm64 := aarch64-linux-gnu

quiet_cmd_struct_ops_bindgen = BINDGEN $@
      cmd_struct_ops_bindgen = \
	$(BINDGEN) $< --rust-target 1.85 --use-core --ctypes-prefix ::kernel::ffi \
		--no-layout-tests --no-doc-comments --no-derive-debug --no-derive-default \
		--no-recursive-allowlist --allowlist-file '.*/$(<F)' \
		--raw-line '//! What the C compiler sees of the module.' \
		--raw-line '\#![allow(clippy::all, clippy::ptr_as_ptr, clippy::ref_as_ptr)]' \
		--raw-line '\#![allow(dead_code, missing_docs, unreachable_pub, unused_imports)]' \
		--raw-line '\#![allow(non_camel_case_types, non_upper_case_globals)]' \
		--raw-line '\#![allow(improper_ctypes, unsafe_op_in_unsafe_fn)]' \
		--raw-line 'use ::kernel::bindings::*;' \
		-o $@ -- -Wp,-MMD,$(depfile) $(struct-ops-c-flags)

quiet_cmd_struct_ops_abi = $(RUSTC_OR_CLIPPY_QUIET) L $@
      cmd_struct_ops_abi = \
	$(rust_common_cmd) --crate-name $(basename $(<F)) --emit=metadata=$@ $<

define struct-ops-module
$1-y += $(patsubst %.rs,%.o,$(firstword $($1-struct-ops))) struct_ops/$1_abi.o \
	struct_ops/struct_ops.o

$(obj)/struct_ops/$1_abi.c: $(obj)/struct_ops/generate $(addprefix $(src)/,$($1-struct-ops)) FORCE
	$$(call filechk,struct_ops_unit)
$(obj)/struct_ops/$1_abi.rs: $(obj)/struct_ops/$1_abi.c FORCE
	$$(call if_changed_dep,struct_ops_bindgen)
$(obj)/struct_ops/lib$1_abi.rmeta: private modfile := struct_ops
$(obj)/struct_ops/lib$1_abi.rmeta: $(obj)/struct_ops/$1_abi.rs FORCE
	+$$(call if_changed_dep,struct_ops_abi)

RUSTFLAGS_$(patsubst %.rs,%.o,$(firstword $($1-struct-ops))) := \
	-L $(obj)/struct_ops --extern struct_ops \
	--extern struct_ops_abi=$(obj)/struct_ops/lib$1_abi.rmeta
$(addprefix $(obj)/,$(patsubst %.rs,%.o,$(firstword $($1-struct-ops)))): \
	$(obj)/struct_ops/lib$1_abi.rmeta $(struct-ops-lib)

struct-ops-made += $1_abi.c $1_abi.rs lib$1_abi.rmeta
endef
struct-ops-made := libstruct_ops_macros.so generate
$(foreach m,$(struct-ops-mods),$(eval $(call struct-ops-module,$m)))

targets += $(addprefix struct_ops/,$(struct-ops-made))
clean-files += $(addprefix struct_ops/,$(struct-ops-made) libstruct_ops.rmeta)
