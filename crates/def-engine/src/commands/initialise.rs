use def_protocol::{
    Base64Url, ErrorCode, Initialisation, Output,
    reply::{Accepted, Displayed, Initialised},
    token::{Activation, Body, Unverified},
};
use fiscal::EventKind;

use super::order::unfit;
use crate::{
    board::{Board, SecureElement},
    content::EventContent,
    device::{Core, Line},
    journal::{ChainPoint, JournalFault, Place},
    refusal::Refusal,
    state::{Command, EventBody, Told, order_digest},
    vault::element_failed,
};

impl<B: Board> Core<'_, B> {
    /// `CFG|INIT`: binds the device to an outlet, once (D6).
    #[inline(never)] // Each command pays for its own stack only.
    pub(crate) fn initialise<O: Output>(
        &mut self,
        asked: &Initialisation<'_>,
        line: &mut Line<'_, O>,
    ) -> Result<(), Refusal> {
        self.sound()?;
        let text = asked.activation_code.as_str();
        if let Some(order) = self.vault.state.orders[Command::Initialise as usize]
            && order.digest == order_digest(text)
        {
            return self.initialised(order.place, line);
        }
        if self.vault.state.binding.is_some() {
            return Err(Refusal::new(
                ErrorCode::AlreadyProvisioned,
                "the device belongs to an outlet for its life: use another device for another outlet",
            ));
        }
        let activation = self.activation(asked)?;
        // A key that exists was made for an INIT that was interrupted: nobody has seen it.
        let element = &mut self.vault.element;
        let key = match element.public_key().map_err(|_| element_failed())? {
            Some(key) => key,
            None => element.make_key().map_err(|_| element_failed())?,
        };
        self.vault.unlock()?;
        let spki = key.to_spki();
        let body = EventBody::Provisioned {
            activation: text,
            public_key: Displayed(Base64Url(&spki)),
            firmware_version: self.vault.factory.firmware.version,
        };
        let told = Told::with_activation(text);
        let from = told.opened(EventKind::Provisioned, &ChainPoint::START);
        let from = from.map_err(|reason| Refusal::new(ErrorCode::SchemaInvalid, reason))?;
        let place = Place { sector: crate::journal::Sequence::FIRST, offset: 0 };
        self.vault.bind(activation, key, place);
        let proven = self.vault.prove();
        let done = proven.and_then(|()| self.vault.seal_jump(EventKind::Provisioned, &body, from));
        let done = done.inspect_err(|_| self.vault.unbind())?;
        self.initialised(done.place, line)
    }

    fn activation(&mut self, asked: &Initialisation<'_>) -> Result<Activation, Refusal> {
        let factory = self.vault.factory;
        let mut buffer = [0; Activation::MAX_BYTES];
        let code = Unverified::<Activation>::from_text(asked.activation_code.as_str(), &mut buffer)?;
        let code = code.verify(&factory.root)?;
        match self.vault.time().0 {
            Some(now) => code.for_device(factory.serial, factory.realm, now)?,
            // A clock that was never set cannot judge; the first thing to do with the device is to set it.
            None => code.addressed_to(factory.serial, factory.realm)?,
        }
        let activation = *code.body();
        if asked.public_key != activation.operator && asked.public_key != activation.dgi {
            return Err(unfit("the public key is none of the activation code's: send the operator's"));
        }
        Ok(activation)
    }

    fn initialised<O: Output>(&mut self, place: Place, line: &mut Line<'_, O>) -> Result<(), Refusal> {
        let key = self.vault.key()?;
        let prefix = self.vault.binding()?.activation.prefix;
        let device_id = self.vault.factory.serial;
        let found = self.vault.find_event(place)?;
        let fault = JournalFault::corrupt(place, "the record's content cannot be read");
        let event = EventContent::read(&self.vault.buffers.content[..found.length]).ok_or(fault)?;
        let _ = line.send(&Initialised {
            status: Accepted::Ok,
            device_id,
            fiscal_number_prefix: prefix,
            public_key: key.to_pem(),
            record: *found.sealed.record(),
            body: event.body,
        });
        Ok(())
    }
}
