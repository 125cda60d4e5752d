use webhooks::Figures;

use super::write::Text;

pub(super) fn write(text: &mut Text, figures: &Figures) {
    let Figures { delivered, retried, failed, waiting } = *figures;
    text.family("stelala_webhook_delivered_total", "counter", "Webhook attempts that the receiver took.");
    text.sample(&[], delivered);
    text.family(
        "stelala_webhook_retried_total",
        "counter",
        "Webhook attempts that failed and are made again.",
    );
    text.sample(&[], retried);
    text.family("stelala_webhook_failed_total", "counter", "Webhook deliveries that were given up.");
    text.sample(&[], failed);
    if let Some(waiting) = waiting {
        text.family("stelala_webhook_waiting", "gauge", "Webhook deliveries that wait, whoever sends them.");
        text.sample(&[], waiting);
    }
}
