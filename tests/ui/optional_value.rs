// SPDX-License-Identifier: GPL-2.0

#[struct_ops]
struct Ops {
    decide: fn() -> i32,
    #[optional]
    limit: u64, //~ only a callback can be
}
