//! What a device does with a sale, from payload to QR text, with nothing else around it.

#![no_std]

use fiscal::{
    Chain, DEFAULT_MANIFEST, Head, HeadState, Moment, Prefix, PublicKey, QrText, UtcOffset, Validated,
};

/// Validates, links, seals with a secure element's signature and writes the QR text.
pub fn seal(
    payload: &[u8],
    chain: Chain,
    moment: Moment,
    secure_element: impl Fn(&[u8; 32]) -> [u8; 64],
    key: &PublicKey,
    prefix: Prefix,
) -> Option<QrText> {
    let sale = Validated::read(payload).ok()?;
    DEFAULT_MANIFEST.check(&sale, sale.invoice().timestamp.date_at(UtcOffset::KINSHASA)).ok()?;
    let linked = Head::open(chain, HeadState::START).link(&sale.sale(), moment).ok()?;
    let signature = secure_element(&linked.hash().0);
    let sealed = linked.seal(signature, key).ok()?;
    Some(sealed.elements(prefix, None)?.qr)
}

/// For WebAssembly, where a module is what it exports.
#[cfg(target_family = "wasm")]
#[allow(unsafe_code, reason = "an export needs a name of its own")]
#[unsafe(no_mangle)]
pub extern "C" fn run() -> usize {
    run_with_anything()
}

/// Calls [`seal`] with values that the compiler cannot foresee.
pub fn run_with_anything() -> usize {
    use core::hint::black_box;
    let bytes = black_box([0_u8; 256]);
    let text = |range: core::ops::Range<usize>| core::str::from_utf8(&bytes[range]).unwrap_or_default();
    let run = || {
        let key = PublicKey::from_sec1(&bytes[..33]).ok()?;
        let chain = Chain {
            device: text(0..9).parse().ok()?,
            key: key.id(),
            outlet: text(9..18).parse().ok()?,
            nif: text(18..27).parse().ok()?,
            epoch: fiscal::Epoch(0),
        };
        let now = fiscal::Timestamp::from_unix(black_box(1))?;
        let moment =
            Moment { now, tolerance_seconds: Moment::DEVICE_TOLERANCE_SECONDS, counter: black_box(1) };
        seal(&bytes, chain, moment, |hash| black_box([hash[0]; 64]), &key, text(27..33).parse().ok()?)
    };
    run().map_or(0, |qr| qr.len())
}

#[cfg(all(target_family = "wasm", not(test)))]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
