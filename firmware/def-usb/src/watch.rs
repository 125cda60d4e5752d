//! Sees hosts come and go.

use embassy_usb::{
    Handler,
    control::{OutResponse, Recipient, Request, RequestType},
    types::InterfaceNumber,
};

use crate::line::{Change, Line};

/// CDC120 6.2.14 (PSTN): bit 0 of the value is DTR.
const SET_CONTROL_LINE_STATE: u8 = 0x22;
/// The communication interface is the device's first.
const COMMUNICATION: u16 = 0;

/// Tells the line what happens on the bus, in the order in which it happens. (The class itself tells only that
/// something changed: a port that is closed and opened again within one poll would go unseen.)
pub(crate) struct Watch<'d>(pub(crate) &'d Line);

impl Handler for Watch<'_> {
    fn enabled(&mut self, _: bool) {
        self.0.change(Change::Reset);
    }

    fn reset(&mut self) {
        self.0.change(Change::Reset);
    }

    fn configured(&mut self, _: bool) {
        self.0.change(Change::Reset);
    }

    fn suspended(&mut self, _: bool) {
        self.0.change(Change::Interrupted);
    }

    /// This starts the endpoints anew.
    fn set_alternate_setting(&mut self, _: InterfaceNumber, _: u8) {
        self.0.change(Change::Interrupted);
    }

    /// Only listens: the class answers.
    fn control_out(&mut self, request: Request, _: &[u8]) -> Option<OutResponse> {
        if (request.request_type, request.recipient, request.index, request.request)
            == (RequestType::Class, Recipient::Interface, COMMUNICATION, SET_CONTROL_LINE_STATE)
        {
            self.0.change(Change::Dtr(request.value & 1 != 0));
        }
        None
    }
}
