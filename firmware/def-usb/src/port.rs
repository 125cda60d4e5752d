//! The USB port itself.

use embassy_futures::{
    join::join3,
    poll_once,
    select::{Either, select},
};
use embassy_usb::{
    Builder, UsbDevice,
    class::cdc_acm::{CdcAcmClass, Receiver, Sender, State},
    driver::Driver,
};
use heapless::String;

use crate::{
    identity::{Identity, MANUFACTURER, PRODUCT, config},
    line::{Change, Line, PACKET_BYTES},
    ordered::Ordered,
    watch::Watch,
};

/// The endpoint that answers leave by, as drivers number it that give each kind of endpoint the lowest free number:
/// 0x81 is the class's interrupt endpoint, which stays silent.
pub const DATA_IN: u8 = 0x82;

/// A full-speed device with one function, a CDC-ACM serial port.
pub struct Port<'d, D: Driver<'d>> {
    device: UsbDevice<'d, Ordered<D>>,
    receiver: Receiver<'d, Ordered<D>>,
    sender: Sender<'d, Ordered<D>>,
    line: &'d Line,
}

/// The port's working memory: give it a place of its own.
pub struct Memory<'d> {
    serial: String<{ LONGEST_SERIAL }>,
    configuration: [u8; 96],
    bos: [u8; 16],
    control: [u8; CONTROL_BYTES],
    watch: Option<Watch<'d>>,
    class: State<'d>,
}

/// Of a device id, in bytes.
const LONGEST_SERIAL: usize = 20;
/// For the data of a control request.
const CONTROL_BYTES: usize = 64;

/// Every string fits there: a character takes two bytes, and two go before them; the stack wants room for another.
const _: () = {
    let mut lengths: &[usize] = &[MANUFACTURER.len(), PRODUCT.len(), LONGEST_SERIAL];
    while let [length, rest @ ..] = lengths {
        assert!(2 * *length + 4 <= CONTROL_BYTES);
        lengths = rest;
    }
};

impl Memory<'_> {
    /// For one port.
    #[allow(clippy::new_without_default, reason = "it is made in its place, by name")]
    pub const fn new() -> Self {
        Self {
            serial: String::new(),
            configuration: [0; 96],
            bos: [0; 16],
            control: [0; CONTROL_BYTES],
            watch: None,
            class: State::new(),
        }
    }
}

impl<'d, D: Driver<'d>> Port<'d, D> {
    /// Takes a controller and a line.
    pub fn new(driver: D, identity: Identity, line: &'d Line, memory: &'d mut Memory<'d>) -> Self {
        let Memory { serial, configuration, bos, control, watch, class } = memory;
        serial.clear();
        // The longest id fits.
        let _ = serial.push_str(identity.serial.as_str());
        let config = config(serial, identity.release());
        let mut builder = Builder::new(Ordered(driver), config, configuration, bos, &mut [], control);
        // First, so that it hears of requests which the class answers.
        builder.handler(watch.insert(Watch(line)));
        let class = CdcAcmClass::new(&mut builder, class, PACKET_BYTES as u16);
        let (sender, receiver) = class.split();
        Self { device: builder.build(), receiver, sender, line }
    }

    /// Serves hosts for ever.
    ///
    /// `withdraw` is called when a host went: it takes back the packet that the controller holds on [`DATA_IN`] for a
    /// host that did not fetch it, so that the next host does not. Where the controller cannot do that, `|| {}` leaves
    /// at most that one packet to the next host: a piece of a frame, or a whole short answer whose correlation it does
    /// not know.
    pub async fn run(&mut self, withdraw: impl FnMut()) -> ! {
        let Self { device, receiver, sender, line } = self;
        // In this order: what a host sent before it went is taken before it is known that it went.
        join3(receive(line, receiver), send(line, sender, withdraw), device.run()).await.2
    }
}

async fn receive<'d, D: Driver<'d>>(line: &Line, receiver: &mut Receiver<'d, D>) {
    let mut packet = [0; PACKET_BYTES];
    loop {
        let session = line.session();
        if line.room(session).await.is_err() {
            // What the controller took while the queue was full is the old host's.
            let _ = poll_once(receiver.read_packet(&mut packet));
            continue;
        }
        match receiver.read_packet(&mut packet).await {
            Ok(length) => line.push(packet.get(..length).unwrap_or_default()),
            Err(_) => receiver.wait_connection().await,
        }
    }
}

async fn send<'d, D: Driver<'d>>(line: &Line, sender: &mut Sender<'d, D>, mut withdraw: impl FnMut()) {
    loop {
        let session = line.session();
        while let Ok(packet) = line.packet(session).await {
            match select(line.hung_up(session), sender.write_packet(packet.bytes())).await {
                Either::Second(Ok(())) => {}
                Either::Second(Err(_)) => {
                    // A packet is lost, and with it the frame.
                    line.change(Change::Interrupted);
                    sender.wait_connection().await;
                }
                Either::First(()) => break,
            }
        }
        withdraw();
    }
}
