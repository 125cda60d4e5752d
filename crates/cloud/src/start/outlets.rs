use fiscal::{DeviceId, Epoch, HeadState};
use ledger::{ChainId, Database, HeadRow, Outlet};

use super::StartFault;

/// Keeps a new outlet. Its ledger, which this signer extends, begins with its first sale.
pub fn register_outlet(database: &dyn Database, outlet: &Outlet, signer: DeviceId) -> Result<(), StartFault> {
    let chain = ChainId { outlet: outlet.id, epoch: Epoch(0), signer };
    let head = HeadRow { chain, state: HeadState::START, key: None, totals: Vec::new(), generation: 0 };
    Ok(database.connect()?.create_outlet(outlet, &head)?)
}
