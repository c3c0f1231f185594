// SPDX-License-Identifier: GPL-2.0

//! Names that go from Rust to C and BPF.

use proc_macro2::Span;
use syn::{
    ext::IdentExt,
    parse::ParseStream,
    spanned::Spanned,
    Error,
    Generics,
    Ident,
    LitStr,
    Result, //
};

/// Keywords of C that are none of Rust, or can be raw identifiers of it.
const C_KEYWORDS: &[&str] = &[
    "asm", "auto", "break", "case", "char", "const", "continue", "default", "do", "double", "else",
    "enum", "extern", "float", "for", "goto", "if", "inline", "int", "long", "register",
    "restrict", "return", "short", "signed", "sizeof", "static", "struct", "switch", "typedef",
    "typeof", "union", "unsigned", "void", "volatile", "while",
];

/// Turns `QuotaOps` into `quota_ops`.
fn snake_case(name: &str) -> String {
    let mut out = String::new();
    for (i, c) in name.chars().enumerate() {
        if c.is_ascii_uppercase() {
            if i != 0 {
                out.push('_');
            }
            out.push(c.to_ascii_lowercase());
        } else {
            out.push(c);
        }
    }
    out
}

/// Refuses a name that C cannot have.
fn check(name: String, span: Span) -> Result<String> {
    if C_KEYWORDS.contains(&name.as_str()) {
        return Err(Error::new(
            span,
            format!("this name goes to C and BPF, where `{name}` is a keyword"),
        ));
    }
    let letter = |c: char| c == '_' || c.is_ascii_alphanumeric();
    if !name.chars().all(letter) || name.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(Error::new(
            span,
            "this name goes to C and BPF, where it is no identifier",
        ));
    }
    Ok(name)
}

/// The name in C and BPF of a member, an argument or a function: `r#type` is `type` there.
pub(crate) fn c_name(ident: &Ident) -> Result<String> {
    check(ident.unraw().to_string(), ident.span())
}

/// The name of an argument.
///
/// The verifier takes rules for an argument from the end of its name: `__nullable` admits NULL,
/// `__sz` is the size of the memory before it, `__ref` has the program release it. These are for the
/// types to say, and a kernel may have more of them than we know.
pub(crate) fn argument_name(ident: &Ident) -> Result<String> {
    let name = c_name(ident)?;
    if name.contains("__") {
        return Err(Error::new(
            ident.span(),
            "the verifier would read rules from this name: an argument has no `__` in it",
        ));
    }
    Ok(name)
}

/// The name of a struct or enum: `given`, or the Rust name in snake case.
pub(crate) fn struct_name(ident: &Ident, given: Option<&LitStr>) -> Result<String> {
    match given {
        Some(given) => check(given.value(), given.span()),
        None => check(snake_case(&ident.unraw().to_string()), ident.span()),
    }
}

/// The prefix of the enumerators of an enum: `given`, or its name in upper case.
pub(crate) fn enum_prefix(name: &str, given: Option<&LitStr>) -> String {
    match given {
        Some(given) => given.value(),
        None => format!("{}_", name.to_uppercase()),
    }
}

/// An enumerator: `TxStart` becomes `TX_START` behind the prefix.
pub(crate) fn enumerator(prefix: &str, ident: &Ident) -> Result<String> {
    let name = snake_case(&ident.unraw().to_string()).to_uppercase();
    check(format!("{prefix}{name}"), ident.span())
}

/// Reads the path of a header of the kernel.
pub(crate) fn header(input: ParseStream<'_>) -> Result<String> {
    let header: LitStr = input.parse()?;
    if header.value().contains(['\n', '>', '"', '\\']) {
        return Err(Error::new(
            header.span(),
            "this is no path of a header, such as \"net/sock.h\"",
        ));
    }
    Ok(header.value())
}

/// Refuses a struct or enum that is not one, or many.
pub(crate) fn check_generics(generics: &Generics) -> Result<()> {
    if generics.params.is_empty() {
        return Ok(());
    }
    Err(Error::new(
        generics.span(),
        "C and BPF see one type of this name: it cannot be generic",
    ))
}
