// SPDX-License-Identifier: GPL-2.0

#[struct_ops]
struct Ops {
    allowed: fn() -> bool, //~ this type cannot be returned
}
