// SPDX-License-Identifier: GPL-2.0
// A misspelt option names those that there are.

#[struct_ops(slots = SLOT)] //~ `slot = STATIC`
struct Ops {
    call: fn() -> i32,
}
