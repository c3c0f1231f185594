// SPDX-License-Identifier: GPL-2.0

//! Procedural macros of the `struct_ops` crate, which documents and re-exports them.

// Shared with `generate.rs`, which uses other parts of them.
#[allow(dead_code)]
mod c_struct;
#[allow(dead_code)]
mod callback;
#[allow(dead_code)]
mod definition;
mod expand;
mod expand_abi;
mod expand_call;
mod expand_kfunc;
mod expand_struct;
mod flags;
#[allow(dead_code)]
mod kfunc;
mod names;
#[allow(dead_code)]
mod passing;
#[allow(dead_code)]
mod types;

use proc_macro::TokenStream;
use syn::{
    parse_macro_input,
    ItemFn,
    ItemStruct, //
};

/// Defines a struct_ops type.
///
/// Put it on a struct with named members. A member of type `fn(…)` is a callback that BPF programs
/// implement; any other member is a value that user space sets before it loads the map.
///
/// ```
/// #[struct_ops(name = "ledger", slot = LEDGER)]
/// pub struct LedgerOps {
///     /// Charges `bytes` to `task`; a non-zero value denies.
///     charge: fn(task: Option<&Task>, bytes: u64) -> i32,
///     /// May be left out by the program, and may sleep.
///     #[optional]
///     #[sleepable]
///     settled: fn(id: u32),
///     limit: u64,
/// }
///
/// static LEDGER: Exclusive<LedgerOps, Srcu> = Exclusive::new();
///
/// impl StructOpsType for LedgerOps {}
/// ```
///
/// # Options
///
/// - `name = "…"`: the name that the kernel and BPF know; without it the Rust name in snake case.
/// - `slot = STATIC`: where attached programs are held and called from, see `struct_ops::Slot`.
///
/// # Members
///
/// - `#[optional]`: a program may leave the callback out; the call then returns [`None`].
/// - `#[unsupported]`: the callback is there for the layout; no program may implement it.
/// - `#[sleepable]`: a sleepable program may implement the callback.
/// - `#[private_stack]`: the program gets a stack of its own on each CPU, so it does not add to that
///   of its caller, and is not run again on a CPU where it runs: that call returns any value.
/// - `#[deny(ktime_get_ns, …)]`: helpers, without `bpf_`, that programs for the callback may not call.
///   Others are those of `bpf_base_func_proto()`. None can be added: the kernel exports no
///   `struct bpf_func_proto` to modules (see Documentation/safety.md).
/// - `#[prologue(f)]`: what runs before programs for the callback; `f` chooses, see
///   `struct_ops::Prologue`.
/// - `#[epilogue(f)]`: what runs after them, see `struct_ops::Epilogue`.
/// - `#[clamp(EPROTO)]`: the callback returns 0 or a negative `errno`. A program may return any
///   number; one above 0 or below `-MAX_ERRNO` becomes `-EPROTO` (or any other error of
///   `kernel::error::code`). Without it the caller gets what the program returned.
/// - `#[private]`: user space has to leave this value zero.
///
/// A member of type `ModulePtr` is the pointer to the module, which the kernel sets.
///
/// Arguments are integers, `bool`, `&T`, `Option<&T>` (nullable: the verifier makes the program
/// check) and `ARef<T>` (owned: the verifier makes the program release it). `T` is a kernel type,
/// such as `Task`, or a struct of the same file with `#[c_struct]`. If that is refcounted, they are
/// `&Arc<T>` and `Arc<T>` (owned). What kfuncs may write to is a `&Shared<T>`. A `#[c_struct]` of up
/// to 16 bytes can also be passed by value, and an address in the program's arena as `Arena<u64>` or
/// `Option<Arena<u64>>` (nullable). Callbacks return a 32- or 64-bit integer, `Option<ARef<T>>`,
/// `Option<Arc<T>>`, or nothing. A callback with an `ARef<T>` can be called if `T` is
/// `struct_ops::BpfCounted`.
///
/// # Expansion
///
/// The struct becomes a view of the C table of the same name, with one method per member: for a
/// value on `&self`, for a callback on `&Ops<Self>`. An implementation of `struct_ops::StructOps`
/// describes it, and constants that do not compile if C and Rust disagree about a type, an offset
/// or a signature.
#[proc_macro_attribute]
pub fn struct_ops(options: TokenStream, input: TokenStream) -> TokenStream {
    let options = parse_macro_input!(options as definition::Options);
    let item = parse_macro_input!(input as ItemStruct);
    definition::Definition::parse(options, item)
        .map(expand::struct_ops)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// Shares a plain struct with C and BPF.
///
/// The struct gets the layout of C, and C gets a struct of the same name in snake case. It can then
/// stand in a `#[struct_ops]` table of the same file, or behind a reference in an argument.
///
/// Programs may write to a field with `#[writable]` if their callback takes the struct as
/// `&Shared<T>`.
///
/// With `#[c_struct(refcounted)]`, programs hold references to it, and it is in an `Arc`: see
/// `struct_ops::Refcounted`. They can read its fields. Those with `#[private]` can be of any type; they come
/// after the others, and C and BPF do not know them.
///
/// A struct that `vmlinux` has as well, by name and fields, does not compile: BTF describes both once,
/// so a program could pass the kernel's where the module takes its own.
///
/// ```
/// #[c_struct]
/// pub struct Version {
///     major: u32,
///     minor: u32,
/// }
///
/// #[struct_ops]
/// pub struct PluginOps {
///     /// Set by user space.
///     version: Version,
///     start: fn() -> i32,
/// }
///
/// impl StructOpsType for PluginOps {
///     fn validate(ops: &Self) -> Result {
///         if ops.version().major != 1 {
///             return Err(EOPNOTSUPP);
///         }
///         Ok(())
///     }
/// }
/// ```
///
/// # Expansion
///
/// `#[repr(C)]`, an implementation of `struct_ops::CType`, and constants that do not compile if C
/// and Rust disagree about the layout.
#[proc_macro_attribute]
pub fn c_struct(options: TokenStream, input: TokenStream) -> TokenStream {
    let options = parse_macro_input!(options as c_struct::Options);
    let item = parse_macro_input!(input as ItemStruct);
    c_struct::CStruct::parse(options, item)
        .map(expand_struct::c_struct)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// Lets programs call a function of the module.
///
/// ```
/// # #[struct_ops(slot = TILL)]
/// # struct TillOps {
/// #     release: fn(bytes: u64) -> i32,
/// # }
/// # static TILL: Exclusive<TillOps> = Exclusive::new();
/// # impl StructOpsType for TillOps {}
/// /// Gives back `bytes`.
/// #[kfunc(struct_ops, syscall)]
/// fn example_release(bytes: u64, _program: &Caller) -> i32 {
///     TILL.with(|ops| ops.release(bytes)).unwrap_or(-1)
/// }
/// ```
///
/// Programs find a function by its name alone, in all modules: begin it with that of the module. A name
/// that the kernel has does not compile, and with one that another module has `register_kfuncs!()` fails.
///
/// `register_kfuncs!()` in the module's `init` announces all of them. A function runs in the
/// context of the program that calls it, which holds an RCU read lock of some kind.
///
/// # Options
///
/// - `struct_ops`, `syscall`, `tracing`: programs of these types may call it.
/// - `only(QuotaOps, OtherOps::charge)`: programs for these types of the module, or for these callbacks,
///   may call it. This or one of the above has to be there.
/// - `sleepable`: only programs that may sleep may call it, so it may sleep.
///
/// # Arguments
///
/// - 32- and 64-bit integers.
/// - `&Shared<T>` with a `#[c_struct]` of the same file, which the verifier has found to be valid memory of
///   that size.
/// - `&Arc<T>` with a refcounted `#[c_struct]` of the same file: an object to which the program has a
///   reference. As `Arc<T>`, only as the first argument, it gives that up (`KF_RELEASE`).
/// - `Arena<u64>` and `Option<Arena<u64>>`.
/// - Last, `&Caller`, which programs do not pass (`KF_IMPLICIT_ARGS`).
///
/// The function returns a 32- or 64-bit integer, `Option<Arc<T>>`, or nothing. A program that gets an
/// `Arc<T>` has to look whether there is one, and to give it back (`KF_ACQUIRE`, `KF_RET_NULL`).
///
/// # Expansion
///
/// The function itself, and one with the ABI of C that calls it. The module's C unit has the
/// function with the BTF that programs look for, and calls that. A constant does not compile if C
/// and Rust disagree about the signature.
#[proc_macro_attribute]
pub fn kfunc(options: TokenStream, input: TokenStream) -> TokenStream {
    let options = parse_macro_input!(options as kfunc::Options);
    let item = parse_macro_input!(input as ItemFn);
    kfunc::Kfunc::parse(options, item)
        .map(expand_kfunc::kfunc)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}
