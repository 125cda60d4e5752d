//! What needs the machine: registers, the entry, the end.

mod fmc;
mod host;
mod power;
mod random;
mod register;
mod timer;
mod uart;

use core::marker::PhantomData;

use cortex_m_rt::entry;
use def_engine::{
    Device, FactoryPage, Firmware,
    board::{Board, NoSlots, Parts, Protection},
};
use embedded_storage::nor_flash::ReadNorFlash;
use qemu::{Element, Keeper, OffsetClock, layout};
use w25q::{W25q, Window};

use self::{fmc::Chip, host::HostTime, random::ScuRandom, timer::Timer, uart::Uart};

/// The two flashes: the journal's, and the one for all the rest.
type Flash = W25q<Chip, Timer>;

struct Emulated<'k>(PhantomData<&'k ()>);

impl<'k> Board for Emulated<'k> {
    type Flash = Window<Flash>;
    type Element = Element<'k, Flash, ScuRandom>;
    type Clock = OffsetClock<'k, Flash, HostTime>;
    type Ticks = Timer;
    type Random = ScuRandom;
    type Protection = Open;
    type Slots = NoSlots;
}

/// QEMU shows its machine's insides to whoever starts it.
struct Open;

impl Protection for Open {
    fn debug_locked(&mut self) -> bool {
        false
    }
}

const FIRMWARE: Firmware = Firmware { version: env!("CARGO_PKG_VERSION"), build: 1 };

#[entry]
fn main() -> ! {
    let memory = power::memory();
    let timer = Timer::start();
    let mut uart = Uart::start();
    let (page, journal, rest) = flashes(timer).unwrap_or_else(|fault| host::end(fault));
    let keeper = Keeper::open(rest);
    let mut clock = OffsetClock::new(&keeper, HostTime);
    if host::was_told("clock-lost") {
        clock.lose_power();
    }
    let parts = Parts::<Emulated<'_>> {
        flash: journal,
        element: Element::new(&keeper, ScuRandom),
        clock,
        ticks: timer,
        random: ScuRandom,
        protection: Open,
        slots: NoSlots,
    };
    let mut device = Device::start(parts, page.factory(FIRMWARE), memory);
    uart.say_ready();
    loop {
        uart.serve(&mut device);
        if !device.idle() {
            power::sleep_unless(|| uart.has_input());
        }
    }
}

/// The factory page, the journal's sectors, and the flash that keeps the rest.
fn flashes(timer: Timer) -> Result<(FactoryPage, Window<Flash>, Flash), &'static str> {
    let start = |chip| W25q::power_up(chip, timer);
    let [journal, rest] = fmc::chips();
    let journal = start(journal).map_err(|_| "no W25Q answers as the first flash: give QEMU its drive")?;
    let mut rest = start(rest).map_err(|_| "no W25Q answers as the second flash: give QEMU its drive")?;
    let mut page = [0; FactoryPage::LENGTH];
    rest.read(layout::FACTORY_PAGE, &mut page).map_err(|_| "the second flash cannot be read")?;
    let page = FactoryPage::read(&page).map_err(|_| "the second flash has no factory page")?;
    let journal =
        Window::new(journal, page.sectors).ok_or("the factory page has more sectors than the first flash")?;
    Ok((page, journal, rest))
}
