//! What the sync has to do over every database: `cargo test` runs the cases over SQLite, the example `sync_conformance`
//! over PostgreSQL.

mod fed;
mod kept;
mod late;
mod reused;
mod sent;
mod taken;
mod told;

pub(crate) use self::{fed::*, kept::*, late::*, reused::*, sent::*, taken::*, told::*};

/// Gives the names of all cases to a macro.
macro_rules! for_each_case {
    ($use:ident) => {
        $use! {
            each_invoice_becomes_one_job_whoever_follows,
            nothing_of_an_outlet_is_due_before_the_beginning_of_its_newest_epoch_was_read,
            what_the_ledger_says_of_the_authority_settles_a_job_that_has_forgotten_it,
            jobs_are_due_in_turn_over_the_outlets_of_a_machine,
            every_invoice_is_sent_once_and_its_elements_are_in_the_ledger,
            a_credit_note_waits_for_its_original,
            a_job_whose_row_cannot_be_read_holds_nobody_up,
            more_machines_than_places_have_their_turns,
            two_agents_send_each_invoice_once,
            a_book_sees_what_others_change_of_a_machine,
            an_e_mcf_is_his_to_whose_token_the_authority_answered_first,
            a_lease_passes_on_when_its_holder_is_not_heard_of,
            who_lost_his_lease_writes_nothing_but_a_code,
            a_code_that_comes_when_the_lease_is_lost_is_kept,
            a_code_that_comes_while_the_agent_stops_is_kept,
            a_turn_that_waits_for_an_answer_keeps_its_machine_and_nobodys_place,
            an_agent_waits_no_longer_than_a_call_may_take,
            a_code_that_another_invoice_has_is_kept_and_told,
            an_agent_that_ends_between_intent_and_answer_loses_nothing_and_doubles_nothing,
            an_agent_that_stops_gives_its_machines_back,
            what_was_left_submitted_at_a_removed_e_mcf_is_found_out,
            a_change_is_written_as_a_whole_or_not_at_all,
            after_a_restore_what_was_not_synced_is_doubted_and_not_sent,
            alerts_are_read_page_by_page_and_closed_however_many_there_are,
        }
    };
}
pub(crate) use for_each_case;
