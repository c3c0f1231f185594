// SPDX-License-Identifier: GPL-2.0
// Without the series: the registry would take the kernel's type for it.

#[struct_ops(name = "tcp_congestion_ops")] //~~ the kernel has a struct_ops type of this name
struct CongestionOps {
    decide: fn() -> i32,
}

impl StructOpsType for CongestionOps {}

pub fn register() -> Result {
    KBox::pin_init(register_struct_ops!(CongestionOps), GFP_KERNEL).map(drop)
}
