//! What `embassy-usb` sees of the controller.

use std::{
    future::poll_fn,
    task::{Context, Poll},
};

use embassy_usb_driver::{
    Bus as BusDriver, ControlPipe as ControlPipeDriver, Direction, Driver, Endpoint, EndpointAddress,
    EndpointAllocError, EndpointError, EndpointIn as EndpointInDriver, EndpointInfo,
    EndpointOut as EndpointOutDriver, EndpointType, Event, Unsupported,
};

use super::{Controller, Wires, control::PACKET, report};
use crate::wire::{Done, status};

/// The controller before it starts.
pub struct UsbDriver {
    controller: Controller,
    /// The endpoints that are given out, IN and OUT.
    used: [u8; 2],
}

/// The bus.
pub struct Bus(Controller);

/// Endpoint 0.
pub struct ControlPipe(Controller);

/// An endpoint that leads to the host.
pub struct EndpointIn(Pipe);

/// An endpoint that leads to the device.
pub struct EndpointOut(Pipe);

struct Pipe {
    controller: Controller,
    info: EndpointInfo,
}

impl UsbDriver {
    pub(super) fn new(controller: Controller) -> Self {
        Self { controller, used: [0; 2] }
    }

    /// The lowest free number, as other drivers give it.
    fn allocate(
        &mut self,
        direction: Direction,
        ep_type: EndpointType,
        wanted: Option<EndpointAddress>,
        max_packet_size: u16,
        interval_ms: u8,
    ) -> Result<Pipe, EndpointAllocError> {
        let last = &mut self.used[usize::from(direction == Direction::Out)];
        if wanted.is_some() || *last == 15 {
            return Err(EndpointAllocError);
        }
        *last += 1;
        let addr = EndpointAddress::from_parts(usize::from(*last), direction);
        self.controller.wires().pipes.add(addr, max_packet_size);
        let info = EndpointInfo { addr, ep_type, max_packet_size, interval_ms };
        Ok(Pipe { controller: self.controller.clone(), info })
    }
}

impl Driver<'_> for UsbDriver {
    type EndpointOut = EndpointOut;
    type EndpointIn = EndpointIn;
    type ControlPipe = ControlPipe;
    type Bus = Bus;

    fn alloc_endpoint_out(
        &mut self,
        ep_type: EndpointType,
        ep_addr: Option<EndpointAddress>,
        max_packet_size: u16,
        interval_ms: u8,
    ) -> Result<EndpointOut, EndpointAllocError> {
        self.allocate(Direction::Out, ep_type, ep_addr, max_packet_size, interval_ms).map(EndpointOut)
    }

    fn alloc_endpoint_in(
        &mut self,
        ep_type: EndpointType,
        ep_addr: Option<EndpointAddress>,
        max_packet_size: u16,
        interval_ms: u8,
    ) -> Result<EndpointIn, EndpointAllocError> {
        self.allocate(Direction::In, ep_type, ep_addr, max_packet_size, interval_ms).map(EndpointIn)
    }

    fn start(self, _: u16) -> (Bus, ControlPipe) {
        (Bus(self.controller.clone()), ControlPipe(self.controller))
    }
}

impl Controller {
    /// Does something at the wires and gives it the way to report ends of transfers.
    fn act<R>(&self, act: impl FnOnce(&mut Wires, &mut dyn FnMut(Done)) -> R) -> R {
        let mut wires = self.wires();
        let host = wires.host.clone();
        act(&mut wires, &mut |done| report(host.as_ref(), done))
    }
}

impl BusDriver for Bus {
    async fn enable(&mut self) {}

    async fn disable(&mut self) {}

    async fn poll(&mut self) -> Event {
        poll_fn(|context| {
            let mut wires = self.0.wires();
            match wires.events.pop_front() {
                Some(event) => Poll::Ready(event),
                None => {
                    wires.bus = Some(context.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await
    }

    fn endpoint_set_enabled(&mut self, address: EndpointAddress, enabled: bool) {
        self.0.act(|wires, report| wires.pipes.set_enabled(address, enabled, report));
    }

    fn endpoint_set_stalled(&mut self, address: EndpointAddress, stalled: bool) {
        self.0.act(|wires, report| wires.pipes.set_stalled(address, stalled, report));
    }

    fn endpoint_is_stalled(&mut self, address: EndpointAddress) -> bool {
        self.0.wires().pipes.is_stalled(address)
    }

    async fn remote_wakeup(&mut self) -> Result<(), Unsupported> {
        Err(Unsupported)
    }
}

impl ControlPipeDriver for ControlPipe {
    fn max_packet_size(&self) -> usize {
        PACKET
    }

    async fn setup(&mut self) -> [u8; 8] {
        poll_fn(|context| match self.0.wires().control.setup(context.waker()) {
            Some(setup) => Poll::Ready(setup),
            None => Poll::Pending,
        })
        .await
    }

    async fn data_out(&mut self, buffer: &mut [u8], _: bool, _: bool) -> Result<usize, EndpointError> {
        self.0.wires().control.data_out(buffer).map_err(|_| EndpointError::Disabled)
    }

    async fn data_in(&mut self, packet: &[u8], _: bool, last: bool) -> Result<(), EndpointError> {
        let sent = self.0.act(|wires, report| wires.control.data_in(packet, last, report));
        sent.map_err(|_| EndpointError::Disabled)
    }

    async fn accept(&mut self) {
        self.0.act(|wires, report| wires.control.end(0, report));
    }

    async fn reject(&mut self) {
        self.0.act(|wires, report| wires.control.end(status::EPIPE, report));
    }

    async fn accept_set_address(&mut self, _: u8) {
        self.accept().await;
    }
}

impl Pipe {
    async fn wait_enabled(&self) {
        poll_fn(|context| {
            let mut wires = self.controller.wires();
            if wires.pipes.poll_enabled(self.info.addr, context.waker()) {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }

    fn poll_read(&self, buffer: &mut [u8], context: &Context<'_>) -> Poll<Result<usize, EndpointError>> {
        let address = self.info.addr;
        match self.controller.act(|wires, report| wires.pipes.read(address, buffer, context.waker(), report))
        {
            Ok(None) => Poll::Pending,
            Ok(Some(count)) => Poll::Ready(Ok(count)),
            Err(fault) => Poll::Ready(Err(fault)),
        }
    }

    fn poll_write(&self, packet: &[u8], context: &Context<'_>) -> Poll<Result<(), EndpointError>> {
        let address = self.info.addr;
        match self.controller.act(|wires, report| wires.pipes.write(address, packet, context.waker(), report))
        {
            Ok(false) => Poll::Pending,
            Ok(true) => Poll::Ready(Ok(())),
            Err(fault) => Poll::Ready(Err(fault)),
        }
    }
}

impl Endpoint for EndpointOut {
    fn info(&self) -> &EndpointInfo {
        &self.0.info
    }

    async fn wait_enabled(&mut self) {
        self.0.wait_enabled().await;
    }
}

impl EndpointOutDriver for EndpointOut {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, EndpointError> {
        poll_fn(|context| self.0.poll_read(buffer, context)).await
    }
}

impl Endpoint for EndpointIn {
    fn info(&self) -> &EndpointInfo {
        &self.0.info
    }

    async fn wait_enabled(&mut self) {
        self.0.wait_enabled().await;
    }
}

impl EndpointInDriver for EndpointIn {
    async fn write(&mut self, packet: &[u8]) -> Result<(), EndpointError> {
        poll_fn(|context| self.0.poll_write(packet, context)).await
    }
}
