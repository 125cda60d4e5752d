use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use def_client::{Address, Line};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use super::*;

/// A sysfs as the kernel makes it, and a /dev beside it.
struct Machine {
    folder: tempfile::TempDir,
}

impl Machine {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for made in
            ["sys/class/tty", "sys/bus/usb/devices", "sys/devices/platform/serial8250/tty/ttyS0", "dev"]
        {
            fs::create_dir_all(folder.path().join(made)).unwrap();
        }
        let machine = Self { folder };
        // A port of the board itself, and a console, which has no device.
        machine.link("sys/devices/platform/serial8250/tty/ttyS0/device", "../../../serial8250");
        machine.link("sys/class/tty/ttyS0", "../../devices/platform/serial8250/tty/ttyS0");
        fs::create_dir_all(machine.path("sys/devices/virtual/tty/tty0")).unwrap();
        machine.link("sys/class/tty/tty0", "../../devices/virtual/tty/tty0");
        machine
    }

    fn path(&self, inside: &str) -> PathBuf {
        self.folder.path().join(inside)
    }

    fn link(&self, at: &str, to: &str) {
        symlink(to, self.path(at)).unwrap();
    }

    fn roots(&self) -> Roots {
        Roots { sys: self.path("sys"), dev: self.path("dev") }
    }

    /// A device at a port of the hub, without a serial port yet.
    fn plug(&self, hub_port: &str, files: &[(&str, &str)]) -> String {
        let usb = format!("sys/devices/pci0000:00/0000:00:14.0/usb1/{hub_port}");
        fs::create_dir_all(self.path(&usb)).unwrap();
        for (name, text) in files {
            fs::write(self.path(&usb).join(name), format!("{text}\n")).unwrap();
        }
        self.link(
            &format!("sys/bus/usb/devices/{hub_port}"),
            &format!("../../../devices/pci0000:00/0000:00:14.0/usb1/{hub_port}"),
        );
        usb
    }

    fn port(&self, hub_port: &str, port: &str) {
        let inside = format!("devices/pci0000:00/0000:00:14.0/usb1/{hub_port}/{hub_port}:1.0/tty/{port}");
        fs::create_dir_all(self.path("sys").join(&inside)).unwrap();
        self.link(&format!("sys/{inside}/device"), &format!("../../../{hub_port}:1.0"));
        self.link(&format!("sys/class/tty/{port}"), &format!("../../{inside}"));
        fs::write(self.path("dev").join(port), "").unwrap();
    }

    fn def(&self, hub_port: &str, port: &str, serial: &str) {
        self.plug(hub_port, &def(serial));
        self.port(hub_port, port);
    }

    fn unplug(&self, hub_port: &str, port: &str) {
        let usb = self.path("sys/devices/pci0000:00/0000:00:14.0/usb1").join(hub_port);
        fs::remove_dir_all(usb).unwrap();
        for gone in [
            self.path("sys/class/tty").join(port),
            self.path("sys/bus/usb/devices").join(hub_port),
            self.path("dev").join(port),
        ] {
            fs::remove_file(gone).unwrap();
        }
    }

    fn find(&self, serial: Option<&str>) -> Result<Found, FindFault> {
        let serial = serial.map(|serial| serial.parse().unwrap());
        Place::Usb { serial, roots: self.roots() }.find()
    }

    fn at(&self, port: &str) -> Address {
        Address::Serial(self.path("dev").join(port))
    }
}

