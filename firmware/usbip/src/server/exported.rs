//! What a client is told of the device before it has it.

use std::{
    io,
    sync::mpsc::{self, Receiver},
    time::Duration,
};

use crate::{
    Controller,
    server::BUS_ID,
    wire::{BUS_ID_BYTES, Direction, Done, PATH_BYTES, Reply, Urb},
};

/// Where it would be on a machine that had it.
const PATH: &str = "/sys/devices/pci0000:00/0000:00:01.2/usb1/1-1";
const BUS_NUMBER: u32 = 1;
const DEVICE_NUMBER: u32 = 2;
/// Linux's `USB_SPEED_FULL`.
const FULL_SPEED: u32 = 2;

/// How long a device may take to say who it is.
const PATIENCE: Duration = Duration::from_secs(5);

const DEVICE: u8 = 1;
const CONFIGURATION: u8 = 2;
const INTERFACE: u8 = 4;

/// The device's descriptors.
pub(super) struct Exported {
    device: [u8; 18],
    configuration: Vec<u8>,
}

impl Exported {
    /// Asks the device, as the machine does that has it plugged in.
    pub(super) fn read(controller: &Controller) -> io::Result<Self> {
        let (sender, replies) = mpsc::channel();
        if !controller.plug(sender) {
            return Err(io::Error::new(
                io::ErrorKind::AddrInUse,
                "the device has a host: pull that plug first",
            ));
        }
        let device = descriptor(controller, &replies, DEVICE, 18);
        let configuration = descriptor(controller, &replies, CONFIGURATION, 512);
        controller.unplug();
        let device = device?.try_into().map_err(|_| mute())?;
        Ok(Self { device, configuration: configuration? })
    }

    /// As it stands in both replies.
    pub(super) fn device(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(312);
        bytes.extend(PATH.as_bytes());
        bytes.resize(PATH_BYTES, 0);
        bytes.extend(BUS_ID.as_bytes());
        bytes.resize(PATH_BYTES + BUS_ID_BYTES, 0);
        for number in [BUS_NUMBER, DEVICE_NUMBER, FULL_SPEED] {
            bytes.extend(number.to_be_bytes());
        }
        // Vendor, product, release: little-endian in the descriptor.
        for at in [8, 10, 12] {
            bytes.extend([self.device[at + 1], self.device[at]]);
        }
        bytes.extend(&self.device[4..7]);
        // No configuration is active yet.
        bytes.extend([0, self.device[17], self.interface_count()]);
        bytes
    }

    /// Class, subclass and protocol of each, and a zero.
    pub(super) fn interfaces(&self) -> Vec<u8> {
        self.descriptors()
            .filter(|descriptor| descriptor.len() >= 9 && descriptor[1] == INTERFACE)
            .flat_map(|interface| [interface[5], interface[6], interface[7], 0])
            .collect()
    }

    fn interface_count(&self) -> u8 {
        self.configuration.get(4).copied().unwrap_or_default()
    }

    fn descriptors(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest = self.configuration.as_slice();
        std::iter::from_fn(move || {
            let length = usize::from(*rest.first()?).max(2);
            let (descriptor, others) = rest.split_at_checked(length)?;
            rest = others;
            Some(descriptor)
        })
    }
}

fn descriptor(
    controller: &Controller,
    replies: &Receiver<Reply>,
    kind: u8,
    length: u16,
) -> io::Result<Vec<u8>> {
    let [low, high] = length.to_le_bytes();
    controller.submit(Urb {
        seqnum: u32::from(kind),
        endpoint: 0,
        direction: Direction::In,
        flags: 0,
        length: u32::from(length),
        setup: [0x80, 6, 0, kind, 0, 0, low, high],
        data: Vec::new(),
    });
    match replies.recv_timeout(PATIENCE) {
        Ok(Reply::Done(Done { status: 0, data, .. })) => Ok(data),
        _ => Err(mute()),
    }
}

fn mute() -> io::Error {
    io::Error::other("the device does not say who it is")
}
