use sync::{AgentFigures, Figures};

use super::write::Text;

pub(super) fn write(text: &mut Text, figures: &Figures, agent: &AgentFigures) {
    text.family(
        "stelala_authority_invoices",
        "gauge",
        "Invoices that are not at the end of their way to the tax authority, by state.",
    );
    for (state, count) in &figures.jobs {
        text.sample(&[("state", state.name())], *count);
    }
    text.family(
        "stelala_authority_oldest_seconds",
        "gauge",
        "The age of the oldest invoice that is to be sent, or typed by a person who has it.",
    );
    text.sample(&[], figures.oldest_seconds.unwrap_or(0));
    text.family(
        "stelala_authority_handed_out",
        "gauge",
        "Invoices that persons have, to type them into the authority's portal.",
    );
    text.sample(&[], figures.handed_out);
    text.family("stelala_authority_errors", "gauge", "Invoices that are not done with, by their last error.");
    for (word, count) in &figures.errors {
        text.sample(&[("code", word)], *count);
    }
    text.family(
        "stelala_authority_token_seconds",
        "gauge",
        "How long the token of each machine is good for; below zero it has ended.",
    );
    for (machine, seconds) in &figures.tokens {
        text.sample(&[("machine", machine.as_str())], *seconds);
    }
    text.family(
        "stelala_authority_machines",
        "gauge",
        "Machines that are not used for now, by why: one that does not answer rests.",
    );
    for (state, count) in
        [("resting", figures.open_breakers), ("blocked", figures.blocked), ("paused", figures.paused)]
    {
        text.sample(&[("state", state)], count);
    }
    text.family("stelala_authority_machines_driven", "gauge", "Machines that this process drives now.");
    text.sample(&[], agent.driven as u64);
    text.family("stelala_authority_alerts", "gauge", "What needs someone on the way to the tax authority.");
    text.sample(&[], figures.open_alerts);
    text.family("stelala_authority_found_total", "counter", "Invoices that this process found to be sent.");
    text.sample(&[], agent.jobs);
    text.family(
        "stelala_authority_recorded_total",
        "counter",
        "Invoices whose authority's elements entered the ledger.",
    );
    text.sample(&[], agent.recorded);
    text.family("stelala_authority_turns_total", "counter", "Turns of machines that this process took.");
    text.sample(&[], agent.turns);
    text.family(
        "stelala_authority_panics_total",
        "counter",
        "Turns of machines that ended by a fault of this program.",
    );
    text.sample(&[], agent.panics);
}
