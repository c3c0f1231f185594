// SPDX-License-Identifier: GPL-2.0
// A type that is registered needs an implementation of the trait, which may be empty.

#[struct_ops] //~ it needs `#[struct_ops]` before its definition, and `impl StructOpsType for Ops {}`
struct Ops {
    call: fn() -> i32,
}
