// SPDX-License-Identifier: GPL-2.0

#[c_struct]
#[rustfmt::skip]
struct BpfPerfEventData { //~ the verifier takes a struct of this name for the context of a program
    sample_period: u64,
}
