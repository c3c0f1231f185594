// SPDX-License-Identifier: GPL-2.0

#[struct_ops]
struct Ops {
    #[private_stack]
    pick: fn() -> Option<ARef<Task>>, //~ a callback with `#[private_stack]` cannot take or return
}

impl StructOpsType for Ops {}
