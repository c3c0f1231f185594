// SPDX-License-Identifier: GPL-2.0

//! Struct_ops types of the tree. They are not registered: that C takes them is the test.

use struct_ops::{
    prelude::*,
    private::ListHead,
    SkBuff, //
};

/// What a program for HID gets.
#[kernel_struct("linux/hid_bpf.h")]
pub(crate) struct HidBpfCtx;

/// The device.
#[kernel_struct("linux/hid.h")]
pub(crate) struct HidDevice;

/// Which way a report goes.
#[c_enum(kernel = "linux/hid.h", prefix = "HID_")]
#[expect(clippy::enum_variant_names, reason = "C calls them so")]
pub(crate) enum HidReportType {
    InputReport,
    OutputReport,
    FeatureReport,
}

/// What is asked for.
#[c_enum(kernel = "linux/hid.h", prefix = "HID_REQ_")]
pub(crate) enum HidClassRequest {
    GetReport = 1,
    GetIdle,
    GetProtocol,
    SetReport = 9,
    SetIdle,
    SetProtocol,
}

/// `drivers/hid/bpf/`
#[struct_ops(kernel = "linux/hid_bpf.h")]
pub(crate) struct HidBpfOps {
    hid_id: i32,
    flags: u32,
    list: ListHead,
    #[optional]
    hid_device_event: fn(ctx: &HidBpfCtx, report_type: HidReportType, source: u64) -> i32,
    #[optional]
    #[sleepable]
    hid_rdesc_fixup: fn(ctx: &HidBpfCtx) -> i32,
    #[optional]
    #[sleepable]
    hid_hw_request: fn(
        ctx: &HidBpfCtx,
        reportnum: u8,
        rtype: HidReportType,
        reqtype: HidClassRequest,
        source: u64,
    ) -> i32,
    #[optional]
    #[sleepable]
    hid_hw_output_report: fn(ctx: &HidBpfCtx, source: u64) -> i32,
    hdev: Address<HidDevice>,
}

impl StructOpsType for HidBpfOps {}

/// A request that became a connection.
#[kernel_struct("net/inet_sock.h")]
pub(crate) struct InetRequestSock;

/// A socket of TCP that is passed as what it is.
#[kernel_struct("linux/tcp.h", name = "tcp_sock")]
pub(crate) struct PlainTcpSock;

/// `net/smc/smc_hs_bpf.c`
#[struct_ops(kernel = "net/smc.h")]
pub(crate) struct SmcHsCtrl {
    list: ListHead,
    owner: ModulePtr,
    name: Name<16>,
    flags: i32,
    #[optional]
    syn_option: fn(tp: &PlainTcpSock) -> i32,
    #[optional]
    synack_option: fn(tp: Const<&PlainTcpSock>, ireq: &InetRequestSock) -> i32,
}

impl StructOpsType for SmcHsCtrl {}

/// A program that is being executed.
#[kernel_struct("linux/binfmts.h")]
pub(crate) struct LinuxBinprm;

/// `fs/binfmt_misc_bpf.c`
#[struct_ops(kernel = "linux/binfmt_misc.h")]
pub(crate) struct BinfmtMiscOps {
    #[sleepable]
    r#match: fn(bprm: &LinuxBinprm) -> bool,
    #[sleepable]
    load: fn(bprm: &LinuxBinprm) -> i32,
    name: Name<16>,
}

impl StructOpsType for BinfmtMiscOps {}

/// What the test runner passes.
#[kernel_struct("linux/bpf.h")]
pub(crate) struct BpfDummyOpsState;

/// `net/bpf/bpf_dummy_struct_ops.c`
#[struct_ops(kernel = "linux/bpf.h")]
pub(crate) struct BpfDummyOps {
    test_1: fn(cb: Option<&BpfDummyOpsState>) -> i32,
    test_2: fn(cb: &BpfDummyOpsState, a1: i32, a2: u16, a3: Char, a4: usize) -> i32,
    #[sleepable]
    test_sleepable: fn(cb: &BpfDummyOpsState) -> i32,
}

impl StructOpsType for BpfDummyOps {}

/// A queueing discipline, of another module.
#[kernel_struct("net/sch_generic.h", name = "Qdisc_ops")]
pub(crate) struct OtherQdiscOps;

/// Its classes.
#[kernel_struct("net/sch_generic.h", name = "Qdisc_class_ops")]
pub(crate) struct QdiscClassOps;

/// The discipline in use.
#[kernel_struct("net/sch_generic.h", name = "Qdisc")]
pub(crate) struct Qdisc;

/// An attribute that user space has sent.
#[kernel_struct("linux/netlink.h", name = "nlattr")]
pub(crate) struct Nlattr;

/// Where errors are explained.
#[kernel_struct("linux/netlink.h")]
pub(crate) struct NetlinkExtAck;

/// `net/sched/bpf_qdisc.c`
#[struct_ops(kernel = "net/sch_generic.h", name = "Qdisc_ops")]
pub(crate) struct QdiscOps {
    next: Address<OtherQdiscOps>,
    cl_ops: Const<Address<QdiscClassOps>>,
    id: Name<16>,
    priv_size: i32,
    #[private]
    static_flags: u32,
    enqueue: fn(skb: ARef<SkBuff>, sch: &Qdisc, to_free: Address<Address<SkBuff>>) -> i32,
    dequeue: fn(sch: &Qdisc) -> Option<ARef<SkBuff>>,
    #[unsupported]
    peek: fn(),
    #[optional]
    init: fn(sch: &Qdisc, arg: Option<&Nlattr>, extack: Option<&NetlinkExtAck>) -> i32,
    #[optional]
    reset: fn(sch: &Qdisc),
    #[optional]
    destroy: fn(sch: &Qdisc),
    #[unsupported]
    change: fn(),
    #[unsupported]
    attach: fn(),
    #[unsupported]
    change_tx_queue_len: fn(),
    #[unsupported]
    change_real_num_tx: fn(),
    #[unsupported]
    dump: fn(),
    #[unsupported]
    dump_stats: fn(),
    #[unsupported]
    ingress_block_set: fn(),
    #[unsupported]
    egress_block_set: fn(),
    #[unsupported]
    ingress_block_get: fn(),
    #[unsupported]
    egress_block_get: fn(),
    owner: ModulePtr,
}

impl StructOpsType for QdiscOps {}
