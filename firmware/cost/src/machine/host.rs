//! What is said to whoever started QEMU, by semihosting.

use core::fmt::{Arguments, Write};

use cortex_m_semihosting::{debug, hio};

/// One line to its standard output.
pub(super) fn report(line: Arguments<'_>) {
    if let Ok(mut host) = hio::hstdout() {
        // There is nobody else to tell.
        let _ = writeln!(host, "{line}");
    }
}

/// Ends QEMU with exit code 0.
pub(super) fn end() -> ! {
    loop {
        debug::exit(debug::EXIT_SUCCESS);
    }
}

/// Says why to its standard error, and ends QEMU with exit code 1.
pub(super) fn fail(why: Arguments<'_>) -> ! {
    if let Ok(mut host) = hio::hstderr() {
        let _ = writeln!(host, "{why}");
    }
    loop {
        debug::exit(debug::EXIT_FAILURE);
    }
}

/// How many rounds it asked for: the last word of the command line, if that is a number.
pub(super) fn rounds() -> Option<u32> {
    let mut line = [0; 64];
    let length = call::command_line(&mut line);
    let line = core::str::from_utf8(line.get(..length)?).ok()?;
    line.rsplit(' ').next()?.parse().ok().filter(|rounds| *rounds > 0)
}

mod call {
    #![allow(unsafe_code, reason = "semihosting takes addresses")]

    use cortex_m_semihosting::nr;

    /// Fills in the command line; its length, 0 when there is none.
    pub(super) fn command_line(line: &mut [u8]) -> usize {
        let block = [line.as_mut_ptr() as usize, line.len()];
        // SAFETY: the block has the buffer and its length, which the host writes at most, and both are replaced.
        let failed = unsafe { cortex_m_semihosting::syscall(nr::GET_CMDLINE, &block) };
        if failed == 0 { line.iter().position(|byte| *byte == 0).unwrap_or(0) } else { 0 }
    }
}
