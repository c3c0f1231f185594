// SPDX-License-Identifier: GPL-2.0

#[c_struct]
#[rustfmt::skip]
struct BpfPerfEventData { //~ redefinition of
    sample_period: u64,
}
