// SPDX-License-Identifier: GPL-2.0

#[c_struct]
struct Ticket {
    price: u32,
}

#[kfunc(struct_ops)]
#[rustfmt::skip]
fn price(ticket: &Ticket) -> u32 { //~ programs could pass other memory
    ticket.price
}
