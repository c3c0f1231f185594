// SPDX-License-Identifier: GPL-2.0

//! What libbpf has said, kept for when something fails: its errors are bare numbers.

use std::sync::Mutex;

use libbpf_rs::{
    set_print,
    PrintLevel, //
};

static SAID: Mutex<String> = Mutex::new(String::new());

fn keep(_: PrintLevel, text: String) {
    if let Ok(mut said) = SAID.lock() {
        said.push_str(&text);
    }
}

/// Calls `f`, and returns what libbpf has warned of meanwhile.
pub fn listen<R>(f: impl FnOnce() -> R) -> (R, String) {
    let before = set_print(Some((PrintLevel::Warn, keep)));
    let result = f();
    set_print(before);
    let said = SAID.lock().map(|mut said| std::mem::take(&mut *said));
    let said = said.unwrap_or_default();
    // Who has asked for more wants to see it.
    if let Some((_, print)) = before {
        print(PrintLevel::Warn, said.clone());
    }
    (result, said)
}
