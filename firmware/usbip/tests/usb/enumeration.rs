//! Who the device says that it is, byte for byte.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use usbip::wire::{ST_NODEV, status::EPIPE, word};

use crate::{
    desk::{SERIAL, parrot},
    host::{Host, import},
    port::Port,
};

const DEVICE: [u8; 18] = [
    18, 0x01, // length, DEVICE
    0x10, 0x02, // USB 2.1: it has a BOS descriptor
    0xEF, 0x02, 0x01, // functions are grouped by association descriptors
    64,   // bytes of a packet of endpoint 0
    0x09, 0x12, 0x01, 0x00, // 1209:0001, pid.codes' test id
    0x17, 0x04, // build 20417
    1, 2, 3, // strings
    1, // configuration
];

#[rustfmt::skip]
const CONFIGURATION: [u8; 70] = [
    9, 0x02, 70, 0, 2, 1, 0, 0x80, 100,              // two interfaces, powered by the bus, 200 mA
    8, 0x0B, 0, 2, 0x02, 0x02, 0x00, 0,              // association: interfaces 0 and 1 are a CDC-ACM
    9, 0x04, 0, 0, 1, 0x02, 0x02, 0x00, 0,           // interface 0: communication
    5, 0x24, 0x00, 0x10, 0x01,                       // CDC 1.10
    4, 0x24, 0x02, 0x02,                             // ACM: line coding and control line state
    5, 0x24, 0x06, 0, 1,                             // union: 0 controls 1
    7, 0x05, 0x81, 0x03, 8, 0, 255,                  // interrupt IN, 8 bytes, each 255 ms
    9, 0x04, 1, 0, 2, 0x0A, 0x00, 0x00, 0,           // interface 1: data
    7, 0x05, 0x01, 0x02, 64, 0, 0,                   // bulk OUT, 64 bytes
    7, 0x05, 0x82, 0x02, 64, 0, 0,                   // bulk IN, 64 bytes
];

fn string(text: &str) -> Vec<u8> {
    let mut bytes = vec![2 + 2 * text.len() as u8, 0x03];
    bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    bytes
}

#[test]
fn the_descriptors_are_these_bytes() {
    let table = parrot();
    let mut host = Host::attach(table.address());
    let mut descriptor = |value, index, length| host.control_in(0x80, 6, value, index, length);
    assert_eq!(descriptor(0x0100, 0, 64).unwrap(), DEVICE);
    assert_eq!(descriptor(0x0200, 0, 512).unwrap(), CONFIGURATION);
    // Strings: languages, manufacturer, product, serial number.
    assert_eq!(descriptor(0x0300, 0, 255).unwrap(), [4, 3, 0x09, 0x04]);
    assert_eq!(descriptor(0x0301, 0x0409, 255).unwrap(), string("Stelala"));
    assert_eq!(descriptor(0x0302, 0x0409, 255).unwrap(), string("DEF fiscal memory"));
    assert_eq!(descriptor(0x0303, 0x0409, 255).unwrap(), string(SERIAL));
    assert_eq!(descriptor(0x0304, 0x0409, 255), Err(EPIPE));
    // USB 2.0 extension, no link power management.
    assert_eq!(descriptor(0x0F00, 0, 255).unwrap(), [5, 0x0F, 12, 0, 1, 7, 0x10, 0x02, 0, 0, 0, 0]);
}

#[test]
fn a_host_gets_as_much_of_a_descriptor_as_it_asks_for() {
    let table = parrot();
    let mut host = Host::attach(table.address());
    let whole = host.control_in(0x80, 6, 0x0200, 0, 512).unwrap();
    for length in 1..=whole.len() {
        let part = host.control_in(0x80, 6, 0x0200, 0, length as u16).unwrap();
        assert_eq!(part, whole[..length]);
    }
}

#[test]
fn a_host_that_addresses_and_configures_the_device_finds_it_configured() {
    let table = parrot();
    let mut host = Host::attach(table.address());
    assert_eq!(host.control_in(0x80, 8, 0, 0, 1).unwrap(), [0]);
    host.control_out(0x00, 5, 23, 0, &[]).unwrap();
    host.control_out(0x00, 9, 1, 0, &[]).unwrap();
    assert_eq!(host.control_in(0x80, 8, 0, 0, 1).unwrap(), [1]);
    assert_eq!(host.control_in(0x80, 0, 0, 0, 2).unwrap(), [0, 0], "powered by the bus, no wake-up");
    assert_eq!(host.control_in(0x81, 10, 0, 1, 1).unwrap(), [0], "the only setting of interface 1");
    assert_eq!(host.control_out(0x00, 9, 2, 0, &[]), Err(EPIPE), "there is no second configuration");
}

