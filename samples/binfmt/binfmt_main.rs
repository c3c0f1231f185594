// SPDX-License-Identifier: GPL-2.0

//! BPF programs choose what a file is run with: what `fs/binfmt_misc_bpf.c` does, as a format of its own.
//!
//! See `Documentation/binfmt.md`.

#![deny(unsafe_code)]

use kernel::prelude::*;
use struct_ops::{
    exec::{
        BinaryFormat,
        Binprm,
        FormatRegistration, //
    },
    prelude::*,
    Flags,
    SharedText, //
};

module! {
    type: Binfmt,
    name: "binfmt",
    authors: ["The struct_ops-in-Rust authors"],
    description: "BPF programs choose what a file is run with",
    license: "GPL",
}

/// Files that a program knows how to run.
#[struct_ops(kernel = "linux/binfmt_misc.h", slot = FORMATS)]
struct BinfmtMiscOps {
    /// Is it such a file?
    #[sleepable]
    r#match: fn(bprm: &Binprm) -> bool,
    /// Chooses an interpreter.
    #[sleepable]
    load: fn(bprm: &Binprm) -> i32,
    name: Name<16>,
}

static FORMATS: Many<BinfmtMiscOps, 16, Srcu> = Many::unique(|one, two| one.name() == two.name());

impl StructOpsType for BinfmtMiscOps {}

/// What a program can ask for.
#[c_enum(kernel = "linux/binfmt_misc.h", prefix = "BPF_BINPRM_")]
enum BpfBinprmFlags {
    PreserveArgv0 = 1,
    Credentials = 2,
    Execfd = 4,
    Transparent = 8,
    Loader = 16,
}

fn errno(result: Result) -> i32 {
    result.map_or_else(Error::to_errno, |()| 0)
}

#[kfunc(only(BinfmtMiscOps::load), sleepable)]
fn bpf_binprm_set_interp(bprm: &Binprm, path: &SharedText) -> i32 {
    let path = path.to_cstring(Binprm::PATH_MAX);
    errno(path.and_then(|path| bprm.set_interpreter(&path)))
}

/// Nobody can bind interpreters to a format here.
#[kfunc(only(BinfmtMiscOps::load), sleepable)]
fn bpf_binprm_select_interp(_bprm: &Binprm, _name: &SharedText) -> i32 {
    ENOENT.to_errno()
}

#[kfunc(only(BinfmtMiscOps::load), sleepable)]
fn bpf_binprm_set_interp_arg(bprm: &Binprm, arg: &SharedText) -> i32 {
    let arg = arg.to_cstring(Binprm::PATH_MAX);
    errno(arg.and_then(|arg| bprm.set_argument(&arg)))
}

#[kfunc(only(BinfmtMiscOps::load), sleepable)]
fn bpf_binprm_set_flags(bprm: &Binprm, flags: Flags<BpfBinprmFlags>) -> i32 {
    errno(bprm.set_flags(flags.bits()))
}

/// What the kernel takes for one format.
struct Programs;

impl BinaryFormat for Programs {
    fn load(file: &Binprm) -> Result<bool> {
        let mut answer = None;
        FORMATS.for_each(|format| {
            if answer.is_none() && format.r#match(file) {
                answer = Some(format.load(file));
            }
        });
        match answer {
            None => Ok(false),
            Some(0) => Ok(true),
            // An error that is none of the kernel's is taken for this one.
            Some(error @ -4095..0) => Err(Error::from_errno(error)),
            Some(_) => Err(ENOEXEC),
        }
    }
}

#[pin_data]
struct Binfmt {
    _format: FormatRegistration<Programs>,
    #[pin]
    _ops: Registration<BinfmtMiscOps>,
}

impl kernel::InPlaceModule for Binfmt {
    fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            _: { register_kfuncs()? },
            _format: FormatRegistration::new()?,
            _ops <- register_struct_ops!(BinfmtMiscOps),
        })
    }
}
