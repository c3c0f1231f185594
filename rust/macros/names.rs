// SPDX-License-Identifier: GPL-2.0

//! Names that go from Rust to C and BPF.

use syn::{
    Error,
    Ident,
    Result, //
};

/// Keywords of C that are none of Rust.
const C_KEYWORDS: &[&str] = &[
    "asm", "auto", "case", "char", "default", "double", "float", "goto", "int", "long", "register",
    "restrict", "short", "signed", "sizeof", "switch", "typedef", "union", "unsigned", "void",
    "volatile",
];

/// Turns `QuotaOps` into `quota_ops`.
pub(crate) fn snake_case(name: &str) -> String {
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
pub(crate) fn check_name(ident: &Ident) -> Result<()> {
    let name = ident.to_string();
    if name.starts_with("r#") {
        return Err(Error::new(
            ident.span(),
            "this name goes to C and BPF, which have no raw identifiers",
        ));
    }
    if C_KEYWORDS.contains(&name.as_str()) {
        return Err(Error::new(
            ident.span(),
            format!("this name goes to C and BPF, where `{name}` is a keyword"),
        ));
    }
    Ok(())
}

/// Refuses a name that an argument cannot have.
///
/// The verifier takes rules for an argument from the end of its name: `__nullable` admits NULL,
/// `__sz` is the size of the memory before it, `__ref` has the program release it. These are for the
/// types to say (see [`Passing::suffix`]), and a kernel may have more of them than we know.
pub(crate) fn check_argument(ident: &Ident) -> Result<()> {
    check_name(ident)?;
    if ident.to_string().contains("__") {
        return Err(Error::new(
            ident.span(),
            "the verifier would read rules from this name: an argument has no `__` in it",
        ));
    }
    Ok(())
}
