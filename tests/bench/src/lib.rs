// SPDX-License-Identifier: GPL-2.0

//! A plugin of QEMU: which cache lines does more than one processor write to, again and again?
//!
//! `-plugin libshared_stores.so,above=N,out=FILE` writes to FILE how many lines have been written to by each
//! of at least two processors more than N times, and which. Only stores of the kernel are counted, and only
//! while a program wants them to be: from one instruction without effect to another, see [`BEGIN`].

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{
    AtomicBool,
    Ordering, //
};
use std::sync::{
    Arc,
    Mutex, //
};

use anyhow::{
    Context,
    Result, //
};
use ctor::ctor;
use qemu_plugin::install::{
    Args,
    Info,
    Value, //
};
use qemu_plugin::plugin::{
    HasCallbacks,
    Plugin,
    Register,
    PLUGIN, //
};
use qemu_plugin::{
    qemu_plugin_register_atexit_cb,
    MemRW,
    PluginId,
    TranslationBlock, //
};

/// Where the kernel begins.
const KERNEL: u64 = 0xffff_8000_0000_0000;
/// Bytes of a cache line, as a shift.
const LINE: u32 = 6;
const CPUS: usize = 8;

/// `nop dword ptr [rax + N]` with these numbers: what begins and ends the counting. The benchmark has the same
/// (`tests/guest/src/bin/bench/calls.rs`).
const BEGIN: [u8; 7] = mark(0x51a27);
const END: [u8; 7] = mark(0x51a28);

/// The bytes of `nop dword ptr [rax + number]`.
const fn mark(number: i32) -> [u8; 7] {
    let [a, b, c, d] = number.to_le_bytes();
    [0x0f, 0x1f, 0x80, a, b, c, d]
}

/// How often each processor has written to each line.
type Counts = Arc<Mutex<HashMap<u64, [u64; CPUS]>>>;

#[derive(Default)]
struct SharedStores {
    counts: Counts,
    counting: Arc<AtomicBool>,
}

/// The lines that at least two processors have written to more than `above` times.
fn shared(counts: &HashMap<u64, [u64; CPUS]>, above: u64) -> Vec<String> {
    let often = |each: &[u64; CPUS]| each.iter().filter(|count| **count > above).count() > 1;
    let mut lines: Vec<_> = counts.iter().filter(|(_, each)| often(each)).collect();
    lines.sort();
    lines
        .into_iter()
        .map(|(line, each)| format!("{:#x} {each:?}\n", line << LINE))
        .collect()
}

impl Register for SharedStores {
    fn register(&mut self, id: PluginId, args: &Args, _info: &Info) -> Result<()> {
        let Some(Value::Integer(above)) = args.parsed.get("above") else {
            anyhow::bail!("above= is missing");
        };
        let Some(Value::String(out)) = args.parsed.get("out") else {
            anyhow::bail!("out= is missing");
        };
        let (above, out, counts) = (*above as u64, PathBuf::from(out), self.counts.clone());
        qemu_plugin_register_atexit_cb(id, move |_| {
            let lines = shared(&counts.lock().unwrap(), above);
            let text = format!("{}\n{}", lines.len(), lines.concat());
            fs::write(&out, text).expect("cannot write to out=");
        })?;
        Ok(())
    }
}

impl HasCallbacks for SharedStores {
    fn on_translation_block_translate(&mut self, _: PluginId, tb: TranslationBlock) -> Result<()> {
        for insn in tb.instructions() {
            if tb.vaddr() < KERNEL {
                // It is translated right before it is executed for the first time.
                let data = insn.data();
                if data == BEGIN || data == END {
                    self.counting.store(data == BEGIN, Ordering::Relaxed);
                }
                continue;
            }
            let (counts, counting) = (self.counts.clone(), self.counting.clone());
            insn.register_memory_access_callback(
                move |cpu, _, address| {
                    if counting.load(Ordering::Relaxed) {
                        let mut counts = counts.lock().unwrap();
                        counts.entry(address >> LINE).or_default()[cpu as usize % CPUS] += 1;
                    }
                },
                MemRW::QEMU_PLUGIN_MEM_W,
            );
        }
        Ok(())
    }
}

impl Plugin for SharedStores {}

#[ctor]
fn init() {
    let plugin = PLUGIN.set(Mutex::new(Box::new(SharedStores::default())));
    plugin
        .ok()
        .context("another plugin is there")
        .expect("QEMU loads this once");
}
