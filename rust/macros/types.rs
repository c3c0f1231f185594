// SPDX-License-Identifier: GPL-2.0

//! Which Rust types a definition may use, and how C spells them.
//!
//! Shared by the procedural macro and by the generator of the C unit. The table knows types by the
//! last segment of their path: a type that only looks like one of them is caught later, when the
//! compiler compares both sides (see `expand.rs`).

use crate::{
    names::snake_case,
    passing::{
        Passing,
        Pointee, //
    }, //
};
use syn::{
    spanned::Spanned,
    Error,
    Expr,
    ExprLit,
    GenericArgument,
    Lit,
    PathArguments,
    Result,
    ReturnType,
    Type, //
};

/// Scalars, as Rust and as C spell them.
const SCALARS: &[(&str, &str)] = &[
    ("bool", "bool"),
    ("u8", "u8"),
    ("i8", "s8"),
    ("u16", "u16"),
    ("i16", "s16"),
    ("u32", "u32"),
    ("i32", "int"),
    ("u64", "u64"),
    ("i64", "s64"),
    ("usize", "unsigned long"),
    ("isize", "long"),
    ("c_char", "char"),
    ("c_int", "int"),
    ("c_uint", "unsigned int"),
    ("c_long", "long"),
    ("c_ulong", "unsigned long"),
];

/// Integers that a callback may return and a kfunc may take.
///
/// A program may leave any 64 bits behind. The upper bits of a 32-bit value are ignored by everybody
/// who gets it, those of a smaller one are not: on x86 the compiler trusts them.
const WIDE: &[&str] = &[
    "u32", "i32", "u64", "i64", "usize", "isize", "c_int", "c_uint",
];

/// Kernel types that have a safe Rust wrapper: wrapper, `struct`, header.
const KERNEL_TYPES: &[(&str, &str, &str)] = &[
    ("Task", "task_struct", "linux/sched.h"),
    ("Cgroup", "cgroup", "linux/cgroup.h"),
    ("File", "file", "linux/fs.h"),
    ("Device", "device", "linux/device.h"),
];

/// What a callback returns.
pub(crate) enum Output {
    /// Nothing.
    Nothing,
    /// An integer.
    Integer(Type, &'static str),
    /// `Option<ARef<T>>`, `Option<Arc<T>>`: a reference count that is passed on, or nothing. With the
    /// type in the `Option`.
    Owned(Type, Pointee),
}

impl Output {
    /// The struct that C has to know.
    pub(crate) fn pointee(&self) -> Option<&Pointee> {
        match self {
            Self::Nothing | Self::Integer(..) => None,
            Self::Owned(_, to) => Some(to),
        }
    }
}

/// A value in the table.
pub(crate) enum Data {
    /// An integer or a `bool`.
    Scalar(Type, &'static str),
    /// A fixed-size array of integers.
    Array(Type, &'static str, usize),
    /// A plain struct of the module.
    Struct(Pointee),
}

fn last_segment(ty: &Type) -> Option<&syn::PathSegment> {
    match ty {
        Type::Path(p) if p.qself.is_none() => p.path.segments.last(),
        _ => None,
    }
}

/// The argument of `Wrapper<T>`, if `ty` is that.
fn generic_of<'a>(ty: &'a Type, wrapper: &str) -> Option<&'a Type> {
    let segment = last_segment(ty).filter(|s| s.ident == wrapper)?;
    let PathArguments::AngleBracketed(args) = &segment.arguments else {
        return None;
    };
    match (args.args.len(), args.args.first()) {
        (1, Some(GenericArgument::Type(inner))) => Some(inner),
        _ => None,
    }
}

fn scalar(ty: &Type) -> Option<&'static str> {
    let segment = last_segment(ty)?;
    SCALARS
        .iter()
        .find(|(rust, _)| segment.ident == rust)
        .map(|(_, c)| *c)
}

fn is_wide(ty: &Type) -> bool {
    last_segment(ty).is_some_and(|s| WIDE.iter().any(|wide| s.ident == wide))
}

fn pointee(ty: &Type) -> Result<Pointee> {
    let segment =
        match last_segment(ty) {
            Some(s) if s.arguments.is_none() && scalar(ty).is_none() => s,
            _ => return Err(Error::new(
                ty.span(),
                "a callback takes pointers to structs only: a kernel type such as `Task`, or a \
                 struct of this file with `#[c_struct]`",
            )),
        };
    let known = KERNEL_TYPES.iter().find(|(rust, ..)| segment.ident == rust);
    Ok(Pointee {
        rust: ty.clone(),
        name: known.map_or_else(
            || snake_case(&segment.ident.to_string()),
            |(_, c, _)| (*c).to_owned(),
        ),
        header: known.map(|(.., header)| *header),
        refcounted: false,
    })
}

/// The struct in an `Arc`.
fn refcounted(ty: &Type) -> Result<Pointee> {
    Ok(Pointee {
        refcounted: true,
        ..pointee(ty)?
    })
}

/// What `ARef<…>` or `Arc<…>` points to.
fn owned(ty: &Type) -> Option<Result<Pointee>> {
    let arc = generic_of(ty, "Arc").map(refcounted);
    arc.or_else(|| generic_of(ty, "ARef").map(pointee))
}

/// The type behind `&`, which must not be `&mut` nor name a lifetime.
fn referent(ty: &Type) -> Result<Option<&Type>> {
    let Type::Reference(r) = ty else {
        return Ok(None);
    };
    if let Some(mutability) = &r.mutability {
        return Err(Error::new(
            mutability.span(),
            "a program shares what it is given: take `&T`",
        ));
    }
    if let Some(lifetime) = &r.lifetime {
        return Err(Error::new(
            lifetime.span(),
            "an argument lives for the call only: remove the lifetime",
        ));
    }
    Ok(Some(&r.elem))
}

