// SPDX-License-Identifier: GPL-2.0

//! What takes several instructions: calls, objects that are held and given back, the arena.

use libbpf_rs::libbpf_sys::{
    BPF_ALU64,
    BPF_DW,
    BPF_LDX,
    BPF_MEM,
    BPF_MOV,
    BPF_ST,
    BPF_X, //
};

use super::{
    Body,
    CONTEXT,
    VALUES, //
};
use crate::model::Kind;
use crate::user;

// Helpers, by number: see include/uapi/linux/bpf.h.
const MAP_LOOKUP_ELEM: i32 = 1;
const MAP_UPDATE_ELEM: i32 = 2;
const TAIL_CALL: i32 = 12;
const PROBE_READ_USER: i32 = 112;
const PROBE_READ_KERNEL: i32 = 113;
const COPY_FROM_USER: i32 = 148;
pub(super) const GET_CURRENT_TASK_BTF: i32 = 158;
const KPTR_XCHG: i32 = 194;
/// Those that need nothing in particular: time, random numbers, the processor, the task.
const PLAIN: [i32; 5] = [5, 7, 8, 14, 118];

impl Body<'_> {
    pub(super) fn helper(&mut self) {
        match self.random.below(6) {
            0 | 1 => {
                let update = self.random.chance(30);
                self.map(1, self.of.array);
                self.buffer(2);
                self.copy(3, 2);
                self.set(4, 0);
                self.call([MAP_LOOKUP_ELEM, MAP_UPDATE_ELEM][usize::from(update)]);
                let dst = self.keep_result(Kind::Other);
                self.test(dst);
            }
            2 => {
                let value = self.value();
                self.buffer(1);
                self.set(2, 8);
                self.copy(3, value);
                self.call(PROBE_READ_KERNEL);
            }
            3 | 4 => {
                self.call(GET_CURRENT_TASK_BTF);
                self.keep_result(self.of.model.task);
            }
            _ => {
                let number = *self.random.pick(&PLAIN);
                self.call(number);
                self.keep_result(Kind::Number);
            }
        }
    }

    /// One of the module, or one of the kernel.
    pub(super) fn any_kfunc(&mut self) {
        let (own, all) = (self.of.model.own, self.of.model.kfuncs.len());
        let kernels = own == all || self.random.chance(40);
        let (first, count) = if kernels { (0, own) } else { (own, all - own) };
        if count > 0 {
            let index = first + self.random.below(count as u64) as usize;
            let arguments = &self.of.model.kfuncs[index].signature.arguments;
            if arguments.contains(&Kind::Arena) {
                self.arena();
            }
            self.kfunc(index);
        }
    }

    /// Reads from user space, which has to be fetched first: who may sleep, sleeps.
    pub(super) fn user(&mut self) {
        let page = self.random.below(user::PAGES);
        let sleeps = self.of.sleepable || self.random.chance(5);
        self.buffer(1);
        self.set(2, 8);
        self.set_wide(3, self.of.user + page * 4096);
        self.call([PROBE_READ_USER, COPY_FROM_USER][usize::from(sleeps)]);
    }

    pub(super) fn tail_call(&mut self) {
        let place = self.random.below(4) as i32;
        self.copy(1, CONTEXT);
        self.map(2, self.of.prog_array);
        self.set(3, place);
        self.call(TAIL_CALL);
    }

    /// Takes a page of the arena, and writes to it.
    pub(super) fn arena(&mut self) {
        let Some(alloc) = self.of.model.named("bpf_arena_alloc_pages") else {
            return;
        };
        self.map(1, self.of.arena);
        self.set(2, 0);
        self.set(3, 1);
        self.set(4, -1);
        self.set(5, 0);
        self.call_kfunc(alloc);
        let dst = self.target();
        // As cast_kern() of bpf_arena_common.h: from the address space 1 to 0.
        self.insn(BPF_ALU64 | BPF_MOV | BPF_X, dst, 0, 1, 1);
        self.note(dst, Kind::Arena);
        let (size, off) = self.place();
        self.insn(BPF_ST | size | BPF_MEM, dst, 0, off, 1);
    }

    /// Gives back a reference to what `value` is.
    pub(super) fn give_back(&mut self, value: u8, kind: Kind) {
        if let Some(release) = self.of.model.release(kind) {
            self.copy(1, value);
            self.call_kfunc(release);
            self.forget(value);
        }
    }

    /// A value that must not be used any more.
    fn forget(&mut self, value: u8) {
        self.set(value, 0);
        self.note(value, Kind::Other);
    }

    /// Gives back an argument that may have come with a reference.
    pub(super) fn take_owned(&mut self) {
        let arguments = &self.of.signature.arguments;
        let Some(number) = arguments
            .iter()
            .position(|kind| self.of.model.release(*kind).is_some())
        else {
            return;
        };
        let (kind, value) = (arguments[number], VALUES[0]);
        self.insn(
            BPF_LDX | BPF_DW | BPF_MEM,
            value,
            CONTEXT,
            8 * number as i16,
            0,
        );
        self.note(value, kind);
        if self.random.chance(30) {
            self.use_object(value, kind);
        }
        self.give_back(value, kind);
    }

    /// Calls something with an object.
    fn use_object(&mut self, value: u8, kind: Kind) {
        let kfuncs = self.of.model.kfuncs.iter().enumerate();
        let users: Vec<_> = kfuncs
            .filter(|(_, kfunc)| kfunc.signature.arguments.contains(&kind))
            .map(|(index, _)| index)
            .collect();
        let index = *self.random.pick(&users);
        let signature = &self.of.model.kfuncs[index].signature;
        for (register, wanted) in (1..=5).zip(&signature.arguments) {
            if *wanted == kind {
                self.copy(register, value);
            } else {
                self.pass(register, *wanted);
            }
        }
        self.call_kfunc(index);
    }

    /// Gets an object, does something with it, and gives it back, or leaves it in a map.
    pub(super) fn object(&mut self) {
        let objects = &self.of.model.objects;
        if objects.is_empty() {
            return;
        }
        // There are more of the kernel.
        let own = objects
            .iter()
            .position(|(make, _)| *make >= self.of.model.own);
        let first = own.filter(|_| self.random.chance(60)).unwrap_or(0);
        let (make, _) = *self.random.pick(&objects[first..]);
        let kind = self.of.model.kfuncs[make].signature.result;
        let store = self.of.store.filter(|_| self.of.model.lease == Some(kind));
        if let Some(store) = store.filter(|_| self.random.chance(60)) {
            return self.store(store, make, kind);
        }
        let value = self.kfunc(make);
        for _ in 0..self.random.below(3) {
            self.use_object(value, kind);
        }
        if self.random.chance(95) {
            self.give_back(value, kind);
        }
    }

    /// Puts an object into a map, and gives back the one that was there.
    fn store(&mut self, map: i32, make: usize, kind: Kind) {
        self.map(1, map);
        self.buffer(2);
        self.call(MAP_LOOKUP_ELEM);
        // Nothing else goes there.
        let place = VALUES[0];
        self.copy(place, 0);
        self.note(place, Kind::Other);
        self.test(place);
        if self.random.chance(80) {
            self.pass_all(make);
            self.call_kfunc(make);
            self.copy(2, 0);
            self.test(2);
        } else {
            self.set(2, 0);
        }
        self.copy(1, place);
        self.call(KPTR_XCHG);
        let old = self.keep_result(kind);
        self.test(old);
        self.give_back(old, kind);
    }

    /// If the callback has to give an object: gets one, and returns it.
    pub(super) fn result_is_an_object(&mut self) -> bool {
        let result = self.of.signature.result;
        let mut objects = self.of.model.objects.iter();
        let kfuncs = &self.of.model.kfuncs;
        let Some((make, _)) = objects.find(|(make, _)| kfuncs[*make].signature.result == result)
        else {
            return false;
        };
        let value = self.kfunc(*make);
        self.copy(0, value);
        true
    }
}
