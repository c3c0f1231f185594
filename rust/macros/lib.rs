// SPDX-License-Identifier: GPL-2.0

//! Procedural macros of the `struct_ops` crate, which documents and re-exports them.

mod expand;
mod parse;

use proc_macro::TokenStream;
use syn::{
    parse_macro_input,
    ItemEnum,
    ItemFn,
    ItemStruct,
    ItemUnion, //
};

/// Defines a struct_ops type.
///
/// Put it on a struct with named members. A member of type `fn(…)` is a callback that BPF programs
/// implement; any other member is a value that user space sets before it loads the map.
///
/// # Examples
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
///     #[default(1 << 20)]
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
/// - `kernel = "header.h"`: the struct is one of the kernel, which this header defines. All its members
///   have to be here, in their order, with types that are the same in C.
/// - `registry = TcpCongestion`: the struct is one of the kernel, and a registry in C keeps attached tables,
///   see `struct_ops::CRegistrar`.
///
/// # Members
///
/// - `#[optional]`: a program may leave the callback out; the call then returns [`None`]. A method
///   `has_NAME()` says whether it is there, also in `StructOpsType::validate`.
/// - `#[unsupported]`: the callback is there for the layout; no program may implement it.
/// - `#[sleepable]`: a sleepable program may implement the callback.
/// - `#[private_stack]`: the program gets a stack of its own on each CPU, if it uses enough of it for
///   the kernel to find that worth while (64 bytes), so it does not add to that of its caller. Such a
///   program is not run again on a CPU where it runs: that call returns any value. So the callback can
///   neither take nor return a reference that has to be released. A program with less is run again, and
///   so is one that is reached by a tail call.
/// - `#[deny(ktime_get_ns, …)]`: helpers, without `bpf_`, that programs for the callback may not call.
///   The others of `bpf_base_func_proto()` may be called; helpers that a module brings along cannot be
///   named here.
/// - `#[prologue(f)]`: what runs before programs for the callback; `f` chooses, see
///   `struct_ops::Prologue`.
/// - `#[epilogue(f)]`: what runs after them, see `struct_ops::Epilogue`.
/// - `#[clamp(EPROTO)]`: the callback returns 0 or a negative `errno`. A program may return any
///   number; one above 0 or below `-MAX_ERRNO` becomes `-EPROTO` (or any other error of
///   `kernel::error::code`). Without it the caller gets what the program returned.
/// - `#[default(16)]`: what this value is if user space leaves it zero.
/// - `#[private]`: user space has to leave this value zero. If it does not, it gets `EINVAL`, and the log
///   names the member. So do members of types that are private (`struct_ops::private`).
///
/// A member of type `ModulePtr` is the pointer to the module, which the kernel sets.
///
/// What a callback can take is said by `struct_ops::Argument`, what it can return by
/// `struct_ops::Output`, and what can be a value by `struct_ops::CType`. Their documentation lists the
/// types. Aliases, constants as lengths of arrays, and `#[cfg(…)]` on members mean what they mean
/// elsewhere in Rust. `r#type` is called `type` in C.
///
/// # Expansion
///
/// The struct becomes a view of the C table of the same name, with one method per member: for a
/// value on `&self`, for a callback on `&Ops<Self>`, and with `has_NAME()` for a callback that is
/// optional. An implementation of `struct_ops::StructOps`
/// describes it. A record in the module's C unit has the table and its stubs for C, which compares
/// each offset and size with those of rustc.
#[proc_macro_attribute]
pub fn struct_ops(options: TokenStream, input: TokenStream) -> TokenStream {
    parse::definition::Definition::parse(syn::parse(options), input.into())
        .map(expand::table::struct_ops)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// Shares a plain struct with C and BPF.
///
/// The struct gets the layout of C, and C gets a struct of the same name in snake case, or of the one in
/// `#[c_struct(name = "…")]`. It can then stand in a `#[struct_ops]` table, or behind a reference in an
/// argument. With `#[repr(align(N))]`, C aligns it so, too.
///
/// Programs may write to a field with `#[writable]` if their callback takes the struct as
/// `&Shared<T>`.
///
/// With `#[c_struct(refcounted)]`, programs hold references to it, and it is in an `Arc`: see
/// `struct_ops::Refcounted`. They can read its fields. Those with `#[private]` can be of any type; they come
/// after the others, and C and BPF do not know them.
///
/// With `#[c_struct(opaque)]`, programs get a pointer and see nothing of it; it can have any fields. They
/// give it back to a kfunc that takes a `&T`: see `struct_ops::Trusted`.
///
/// In C it has one more field at its end, which takes no room. Because of that, BTF cannot take it for a
/// struct of the kernel that has the same name and fields.
///
/// # Examples
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
/// A name that others use, and an alignment:
///
/// ```
/// #[c_struct(name = "dma_lane")]
/// #[repr(align(32))]
/// struct Lane {
///     words: [u64; 3],
/// }
///
/// #[struct_ops]
/// struct LaneOps {
///     mix: fn(lane: &Lane) -> i32,
/// }
/// # impl StructOpsType for LaneOps {}
/// ```
///
/// # Expansion
///
/// `#[repr(C)]`, and implementations of `struct_ops::CStruct` and of what it needs, or of
/// `struct_ops::Refcounted`. The C unit has the struct, and compares its layout with that of rustc.
#[proc_macro_attribute]
pub fn c_struct(options: TokenStream, input: TokenStream) -> TokenStream {
    let options = parse_macro_input!(options as parse::c_struct::Options);
    let item = parse_macro_input!(input as ItemStruct);
    parse::c_struct::CStruct::parse(options, item)
        .map(expand::c_struct::c_struct)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// Shares a union of plain data with C and BPF.
///
/// It can be a field of a `#[c_struct]`, a member of a table, and an element of an array. Each member gets
/// a method that reads it, whichever was written last, and one that makes a union with it. Members are
/// [`Copy`].
///
/// `#[c_union(name = "…")]` gives it another name in C than its own in snake case.
///
/// # Examples
///
/// ```
/// #[c_union]
/// union Origin {
///     number: u64,
///     bytes: [u8; 8],
/// }
///
/// #[c_struct]
/// struct Packet {
///     #[writable]
///     from: Origin,
///     kind: u32,
/// }
///
/// #[struct_ops(slot = MARKER)]
/// struct MarkerOps {
///     mark: fn(packet: &Shared<Packet>),
/// }
///
/// static MARKER: Exclusive<MarkerOps> = Exclusive::new();
/// # impl StructOpsType for MarkerOps {}
///
/// fn first_byte(number: u64) -> u8 {
///     let from = Origin::with_number(number);
///     let packet = Shared::new(Packet { from, kind: 1 });
///     MARKER.with(|ops| ops.mark(&packet));
///     packet.into_inner().from.bytes()[0]
/// }
/// ```
///
/// # Expansion
///
/// A struct that has the union, and implementations of `struct_ops::Plain` and of what that needs. The C unit
/// has the union, and compares its size and alignment with those of rustc.
#[proc_macro_attribute]
pub fn c_union(options: TokenStream, input: TokenStream) -> TokenStream {
    let options = parse_macro_input!(options as parse::c_union::Options);
    let item = parse_macro_input!(input as ItemUnion);
    parse::c_union::CUnion::parse(options, item)
        .map(expand::c_union::c_union)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// Shares an enum with C and BPF.
///
/// It can then be a value in a `#[struct_ops]` table, an argument of a callback, or its result, as
/// `Option<E>`. The enum has the values that it has in Rust: if user space sets another in a table, it
/// gets `EINVAL`, and the log names the member; that is so for 0 as well, which is what user space sets
/// if it sets nothing. If a program returns another, the caller gets [`None`].
///
/// # Examples
///
/// ```
/// #[c_enum]
/// pub enum Verdict {
///     Pass,
///     Drop,
///     Queue = 5,
/// }
///
/// /// An enum of the kernel. Its values in C are called `PIDTYPE_PID`, and so on.
/// #[c_enum(kernel = "linux/pid_types.h", prefix = "PIDTYPE_")]
/// pub enum PidType {
///     Pid,
///     Tgid,
///     Pgid,
///     Sid,
/// }
///
/// #[struct_ops(slot = SORTER)]
/// struct SorterOps {
///     sort: fn(by: PidType) -> Option<Verdict>,
///     /// What happens without `sort`.
///     otherwise: Verdict,
/// }
///
/// static SORTER: Exclusive<SorterOps> = Exclusive::new();
/// # impl StructOpsType for SorterOps {}
///
/// fn sort() -> Option<Verdict> {
///     SORTER.with(|ops| ops.sort(PidType::Tgid).unwrap_or(ops.otherwise()))
/// }
/// ```
///
/// # Options
///
/// - `kernel = "header.h"`: the kernel has the enum, in this header. It may have more values.
/// - `name = "…"`: its name in C, if that is not the Rust name in snake case.
/// - `prefix = "…"`: what stands before the names of values in C, which are the Rust names in upper case.
///   Without it, that is the name of the enum: `VERDICT_PASS`.
///
/// # Expansion
///
/// `#[repr(i32)]`, and an implementation of `struct_ops::CEnum`. The C unit has the enum, or includes the
/// header, and compares each value with that of rustc.
#[proc_macro_attribute]
pub fn c_enum(options: TokenStream, input: TokenStream) -> TokenStream {
    let options = parse_macro_input!(options as parse::c_enum::Options);
    let item = parse_macro_input!(input as ItemEnum);
    parse::c_enum::CEnum::parse(options, item)
        .map(expand::c_enum::c_enum)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// Lets programs call a function of the module.
///
/// Programs find a function by its name alone, in all modules: begin it with that of the module. A name
/// that the kernel has does not compile, nor, for a function with a `Caller`, one that the kernel has with
/// `_impl` behind it, and with one that another module has `register_kfuncs()` fails.
///
/// `register_kfuncs()` in the module's `init` announces all of them. A function runs in the
/// context of the program that calls it, which holds an RCU read lock of some kind.
///
/// # Examples
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
/// # Options
///
/// - `struct_ops`, `syscall`, `tracing`, `kprobe`: programs of these types may call it.
/// - `only(QuotaOps, OtherOps::charge)`: programs for these types of the module, or for these callbacks,
///   may call it. This or one of the above has to be there. Without `patches/1-fixes` a tail call from a
///   program of another type gets past this.
/// - `sleepable`: only programs that may sleep may call it, so it may sleep.
///
/// # Arguments
///
/// What it can take and return is said by `struct_ops::KfuncArgument` and `struct_ops::KfuncOutput`.
/// Memory that a program passes as `&Shared<T>` and that is not aligned for a `T` does not get to the
/// function, nor does a number that an enum does not have: the program gets `-EINVAL`, NULL or nothing.
///
/// # Expansion
///
/// The function itself, and one with the ABI of C that calls it. The module's C unit has the
/// function with the BTF that programs look for, and calls that.
#[proc_macro_attribute]
pub fn kfunc(options: TokenStream, input: TokenStream) -> TokenStream {
    let options = parse_macro_input!(options as parse::kfunc::Options);
    let item = parse_macro_input!(input as ItemFn);
    parse::kfunc::Kfunc::parse(options, item)
        .map(expand::kfunc::kfunc)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// Declares a struct of the kernel, so that callbacks can take a `&T` of it.
///
/// A program trusts the pointer and follows some of its fields: see "What a program walks to" in
/// `Documentation/verifier.md`.
///
/// # Examples
///
/// ```
/// /// What `linux/fs.h` calls `struct super_block`.
/// #[kernel_struct("linux/fs.h")]
/// pub struct SuperBlock;
///
/// #[struct_ops]
/// struct BackupOps {
///     /// A non-zero value leaves the file system out.
///     skip: fn(file_system: &SuperBlock, bytes: u64) -> i32,
/// }
/// # impl StructOpsType for BackupOps {}
/// ```
///
/// # Options
///
/// The header that defines the struct, and
///
/// - `name = "…"`: its name in C, if that is not the Rust name in snake case.
/// - `writable(field, part.field)`: programs for callbacks that take it may write to these fields, which
///   are numbers or arrays of numbers. Whether the kernel can live with any number there is for the author
///   to know.
/// - `passed_as = "…"`: C has another struct in prototypes, of which this is the beginning; the verifier
///   takes the argument for what it is. Only a `&T` of this type can be passed.
///
/// ```
/// /// A socket that is known to be one of TCP.
/// #[kernel_struct(
///     "linux/tcp.h",
///     name = "tcp_sock",
///     passed_as = "sock",
///     writable(snd_cwnd, inet_conn.icsk_ca_priv)
/// )]
/// pub struct TcpSock;
///
/// #[struct_ops]
/// struct PacerOps {
///     /// `void (*acked)(struct sock *sk, u32 acked)` in C.
///     acked: fn(sk: &TcpSock, acked: u32),
/// }
/// # impl StructOpsType for PacerOps {}
/// ```
///
/// # Expansion
///
/// A type that only C can make, and an implementation of `struct_ops::Pointee`. The C compiler compares
/// the name with the header.
#[proc_macro_attribute]
pub fn kernel_struct(options: TokenStream, input: TokenStream) -> TokenStream {
    let options = parse_macro_input!(options as parse::kernel_struct::Options);
    let item = parse_macro_input!(input as ItemStruct);
    parse::kernel_struct::KernelStruct::parse(options, item)
        .map(expand::kernel_struct::kernel_struct)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}
