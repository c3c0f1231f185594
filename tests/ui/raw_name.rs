// SPDX-License-Identifier: GPL-2.0

#[struct_ops]
struct Ops {
    r#match: fn() -> i32, //~ which have no raw identifiers
}