fn def(serial: &str) -> [(&'static str, &str); 5] {
    [
        ("idVendor", "1209"),
        ("idProduct", "0001"),
        ("manufacturer", "Stelala"),
        ("product", "DEF fiscal memory"),
        ("serial", serial),
    ]
}

const MODEM: [(&str, &str); 5] = [
    ("idVendor", "12d1"),
    ("idProduct", "1506"),
    ("manufacturer", "HUAWEI"),
    ("product", "HUAWEI Mobile"),
    ("serial", "DEF-000001"),
];

#[test]
fn a_device_is_found_by_its_ids_and_its_manufacturer() {
    let machine = Machine::new();
    machine.def("1-2", "ttyACM0", "DEF-000001");
    let found = machine.find(None).unwrap();
    assert_eq!(found, Found { address: machine.at("ttyACM0"), serial: Some("DEF-000001".parse().unwrap()) });
    assert_eq!(machine.find(Some("DEF-000001")).unwrap(), found);
}

#[test]
fn none_is_found_where_there_is_none() {
    let machine = Machine::new();
    assert_eq!(machine.find(None).unwrap_err().code(), "NO_DEVICE");
    assert_eq!(machine.find(Some("DEF-000001")).unwrap_err().code(), "NO_DEVICE");
}

#[test]
fn of_two_devices_the_serial_number_says_which() {
    let machine = Machine::new();
    machine.def("1-2", "ttyACM0", "DEF-000002");
    machine.def("1-3", "ttyACM1", "DEF-000001");
    assert_eq!(machine.find(Some("DEF-000001")).unwrap().address, machine.at("ttyACM1"));
    assert_eq!(machine.find(Some("DEF-000002")).unwrap().address, machine.at("ttyACM0"));
    let fault = machine.find(None).unwrap_err();
    assert_eq!(fault.code(), "SEVERAL_DEVICES");
    assert!(fault.to_string().starts_with("DEF-000001, DEF-000002 are plugged in: "), "{fault}");
}

#[test]
fn two_devices_with_one_serial_number_are_not_told_apart() {
    let machine = Machine::new();
    machine.def("1-2", "ttyACM0", "DEF-000001");
    machine.def("1-3", "ttyACM1", "DEF-000001");
    assert_eq!(machine.find(Some("DEF-000001")).unwrap_err().code(), "SEVERAL_DEVICES");
}

#[test]
fn another_serial_number_than_the_configured_one_is_named() {
    let machine = Machine::new();
    machine.def("1-2", "ttyACM0", "DEF-000002");
    let fault = machine.find(Some("DEF-000001")).unwrap_err();
    assert_eq!(fault.code(), "OTHER_DEVICE");
    assert!(fault.to_string().starts_with("DEF-000001 is not plugged in, DEF-000002 is: "), "{fault}");
}

#[test]
fn a_modem_beside_it_is_left_alone_whatever_serial_number_it_claims() {
    let machine = Machine::new();
    machine.plug("1-1", &MODEM);
    machine.port("1-1", "ttyACM0");
    assert_eq!(machine.find(None).unwrap_err().code(), "NO_DEVICE");
    machine.def("1-2", "ttyACM1", "DEF-000001");
    assert_eq!(machine.find(Some("DEF-000001")).unwrap().address, machine.at("ttyACM1"));
    let others = machine.roots().walk().unwrap().others;
    assert_eq!(others.len(), 1);
    assert_eq!(
        (&*others[0].port, &*others[0].ids, &*others[0].name),
        ("ttyACM0", "12d1:1506", "HUAWEI HUAWEI Mobile")
    );
}

#[test]
fn a_board_of_others_with_the_ids_that_are_lent_for_tests_is_not_one_of_ours() {
    let machine = Machine::new();
    let mut board = def("DEF-000001");
    board[2].1 = "A hobby";
    machine.plug("1-2", &board);
    machine.port("1-2", "ttyACM0");
    assert_eq!(machine.find(None).unwrap_err().code(), "NO_DEVICE");
}

#[test]
fn a_serial_number_with_control_characters_is_no_name_and_is_shown_without_them() {
    let machine = Machine::new();
    for (hub_port, port, serial) in [
        ("1-1", "ttyACM0", "DEF-000001\n../../etc"),
        ("1-2", "ttyACM1", "DEF-\u{1b}[2J0001"),
        ("1-3", "ttyACM2", ""),
        ("1-4", "ttyACM3", "DEF-000001\n"),
    ] {
        machine.def(hub_port, port, serial);
    }
    assert_eq!(machine.find(None).unwrap_err().code(), "NO_DEVICE");
    let walk = machine.roots().walk().unwrap();
    assert!(walk.others.iter().all(|other| other.nameless) && walk.others.len() == 4, "{walk:?}");
    let mut shouting = def("x y");
    shouting[3].1 = "DEF \u{1b}]0;owned\u{7} \u{202e}memory";
    machine.plug("1-5", &shouting);
    machine.port("1-5", "ttyACM4");
    let walk = machine.roots().walk().unwrap();
    assert!(
        walk.others.iter().all(|other| other.name.bytes().all(|byte| (b' '..=b'~').contains(&byte))),
        "{walk:?}"
    );
}

#[test]
fn a_device_that_went_away_while_it_was_looked_at_was_not_there() {
    let machine = Machine::new();
    machine.def("1-2", "ttyACM0", "DEF-000001");
    machine.def("1-3", "ttyACM1", "DEF-000002");
    // The kernel takes the device's files away before the links of its class.
    fs::remove_dir_all(machine.path("sys/devices/pci0000:00/0000:00:14.0/usb1/1-2")).unwrap();
    assert_eq!(machine.find(None).unwrap().address, machine.at("ttyACM1"));
    // Half of them.
    fs::remove_file(machine.path("sys/devices/pci0000:00/0000:00:14.0/usb1/1-3/idProduct")).unwrap();
    assert_eq!(machine.find(None).unwrap_err().code(), "NO_DEVICE");
}

#[test]
fn a_device_for_which_the_system_made_no_port_is_named() {
    let machine = Machine::new();
    machine.plug("1-2", &def("DEF-000001"));
    let fault = machine.find(None).unwrap_err();
    assert_eq!(fault.code(), "NO_PORT");
    assert!(fault.to_string().contains("DEF-000001") && fault.to_string().contains("cdc_acm"), "{fault}");
    machine.def("1-3", "ttyACM0", "DEF-000002");
    assert_eq!(machine.find(Some("DEF-000001")).unwrap_err().code(), "NO_PORT");
    assert_eq!(machine.find(None).unwrap().address, machine.at("ttyACM0"));
}

#[test]
fn the_name_by_serial_number_is_taken_where_udev_made_it() {
    let machine = Machine::new();
    machine.def("1-2", "ttyACM0", "DEF-000001");
    fs::create_dir_all(machine.path("dev/serial/by-id")).unwrap();
    machine.link("dev/serial/by-id/usb-HUAWEI_Mobile-if00", "../../ttyACM7");
    machine.link("dev/serial/by-id/usb-Stelala_DEF_fiscal_memory_DEF-000001-if00", "../../ttyACM0");
    let by_id = "serial/by-id/usb-Stelala_DEF_fiscal_memory_DEF-000001-if00";
    assert_eq!(machine.find(None).unwrap().address, machine.at(by_id));
}

#[test]
fn a_machine_without_sysfs_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let roots = Roots { sys: folder.path().join("sys"), dev: folder.path().join("dev") };
    let fault = Place::Usb { serial: None, roots }.find().unwrap_err();
    assert_eq!(fault.code(), "SYSFS_UNREADABLE");
}

