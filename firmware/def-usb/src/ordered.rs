//! A controller with an order between its endpoint 0 and the others.

use embassy_futures::yield_now;
use embassy_usb::driver::{
    Bus, ControlPipe, Driver, EndpointAddress, EndpointAllocError, EndpointError, EndpointType, Event,
    Unsupported,
};

/// A controller whose control requests and events wait for one turn of the executor before they are obeyed, and those
/// that were obeyed for another before the host learns of it.
///
/// The first, because a packet, and then a request that ends its host's session, may come while the executor is between
/// the future that takes packets and the one that obeys requests: after one more turn the packet is taken, as the right
/// host's. The second, because the next host may come with the next packet: what the controller holds for the old one
/// or of it is gone before.
pub(crate) struct Ordered<D>(pub(crate) D);

pub(crate) struct OrderedBus<B> {
    bus: B,
    /// Is kept here while it waits, because the stack may stop waiting at any time.
    event: Option<Event>,
}

pub(crate) struct OrderedControl<C> {
    control: C,
    /// As the event above.
    request: Option<[u8; 8]>,
}

impl<'d, D: Driver<'d>> Driver<'d> for Ordered<D> {
    type EndpointOut = D::EndpointOut;
    type EndpointIn = D::EndpointIn;
    type ControlPipe = OrderedControl<D::ControlPipe>;
    type Bus = OrderedBus<D::Bus>;

    fn alloc_endpoint_out(
        &mut self,
        ep_type: EndpointType,
        ep_addr: Option<EndpointAddress>,
        max_packet_size: u16,
        interval_ms: u8,
    ) -> Result<Self::EndpointOut, EndpointAllocError> {
        self.0.alloc_endpoint_out(ep_type, ep_addr, max_packet_size, interval_ms)
    }

    fn alloc_endpoint_in(
        &mut self,
        ep_type: EndpointType,
        ep_addr: Option<EndpointAddress>,
        max_packet_size: u16,
        interval_ms: u8,
    ) -> Result<Self::EndpointIn, EndpointAllocError> {
        self.0.alloc_endpoint_in(ep_type, ep_addr, max_packet_size, interval_ms)
    }

    fn start(self, control_max_packet_size: u16) -> (Self::Bus, Self::ControlPipe) {
        let (bus, control) = self.0.start(control_max_packet_size);
        (OrderedBus { bus, event: None }, OrderedControl { control, request: None })
    }
}

impl<B: Bus> Bus for OrderedBus<B> {
    async fn enable(&mut self) {
        self.bus.enable().await;
    }

    async fn disable(&mut self) {
        self.bus.disable().await;
    }

    async fn poll(&mut self) -> Event {
        loop {
            if let Some(event) = self.event.take() {
                return event;
            }
            self.event = Some(self.bus.poll().await);
            yield_now().await;
        }
    }

    fn endpoint_set_enabled(&mut self, address: EndpointAddress, enabled: bool) {
        self.bus.endpoint_set_enabled(address, enabled);
    }

    fn endpoint_set_stalled(&mut self, address: EndpointAddress, stalled: bool) {
        self.bus.endpoint_set_stalled(address, stalled);
    }

    fn endpoint_is_stalled(&mut self, address: EndpointAddress) -> bool {
        self.bus.endpoint_is_stalled(address)
    }

    fn force_reset(&mut self) -> Result<(), Unsupported> {
        self.bus.force_reset()
    }

    async fn remote_wakeup(&mut self) -> Result<(), Unsupported> {
        self.bus.remote_wakeup().await
    }
}

impl<C: ControlPipe> ControlPipe for OrderedControl<C> {
    fn max_packet_size(&self) -> usize {
        self.control.max_packet_size()
    }

    async fn setup(&mut self) -> [u8; 8] {
        loop {
            if let Some(request) = self.request.take() {
                return request;
            }
            self.request = Some(self.control.setup().await);
            yield_now().await;
        }
    }

    async fn data_out(&mut self, buffer: &mut [u8], first: bool, last: bool) -> Result<usize, EndpointError> {
        self.control.data_out(buffer, first, last).await
    }

    async fn data_in(&mut self, data: &[u8], first: bool, last: bool) -> Result<(), EndpointError> {
        self.control.data_in(data, first, last).await
    }

    async fn accept(&mut self) {
        yield_now().await;
        self.control.accept().await;
    }

    async fn reject(&mut self) {
        self.control.reject().await;
    }

    async fn accept_set_address(&mut self, address: u8) {
        self.control.accept_set_address(address).await;
    }
}