/// The integer that `Arena<…>` points to, in Rust and in C.
fn arena(ty: &Type) -> Option<(&Type, &'static str)> {
    let to = generic_of(ty, "Arena")?;
    Some((to, scalar(to).filter(|c| *c != "bool")?))
}

/// Reads the type of an argument.
pub(crate) fn argument(ty: &Type) -> Result<Passing> {
    if let Some(c) = scalar(ty) {
        return Ok(Passing::Value(c));
    }
    if let Some(to) = referent(ty)? {
        if let Some(to) = generic_of(to, "Shared") {
            return Ok(Passing::Shared(pointee(to)?));
        }
        if let Some(to) = generic_of(to, "Arc") {
            return Ok(Passing::Counted(refcounted(to)?));
        }
        return Ok(Passing::Reference(pointee(to)?));
    }
    if let Some(inner) = generic_of(ty, "Option") {
        if let Some(to) = referent(inner)? {
            return Ok(Passing::Nullable(pointee(to)?));
        }
        if let Some((to, c)) = arena(inner) {
            return Ok(Passing::NullableArena(to.clone(), c));
        }
    }
    if let Some((to, c)) = arena(ty) {
        return Ok(Passing::Arena(to.clone(), c));
    }
    if let Some(to) = owned(ty) {
        return Ok(Passing::Owned(to?));
    }
    // Structs begin with a capital letter, primitive types that C does not have do not.
    if last_segment(ty).is_some_and(|s| s.ident.to_string().starts_with(char::is_uppercase)) {
        if let Ok(of @ Pointee { header: None, .. }) = pointee(ty) {
            return Ok(Passing::Struct(of));
        }
    }
    Err(Error::new(
        ty.span(),
        "a callback cannot take this type: use an integer, `bool`, a struct of this file with \
         `#[c_struct]`, `&T`, `&Arc<T>`, `&Shared<T>` (kfuncs may write to it), `Option<&T>` (nullable), \
         `ARef<T>` or `Arc<T>` (owned), or `Arena<u64>`",
    ))
}

/// Reads the type of an argument of a kfunc; [`None`] is the caller.
pub(crate) fn kfunc_argument(ty: &Type) -> Result<Option<Passing>> {
    if let Some(to) = referent(ty)? {
        if last_segment(to).is_some_and(|s| s.ident == "Caller") {
            return Ok(None);
        }
    }
    match argument(ty) {
        Ok(Passing::Value(c)) if is_wide(ty) => Ok(Some(Passing::Value(c))),
        Ok(
            passing @ (Passing::Owned(Pointee {
                refcounted: true, ..
            })
            | Passing::Counted(_)
            | Passing::Shared(_)
            | Passing::Arena(..)
            | Passing::NullableArena(..)),
        ) => Ok(Some(passing)),
        _ => Err(Error::new(
            ty.span(),
            "a kfunc cannot take this type: use a 32- or 64-bit integer (a program may leave any \
             bits in a smaller one), `&Arc<T>`, `Arc<T>` (released), `&Shared<T>`, `Arena<u64>` \
             or `&Caller`",
        )),
    }
}

/// Reads the return type of a callback.
pub(crate) fn output(ty: &ReturnType) -> Result<Output> {
    let ReturnType::Type(_, ty) = ty else {
        return Ok(Output::Nothing);
    };
    if let Some(c) = scalar(ty) {
        if is_wide(ty) {
            return Ok(Output::Integer((**ty).clone(), c));
        }
    }
    if let Some(inner) = generic_of(ty, "Option") {
        if let Some(to) = owned(inner) {
            return Ok(Output::Owned(inner.clone(), to?));
        }
    }
    Err(Error::new(
        ty.span(),
        "this type cannot be returned: use a 32- or 64-bit integer (a program may leave any bits in \
         a smaller one), `Option<ARef<T>>`, `Option<Arc<T>>`, or nothing",
    ))
}

/// Is this the pointer to the module, which the kernel sets?
pub(crate) fn is_module_pointer(ty: &Type) -> bool {
    last_segment(ty).is_some_and(|s| s.ident == "ModulePtr" && s.arguments.is_none())
}

/// Reads the type of a data member.
pub(crate) fn data(ty: &Type) -> Result<Data> {
    if let Some(c) = scalar(ty) {
        return Ok(Data::Scalar(ty.clone(), c));
    }
    if let Type::Array(array) = ty {
        let c = scalar(&array.elem).filter(|c| *c != "bool");
        let len = match &array.len {
            Expr::Lit(ExprLit {
                lit: Lit::Int(len), ..
            }) => len.base10_parse::<usize>()?,
            len => {
                return Err(Error::new(
                    len.span(),
                    "write the length as a number: it goes into the C struct as well",
                ))
            }
        };
        if len == 0 {
            return Err(Error::new(array.len.span(), "C has no empty arrays"));
        }
        if let Some(c) = c {
            return Ok(Data::Array(ty.clone(), c, len));
        }
    }
    if matches!(ty, Type::Path(_)) {
        if let Ok(to @ Pointee { header: None, .. }) = pointee(ty) {
            return Ok(Data::Struct(to));
        }
    }
    Err(Error::new(
        ty.span(),
        "a table cannot hold this type: use `fn(…)`, an integer, `bool`, an array of integers, a \
         struct of this file with `#[c_struct]`, or `ModulePtr`",
    ))
}
