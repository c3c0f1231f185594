// SPDX-License-Identifier: GPL-2.0

#[c_struct(opaque)]
struct Ticket {
    price: u32,
}

#[kfunc(struct_ops)]
#[rustfmt::skip]
fn kfunc(ticket: &Ticket) -> Option<&Ticket> { //~ does not live long enough
    (ticket.price > 0).then_some(ticket)
}
