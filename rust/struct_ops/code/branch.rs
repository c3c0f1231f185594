// SPDX-License-Identifier: GPL-2.0

//! Conditions: what follows a call whose result may be NULL.

use super::{
    Assembler,
    Buffer,
    Content,
    Register,
    State, //
};
use kernel::bindings;

/// A branch that has not been joined yet.
#[derive(Clone, Copy)]
pub(super) struct Branch {
    /// The jump that has to be told where to go.
    jump: usize,
    /// What the registers hold on the other path.
    other: State,
    otherwise: bool,
}

impl<B: Buffer> Assembler<B> {
    /// What follows is for the case that the result of a function, in `reg`, is NULL. One such
    /// condition cannot stand in another.
    #[track_caller]
    pub const fn if_null(mut self, reg: Register) -> Self {
        assert!(
            self.branch.is_none(),
            "`if_null()` cannot stand within another"
        );
        let Content::MaybeOwned(object) = self.state.get(reg) else {
            panic!("this register does not hold a reference that may be NULL");
        };
        self.branch = Some(Branch {
            jump: self.code.len,
            other: self.state.refine(reg, Content::Owned(object)),
            otherwise: false,
        });
        self.state = self.state.refine(reg, Content::Scalar);
        let jump = bindings::BPF_JMP | bindings::BPF_JNE | bindings::BPF_K;
        self.push(jump, reg.number(), 0, 0, 0)
    }

    /// What follows is for the other case.
    #[track_caller]
    pub const fn otherwise(mut self) -> Self {
        let branch = match self.branch {
            Some(branch) if !branch.otherwise => branch,
            _ => panic!("`otherwise()` without `if_null()`"),
        };
        self.branch = Some(Branch {
            jump: self.code.len,
            other: self.state,
            otherwise: true,
        });
        self = self.push(bindings::BPF_JMP | bindings::BPF_JA, 0, 0, 0, 0);
        self.state = branch.other;
        self.land(branch.jump)
    }

    /// What follows is for both cases. A register holds something if it does in both.
    #[track_caller]
    pub const fn end_if(mut self) -> Self {
        let Some(branch) = self.branch else {
            panic!("`end_if()` without `if_null()`");
        };
        self.branch = None;
        self.state = self.state.join(branch.other);
        self.land(branch.jump)
    }

    /// Has a jump go to what follows.
    const fn land(mut self, jump: usize) -> Self {
        self.code.insns[jump].off = (self.code.len - jump - 1) as i16;
        self
    }
}
