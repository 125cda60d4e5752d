//! The start, and the loop.

use atecc608::Element;
use def_engine::{Device, Memory, board::Parts};
use def_usb::{Identity, Pace, Received};
use embassy_time::{Delay, Instant};
use rp2350::{
    leds::Lights,
    pins::{Blocks, Wiring},
    random::Mixer,
    slots::Slots,
    version::FIRMWARE,
};
use rv3028::Rv3028;
use static_cell::StaticCell;
use w25q::{W25q, Window};

use super::{
    bus::{self, JournalPins},
    chip::{self, Debug},
    fed::Fed,
    lamps,
    package::InPackage,
    parts::{Mixed, Product, SinceStart},
    trng::Trng,
    usb::{self, LINE, Waiting},
    watchdog,
};

#[cortex_m_rt::entry]
fn main() -> ! {
    let lights = Lights::new(watchdog::last_cause());
    // The limit of the stack; a deeper one is a fault. It was not set before.
    let _ = embassy_rp::install_core0_stack_guard();
    let (wiring, blocks) = Wiring::take(embassy_rp::init(embassy_rp::config::Config::default()));
    watchdog::start();
    let interrupts = usb::executor();
    let Wiring {
        green,
        amber,
        red,
        journal_select,
        journal_clock,
        journal_out,
        journal_in,
        bus_data,
        bus_clock,
    } = wiring;
    let Blocks { spi, i2c, usb, flash, .. } = blocks;
    if let Ok(task) = lamps::blink(lamps::Pins { green, amber, red }) {
        interrupts.spawn(task);
    }
    lamps::show(&lights);
    let debug = Debug::lock();

    let Ok(page) = chip::factory_page() else { broken(lights) };
    let pins =
        JournalPins { select: journal_select, clock: journal_clock, out: journal_out, input: journal_in };
    let journal =
        W25q::power_up(bus::journal(spi, pins), Delay).ok().and_then(|part| Window::new(part, page.sectors));
    let Some(journal) = journal else { broken(lights) };
    let (to_element, to_clock) = bus::shared(i2c, bus_data, bus_clock);
    let mut element = Element::new(to_element, Delay);
    let Ok(mixer) = Mixer::new(Trng::start(), element.random().ok()) else { broken(lights) };
    let mut clock = Rv3028::new(to_clock);
    // A clock that fails here tells no time, and the engine says what that means.
    let _ = clock.start(&mut Delay);
    let identity = Identity { serial: page.serial, build: FIRMWARE.build };
    if let Ok(task) = usb::serve(usb::driver(usb), identity) {
        interrupts.spawn(task);
    }

    let parts = Parts::<Product> {
        flash: Fed(journal),
        element,
        clock,
        ticks: SinceStart,
        random: Mixed(mixer),
        protection: debug,
        slots: Slots::new(InPackage::new(flash), chip::running_at()),
    };
    static MEMORY: StaticCell<Memory> = StaticCell::new();
    serve(Device::start(parts, page.factory(FIRMWARE), MEMORY.init_with(Memory::new)), lights)
}

/// How often the engine is asked what to show, in milliseconds: it asks the clock for that.
const GLANCE: u64 = 500;

/// Answers hosts, and does what is better done while nobody waits.
fn serve(mut device: Device<'static, Product>, mut lights: Lights) -> ! {
    let mut buffer = [0; 512];
    let mut glanced = None;
    while !device.wants_restart() {
        watchdog::feed();
        let now = Instant::now().as_millis();
        if glanced.is_none_or(|at| now.saturating_sub(at) >= GLANCE) {
            glanced = Some(now);
            lights.running(now, device.condition(), device.is_updating());
        }
        lamps::show(&lights);
        match LINE.take(&mut buffer) {
            Received::Bytes(count) => {
                lights.busy(true);
                lamps::show(&lights);
                // Never more than it was given.
                let bytes = buffer.get(..count).unwrap_or_default();
                device.receive(bytes, &mut LINE.answers(Waiting));
                lights.busy(false);
            }
            Received::Closed => device.line_closed(),
            Received::Nothing if device.idle() => {}
            Received::Nothing => Waiting.pause(),
        }
    }
    lights.running(Instant::now().as_millis(), device.condition(), true);
    lamps::show(&lights);
    LINE.answers(Waiting).drain();
    // Into the other slot, if a new firmware has come; else, or when that is refused, by the reset.
    device.restart();
    watchdog::restart(None)
}

/// How long a board that is not whole says so, in milliseconds.
const BROKEN: u64 = 30_000;

/// The board is not whole: it says so, and tries again; a firmware on trial is then no more.
fn broken(mut lights: Lights) -> ! {
    lights.broken();
    let since = Instant::now().as_millis();
    while Instant::now().as_millis().saturating_sub(since) < BROKEN {
        lamps::show(&lights);
        Waiting.pause();
    }
    watchdog::restart(None)
}
