// SPDX-License-Identifier: GPL-2.0

//! A BPF token: the right to make maps and programs, given to a user namespace.
//!
//! Only who is in that namespace can make one. That is a child, which runs this program and has a socket as
//! its standard input. The file system that the token comes from is begun by the child and completed by us,
//! who may say what the token is good for.

use std::io::{
    IoSlice,
    IoSliceMut, //
};
use std::mem::MaybeUninit;
use std::os::fd::{
    AsFd,
    AsRawFd,
    BorrowedFd,
    OwnedFd, //
};
use std::process::Command;
use std::{
    fs,
    ptr, //
};

use anyhow::{
    bail,
    ensure,
    Context,
    Result, //
};
use guest_tests::stress::opened;
use libbpf_rs::libbpf_sys;
use rustix::fs::{
    openat,
    Mode,
    OFlags, //
};
use rustix::mount::{
    fsconfig_create,
    fsconfig_set_string,
    fsmount,
    fsopen,
    FsMountFlags,
    FsOpenFlags,
    MountAttrFlags, //
};
use rustix::net::{
    recvmsg,
    sendmsg,
    socketpair,
    AddressFamily,
    RecvAncillaryBuffer,
    RecvAncillaryMessage,
    RecvFlags,
    SendAncillaryBuffer,
    SendAncillaryMessage,
    SendFlags,
    SocketFlags,
    SocketType, //
};
use rustix::thread::{
    capabilities,
    set_capabilities,
    unshare_unsafe,
    CapabilitySet,
    CapabilitySets,
    UnshareFlags, //
};

use crate::calls;

/// The argument by which the child knows what it is for.
pub const CHILD: &str = "token";

/// Makes a token that is good for everything, unless the kernel has no user namespaces.
pub fn create() -> Result<Option<OwnedFd>> {
    if !fs::exists("/proc/self/ns/user")? {
        return Ok(None);
    }
    let (ours, its) = socketpair(
        AddressFamily::UNIX,
        SocketType::SEQPACKET,
        SocketFlags::CLOEXEC,
        None,
    )?;
    let mut child = Command::new("/proc/self/exe")
        .arg(CHILD)
        .stdin(its)
        .spawn()?;
    let context = receive(ours.as_fd())?;
    for right in [
        "delegate_cmds",
        "delegate_maps",
        "delegate_progs",
        "delegate_attachs",
    ] {
        fsconfig_set_string(&context, right, "any")?;
    }
    fsconfig_create(&context)?;
    let mount = fsmount(
        &context,
        FsMountFlags::FSMOUNT_CLOEXEC,
        MountAttrFlags::empty(),
    )?;
    send(ours.as_fd(), mount.as_fd())?;
    let token = receive(ours.as_fd())?;
    if !child.wait()?.success() {
        bail!("the child that made a token failed");
    }
    // Or nothing would tell that it is good for nothing.
    let array =
        |token| without_capabilities(|| calls::create(libbpf_sys::BPF_MAP_TYPE_ARRAY, 8, 4, token));
    ensure!(array(None)?.is_err(), "a map takes no capability");
    array(Some(token.as_raw_fd()))?.context("by the token")?;
    Ok(Some(token))
}

/// Does something as a thread that has no capability, but those in the namespace of the token, whose owner it is.
pub fn without_capabilities<T>(act: impl FnOnce() -> T) -> Result<T> {
    let all = capabilities(None)?;
    let none = CapabilitySets {
        effective: CapabilitySet::empty(),
        ..all
    };
    set_capabilities(None, none)?;
    let done = act();
    set_capabilities(None, all)?;
    Ok(done)
}

/// What the child does.
pub fn child() -> Result<()> {
    let parent = std::io::stdin();
    // SAFETY: File descriptors stay shared.
    unsafe { unshare_unsafe(UnshareFlags::NEWUSER | UnshareFlags::NEWNS) }?;
    fs::write("/proc/self/uid_map", "0 0 1")?;
    let context = fsopen("bpf", FsOpenFlags::FSOPEN_CLOEXEC)?;
    send(parent.as_fd(), context.as_fd())?;
    let mount = receive(parent.as_fd())?;
    let flags = OFlags::DIRECTORY | OFlags::CLOEXEC;
    let root = openat(&mount, c".", flags, Mode::empty())?;
    // SAFETY: The options may be null.
    let token = opened(unsafe { libbpf_sys::bpf_token_create(root.as_raw_fd(), ptr::null_mut()) })?;
    send(parent.as_fd(), token.as_fd())
}

fn send(socket: BorrowedFd<'_>, fd: BorrowedFd<'_>) -> Result<()> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    let fds = [fd];
    control.push(SendAncillaryMessage::ScmRights(&fds));
    sendmsg(
        socket,
        &[IoSlice::new(b"x")],
        &mut control,
        SendFlags::empty(),
    )?;
    Ok(())
}

fn receive(socket: BorrowedFd<'_>) -> Result<OwnedFd> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut byte = [0];
    let mut data = [IoSliceMut::new(&mut byte)];
    recvmsg(socket, &mut data, &mut control, RecvFlags::CMSG_CLOEXEC)?;
    let fds = control.drain().find_map(|message| match message {
        RecvAncillaryMessage::ScmRights(mut fds) => fds.next(),
        _ => None,
    });
    fds.context("the other side of the token's socket is gone")
}
