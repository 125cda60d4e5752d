//! A device that is asked directly at its port.

use std::path::Path;

use anyhow::{Context, bail};
use def_client::{Address, Host, HostPace, Port};
use def_protocol::{
    Initialisation, Request, TimeSetting, TokenText,
    reply::{Committed, DeviceStatus, ErrorCount, Initialised, Prepared, TimeSet},
    token::{Activation, Body, Policy, Realm, Scope, TimeGrant, sign},
};
use fiscal::{Amount, DeviceId, Epoch, InvoiceNumber, OutletId, PrivateKey, Timestamp, UtcOffset};

use super::{
    ground::NIF,
    shop::{FLASH_KIB, sale},
};
use crate::{
    authority::{self, Authority},
    device::Simulated,
    random,
};

/// A device without a cloud, as a program beside it asks it.
pub(super) struct Bare {
    host: Host<Port, HostPace>,
    outlet: OutletId,
    // It is asked no more when it goes.
    _device: Simulated,
}

type Status = DeviceStatus<String, Vec<ErrorCount>>;

impl Bare {
    /// Plugs one in, binds it to an outlet, and sets its clock.
    pub(super) fn open(folder: &Path) -> anyhow::Result<Self> {
        let (state, port) = (folder.join("bare"), folder.join("bare-port"));
        let serial: DeviceId = "DEF-BARE".parse()?;
        let device = Simulated::start(&state, &port, serial, None, FLASH_KIB)?;
        let Ok(address) = port.display().to_string().parse::<Address>();
        let host = Host::new(Port::new(&address), HostPace::start(), random::number()?);
        let outlet = "BENCH-BARE".parse()?;
        let mut bare = Self { host, outlet, _device: device };
        bare.bind(&Authority::open(&state.join("authority"))?, serial)?;
        Ok(bare)
    }

    fn bind(&mut self, authority: &Authority, device: DeviceId) -> anyhow::Result<()> {
        let now = authority::now()?;
        let moved = |by: i64| {
            Timestamp::from_unix(now.unix().saturating_add_signed(by)).context("this machine's clock")
        };
        let activation = Activation {
            nif: NIF.parse()?,
            outlet: self.outlet,
            prefix: "BENCHBARE".parse()?,
            epoch: Epoch(0),
            first_number: Some(InvoiceNumber::FIRST),
            offset: UtcOffset::KINSHASA,
            policy: Policy { days: 0, invoices: 0, cdf: Amount::ZERO },
            dgi: authority.dgi.public_key(),
            operator: authority.operator.public_key(),
        };
        let scope =
            Scope { realm: Realm::Development, device, not_before: moved(-300)?, not_after: moved(86_400)? };
        let mut buffer = vec![0; Activation::MAX_BYTES];
        let code = sign(&scope, &activation, &authority.root, &mut buffer)
            .context("the activation code")?
            .to_string();
        let activation_code = TokenText::new(&code).context("the activation code")?;
        let public_key = authority.operator.public_key();
        let bound = Request::Initialise(Initialisation { activation_code, public_key });
        self.host.tell::<Initialised<String>>(bound, &mut |_| {})?;
        let status: Status = self.host.tell(Request::Status, &mut |_| {})?;
        let challenge = status.challenge;
        let grant = TimeGrant { realm: Realm::Development, device, timestamp: now, challenge, newest: None };
        let setting =
            TimeSetting { timestamp: now, signature: grant.sign(&authority.operator)?, newest: None };
        self.host.tell::<TimeSet>(Request::SetTime(setting), &mut |_| {})?;
        Ok(())
    }

    /// PREPARE and COMMIT of one more sale.
    pub(super) fn sell(&mut self, number: u32) -> anyhow::Result<()> {
        let (payload, _) = sale(self.outlet, number)?;
        let prepared: Prepared<String> = self.host.tell(Request::Prepare(payload.as_bytes()), &mut |_| {})?;
        let Committed(seal) = self.host.tell(Request::Commit(prepared.nonce), &mut |_| {})?;
        if seal.invoice_seq != u64::from(number) {
            bail!("sale {number} has the number {}", seal.invoice_seq);
        }
        Ok(())
    }
}
