//! What is plugged in, as sysfs shows it.

use std::{
    ffi::OsStr,
    fs, io,
    path::{Path, PathBuf},
};

use fiscal::DeviceId;

use super::{FindFault, MANUFACTURER, PRODUCT_ID, Serials, VENDOR_ID};

/// Where the kernel and udev show what is plugged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roots {
    /// `/sys`
    pub sys: PathBuf,
    /// `/dev`
    pub dev: PathBuf,
}

impl Default for Roots {
    fn default() -> Self {
        Self { sys: "/sys".into(), dev: "/dev".into() }
    }
}

/// A fiscal memory with a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsbPort {
    /// What its descriptor says.
    pub serial: DeviceId,
    /// Its name by serial number in `/dev/serial/by-id`, or else `/dev/ttyACMn`.
    pub path: PathBuf,
}

/// A fiscal memory, with or without a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsbDef {
    /// What its descriptor says.
    pub serial: DeviceId,
}

/// Another thing that is plugged in and has a serial port, for a person to recognise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Other {
    /// `ttyACM0`
    pub port: String,
    /// `1209:0001`
    pub ids: String,
    /// Manufacturer and product, without what a terminal would obey.
    pub name: String,
    /// Whether it has our ids and our name, and no serial number that one of ours can have.
    pub nameless: bool,
}

/// All that was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UsbWalk {
    /// Fiscal memories with a port, by serial number.
    pub ports: Vec<UsbPort>,
    /// Fiscal memories for which the system made no port.
    pub without_port: Vec<UsbDef>,
    /// Others with a serial port.
    pub others: Vec<Other>,
}

impl Roots {
    /// Looks at every serial port and every USB device. What goes away meanwhile was not there.
    pub fn walk(&self) -> Result<UsbWalk, FindFault> {
        let mut walk = UsbWalk::default();
        for name in entries(&self.sys.join("class/tty"))? {
            let Some(usb) = self.usb_device_of(&name) else { continue };
            match Descriptor::read(&usb) {
                Some(Descriptor::Ours(serial)) => {
                    walk.ports.push(UsbPort { serial, path: self.node(&name) });
                }
                Some(Descriptor::Other { ids, name: product, nameless }) => {
                    walk.others.push(Other { port: name, ids, name: product, nameless });
                }
                None => {}
            }
        }
        // A machine without USB has no such folder.
        for name in entries(&self.sys.join("bus/usb/devices")).unwrap_or_default() {
            let usb = self.sys.join("bus/usb/devices").join(name);
            if let Some(Descriptor::Ours(serial)) = Descriptor::read(&usb)
                && walk.ports.iter().all(|port| port.serial != serial)
            {
                walk.without_port.push(UsbDef { serial });
            }
        }
        walk.ports.sort_by(|one, other| (one.serial, &one.path).cmp(&(other.serial, &other.path)));
        Ok(walk)
    }

    /// The USB device whose interface a port belongs to: `device` of a port leads to the interface, and that lies in the
    /// device.
    fn usb_device_of(&self, port: &str) -> Option<PathBuf> {
        let interface = fs::canonicalize(self.sys.join("class/tty").join(port).join("device")).ok()?;
        let device = interface.parent()?;
        device.join("idVendor").exists().then(|| device.to_owned())
    }

    /// A name that belongs to the device, where udev made one: behind `ttyACM0` there may be another device a moment
    /// later.
    fn node(&self, port: &str) -> PathBuf {
        let node = self.dev.join(port);
        let folder = self.dev.join("serial/by-id");
        let leads_here = |link: &PathBuf| {
            fs::read_link(link).is_ok_and(|to| to.file_name() == Some(OsStr::new(port)))
                && fs::canonicalize(link).ok() == fs::canonicalize(&node).ok()
        };
        let names = entries(&folder).unwrap_or_default();
        names.iter().map(|name| folder.join(name)).find(leads_here).unwrap_or(node)
    }
}

impl UsbWalk {
    /// The one with the serial number, or the only one.
    pub fn choose(self, wanted: Option<DeviceId>) -> Result<UsbPort, FindFault> {
        let Self { mut ports, without_port, .. } = self;
        let there = |ports: &[UsbPort]| Serials(ports.iter().map(|port| port.serial).collect());
        let is_wanted = |serial: DeviceId| wanted.is_none_or(|wanted| wanted == serial);
        if let Some(wanted) = wanted
            && !ports.is_empty()
            && ports.iter().all(|port| port.serial != wanted)
            && without_port.iter().all(|def| def.serial != wanted)
        {
            return Err(FindFault::Other { wanted, there: there(&ports) });
        }
        ports.retain(|port| is_wanted(port.serial));
        if ports.len() > 1 {
            return Err(FindFault::Several { there: there(&ports) });
        }
        match ports.pop() {
            Some(port) => Ok(port),
            None => match without_port.iter().find(|def| is_wanted(def.serial)) {
                Some(def) => Err(FindFault::NoPort { serial: def.serial }),
                None => Err(FindFault::Absent),
            },
        }
    }
}

/// What a device's descriptor says of it.
enum Descriptor {
    Ours(DeviceId),
    Other { ids: String, name: String, nameless: bool },
}

impl Descriptor {
    /// Of a device that is there still.
    fn read(usb: &Path) -> Option<Self> {
        let said = |file: &str| fs::read_to_string(usb.join(file)).ok();
        let (vendor, product) = (said("idVendor")?, said("idProduct")?);
        let (vendor, product) = (vendor.trim(), product.trim());
        let manufacturer = said("manufacturer").unwrap_or_default();
        let is_ours = hex(vendor) == Some(VENDOR_ID)
            && hex(product) == Some(PRODUCT_ID)
            && manufacturer.strip_suffix('\n') == Some(MANUFACTURER);
        if is_ours {
            // The kernel adds one line end. What else stands there is the device's, and an id has none of it.
            let serial = said("serial").unwrap_or_default();
            if let Ok(serial) = serial.strip_suffix('\n').unwrap_or(&serial).parse() {
                return Some(Self::Ours(serial));
            }
        }
        let name = format!("{} {}", manufacturer.trim(), said("product").unwrap_or_default().trim());
        Some(Self::Other {
            ids: plain(&format!("{vendor}:{product}")),
            name: plain(name.trim()),
            nameless: is_ours,
        })
    }
}

fn hex(digits: &str) -> Option<u16> {
    let fits = digits.len() == 4 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    if fits { u16::from_str_radix(digits, 16).ok() } else { None }
}

/// What a device says of itself is shown to people: printable ASCII, and not much of it.
fn plain(text: &str) -> String {
    let shown = |character: char| match character {
        ' '..='~' => character,
        _ => '?',
    };
    text.chars().take(80).map(shown).collect()
}

/// The names in a folder, in their order.
fn entries(folder: &Path) -> Result<Vec<String>, FindFault> {
    let unreadable = |cause: io::Error| FindFault::Unreadable { path: folder.display().to_string(), cause };
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        // Names of ports are ASCII; an entry that went away is none.
        if let Some(name) = entry.ok().and_then(|entry| entry.file_name().into_string().ok()) {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}
