// SPDX-License-Identifier: GPL-2.0

#[struct_ops]
struct Ops {
    #[clamp(EWHATEVER)] //~ cannot find value `EWHATEVER`
    decide: fn() -> i32,
}
