// SPDX-License-Identifier: GPL-2.0

#[c_union]
union Either {
    number: u64,
    bytes: [u8; 8],
}

fn bytes(either: &Either) -> u8 {
    either.bytes[0] //~ attempted to take value of method `bytes`
}
