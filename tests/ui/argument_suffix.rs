// SPDX-License-Identifier: GPL-2.0

#[struct_ops]
struct Ops {
    decide: fn(task__ref: &Task) -> i32, //~ the verifier would read rules from this name
}
