// SPDX-License-Identifier: GPL-2.0

#[c_enum]
enum Mood {
    Wild(u32), //~ it has no fields
}