#[test]
fn a_configured_path_or_serial_server_is_taken_as_it_is() {
    for text in ["/dev/ttyUSB3", "tcp://192.168.1.20:4001"] {
        let Ok(address) = text.parse::<Address>();
        let place = Place::At(address.clone());
        assert_eq!(place.to_string(), text);
        assert_eq!(place.find().unwrap(), Found { address, serial: None });
    }
}

/// The firmware's program cannot be linked here: it is for another machine.
#[test]
fn the_ids_are_those_of_the_firmware() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../firmware/def-usb/src/identity.rs");
    let text = fs::read_to_string(file).unwrap();
    for line in [
        format!("pub const VENDOR_ID: u16 = {VENDOR_ID:#06x};"),
        format!("pub const PRODUCT_ID: u16 = {PRODUCT_ID:#06x};"),
        format!("pub const MANUFACTURER: &str = \"{MANUFACTURER}\";"),
    ] {
        assert!(text.contains(&line), "{line}");
    }
}

#[test]
fn the_udev_rule_has_the_same_ids() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packaging/deb/60-stelala-def.rules");
    let text = fs::read_to_string(file).unwrap();
    for part in [
        format!("ATTRS{{idVendor}}==\"{VENDOR_ID:04x}\""),
        format!("ATTRS{{idProduct}}==\"{PRODUCT_ID:04x}\""),
        format!("ATTRS{{manufacturer}}==\"{MANUFACTURER}\""),
    ] {
        assert!(text.contains(&part), "{part}");
    }
}

/// A pseudo-terminal, which is a port as the line sees it.
fn terminal() -> (rustix::fd::OwnedFd, PathBuf) {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let name = ptsname(&master, Vec::new()).unwrap();
    (master, name.into_string().unwrap().into())
}

#[test]
fn a_device_that_comes_back_at_another_port_is_opened_there() {
    let machine = Machine::new();
    machine.def("1-2", "ttyACM0", "DEF-000001");
    let (first, path) = terminal();
    fs::remove_file(machine.path("dev/ttyACM0")).unwrap();
    symlink(path, machine.path("dev/ttyACM0")).unwrap();
    let mut line = FoundPort::new(Place::Usb { serial: None, roots: machine.roots() });
    line.open().unwrap();
    assert_eq!(line.found().unwrap().address, machine.at("ttyACM0"));
    line.send(b"\x02").unwrap();
    let mut byte = [0];
    assert_eq!(rustix::io::read(&first, &mut byte).unwrap(), 1);

    machine.unplug("1-2", "ttyACM0");
    let fault = line.open().unwrap_err();
    assert_eq!(fault.kind(), std::io::ErrorKind::NotFound);
    assert!(line.found().is_none() && line.send(b"\x02").is_err());

    machine.def("1-2", "ttyACM3", "DEF-000001");
    let (second, path) = terminal();
    fs::remove_file(machine.path("dev/ttyACM3")).unwrap();
    symlink(path, machine.path("dev/ttyACM3")).unwrap();
    line.open().unwrap();
    assert_eq!(line.found().unwrap().address, machine.at("ttyACM3"));
    line.send(b"\x03").unwrap();
    assert_eq!(rustix::io::read(&second, &mut byte).unwrap(), 1);
    // Opened again it is not in its own way.
    line.open().unwrap();
}
