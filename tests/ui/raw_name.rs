// SPDX-License-Identifier: GPL-2.0

#[struct_ops]
struct Ops {
    r#break: fn() -> i32, //~ where `break` is a keyword
}
