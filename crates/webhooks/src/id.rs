use aws_lc_rs::digest;
use ledger::Place;

registry::ids! {
    /// A webhook.
    WebhookId "whk";
    /// A delivery: one event for one webhook, however often it is sent.
    DeliveryId "dlv";
}

impl DeliveryId {
    /// Of the event that a record is to a webhook. It is always the same, so that a database that was restored from a
    /// backup tells nobody the same under two names.
    pub fn of(webhook: &WebhookId, place: &Place) -> Self {
        let chain = &place.chain;
        let text = format!(
            "stelala-delivery-1 {webhook} {} {} {} {}",
            chain.outlet,
            chain.epoch,
            chain.signer,
            place.position.value()
        );
        Self::hashed(text.as_bytes())
    }

    /// Of an event that no record says, on an occasion that is always written as the same bytes.
    pub(crate) fn of_occasion(webhook: &WebhookId, occasion: &[u8; 16]) -> Self {
        let mut text = format!("stelala-delivery-2 {webhook} ").into_bytes();
        text.extend_from_slice(occasion);
        Self::hashed(&text)
    }

    fn hashed(text: &[u8]) -> Self {
        let hash = digest::digest(&digest::SHA256, text);
        let mut bytes = [0; 20];
        bytes.copy_from_slice(&hash.as_ref()[..20]);
        Self::new(bytes)
    }
}

#[cfg(test)]
mod tests {
    use fiscal::{Epoch, Position};
    use ledger::ChainId;
    use registry::IdFault;

    use super::*;

    #[test]
    fn an_id_is_read_as_it_is_written_and_no_other_text_is_one() {
        let id = WebhookId::new([31; 20]);
        assert_eq!(id.as_str(), "whk_zzzzzzzzzzzzzzzzzzzz");
        assert_eq!(id.as_str().parse::<WebhookId>(), Ok(id.clone()));
        for wrong in
            ["", "whk_", "dlv_zzzzzzzzzzzzzzzzzzzz", "whk_zzzzzzzzzzzzzzzzzzz", "whk_zzzzzzzzzzzzzzzzzzzi"]
        {
            assert_eq!(wrong.parse::<WebhookId>(), Err(IdFault("whk")), "{wrong}");
        }
    }

    #[test]
    fn the_same_record_is_the_same_delivery_to_a_webhook_and_another_to_another() {
        let chain = ChainId { outlet: "A".parse().unwrap(), epoch: Epoch(0), signer: "S".parse().unwrap() };
        let place = Place { chain, position: Position::FIRST };
        let next = Place { position: Position::new(2).unwrap(), ..place };
        let [one, two] = [WebhookId::new([1; 20]), WebhookId::new([2; 20])];
        assert_eq!(DeliveryId::of(&one, &place), DeliveryId::of(&one, &place));
        assert_ne!(DeliveryId::of(&one, &place), DeliveryId::of(&two, &place));
        assert_ne!(DeliveryId::of(&one, &place), DeliveryId::of(&one, &next));
    }
}
