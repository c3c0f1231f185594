// SPDX-License-Identifier: GPL-2.0

#[c_enum(kernel = "linux/pid_types.h", prefix = "PIDTYPE_")]
#[allow(dead_code)]
enum PidType {
    Tgid, //~ C and Rust disagree about PIDTYPE_TGID
}