#[test]
fn the_line_coding_is_kept_as_it_was_set() {
    let table = parrot();
    let mut port = Port::plug_in(table.address());
    let coding = |port: &mut Port| port.host.control_in(0xA1, 0x21, 0, 0, 7).unwrap();
    assert_eq!(coding(&mut port), [0x00, 0xC2, 0x01, 0x00, 0, 0, 8], "115,200 8N1");
    let other = [0x80, 0x25, 0x00, 0x00, 2, 2, 7];
    port.host.control_out(0x21, 0x20, 0, 0, &other).unwrap();
    assert_eq!(coding(&mut port), other, "9,600 7E2");
    port.host.control_out(0x21, 0x22, 3, 0, &[]).unwrap();
    port.host.control_out(0x21, 0x22, 0, 0, &[]).unwrap();
}

#[test]
fn what_the_device_does_not_know_it_stalls_and_goes_on() {
    let table = parrot();
    let mut port = Port::open(table.address());
    let unknown_in = [
        (0x80, 6, 0x0600, 0, 10), // GET_DESCRIPTOR of another kind than there is
        (0xA1, 0x55, 0, 0, 7),    // class, unknown
        (0xA1, 0x21, 0, 1, 7),    // the line coding of the wrong interface
        (0xA1, 0x21, 0, 0, 6),    // a line coding that is cut short
        (0xC0, 0x01, 0, 0, 64),   // vendor
        (0x82, 0x55, 0, 0x81, 2), // endpoint, unknown
        (0x81, 0, 0, 9, 2),       // an interface that there is not
    ];
    for (index, (kind, request, value, at, length)) in unknown_in.into_iter().enumerate() {
        let answer = port.host.control_in(kind, request, value, at, length);
        if index == 0 {
            // The device qualifier, as the stack answers although the device knows one speed only.
            assert_eq!(answer.unwrap().len(), 10);
        } else {
            assert_eq!(answer, Err(EPIPE), "{kind:#x} {request:#x}");
        }
    }
    let unknown_out: [(u8, u8, u16, u16, &[u8]); 6] = [
        (0x21, 0x55, 0, 0, &[]),
        (0x21, 0x20, 0, 0, &[1, 2, 3]), // half a line coding
        (0x21, 0x22, 1, 1, &[]),        // the control lines of the wrong interface
        (0x40, 0x01, 0, 0, &[1; 64]),   // vendor
        (0x40, 0x01, 0, 0, &[1; 65]),   // more than there is room for
        (0x01, 11, 7, 1, &[]),          // a setting that there is not
    ];
    for (kind, request, value, at, data) in unknown_out {
        assert_eq!(
            port.host.control_out(kind, request, value, at, data),
            Err(EPIPE),
            "{kind:#x} {request:#x}"
        );
    }
    assert_eq!(port.ask("8 still"), "still".repeat(2)[..6]);
}

#[test]
fn a_client_finds_the_device_in_the_list_and_is_told_the_same_when_it_takes_it() {
    let table = parrot();
    let mut stream = TcpStream::connect(table.address()).unwrap();
    stream.write_all(&[0x01, 0x11, 0x80, 0x05, 0, 0, 0, 0]).unwrap();
    let mut list = vec![0; 12 + 312 + 8];
    stream.read_exact(&mut list).unwrap();
    assert_eq!(list[..12], [0x01, 0x11, 0x00, 0x05, 0, 0, 0, 0, 0, 0, 0, 1]);
    let device = &list[12..324];
    assert!(device.starts_with(b"/sys/devices/pci0000:00/0000:00:01.2/usb1/1-1\0"));
    assert_eq!(&device[256..260], b"1-1\0");
    assert_eq!(device[288..300], [0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2], "bus 1, device 2, full speed");
    let ids = [0x12, 0x09, 0x00, 0x01, 0x04, 0x17, 0xEF, 0x02, 0x01, 0, 1, 2];
    assert_eq!(device[300..312], ids);
    assert_eq!(list[324..], [0x02, 0x02, 0x00, 0, 0x0A, 0x00, 0x00, 0]);
    assert_eq!(Host::attach(table.address()).described, device);
}

#[test]
fn the_device_is_given_to_one_host_at_a_time() {
    let table = parrot();
    let first = Host::attach(table.address());
    assert!(Host::try_attach(table.address()).is_err());
    drop(first);
    Host::attach(table.address());
}

#[test]
fn a_device_that_there_is_not_is_not_given() {
    let table = parrot();
    let mut stream = TcpStream::connect(table.address()).unwrap();
    stream.write_all(&import(b"1-11")).unwrap();
    let mut reply = [0; 8];
    stream.read_exact(&mut reply).unwrap();
    assert_eq!(word(&reply, 4), ST_NODEV);
}
