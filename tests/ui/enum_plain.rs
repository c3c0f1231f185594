// SPDX-License-Identifier: GPL-2.0

#[c_enum]
enum Mood {
    Calm,
}

#[c_struct]
struct Animal {
    mood: Mood, //~ programs may write bytes that are no `Mood`
}
