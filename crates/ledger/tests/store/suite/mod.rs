//! What every store has to do, case by case: `cargo test` runs them over SQLite, the example `store_conformance` over
//! whatever it is given.

mod acts;
mod appends;
mod guards;
mod keys;
mod line;
mod outlets;
mod reads;
mod shop;
mod statements;
mod turns;

use std::time::Duration;

use ledger::{Database, StoreFault};

pub(crate) use self::{
    acts::*, appends::*, guards::*, keys::*, line::*, outlets::*, reads::*, statements::*, turns::*,
};
pub(crate) use shop::Shop;

/// A database that is tried.
pub(crate) trait Subject: Sync {
    /// Opens it, as another process would.
    fn open(&self) -> Result<Box<dyn Database>, StoreFault>;

    /// Makes one beside it that is empty.
    fn open_empty(&self) -> Box<dyn Database>;

    /// Makes one of an older version beside it, runs SQL over it, which is given 32 bytes of 7 as the database writes them,
    /// and opens it as this program does; says where it is.
    fn open_older(
        &self,
        version: u32,
        filled: &dyn Fn(&str) -> String,
    ) -> (String, Result<Box<dyn Database>, StoreFault>);

    /// Opens what was made beside it.
    fn open_beside(&self, place: &str) -> Result<Box<dyn Database>, StoreFault>;

    /// Sets the clock of turns back, or all turns forward, which is the same to them.
    fn set_back(&self, time: Duration);

    /// Lets so much time go by.
    fn pass(&self, time: Duration);

    /// Runs SQL as another program would, and says how many rows it changed, or why none.
    fn raw(&self, sql: &str) -> Result<u64, String>;

    /// Writes another version into the database.
    fn set_version(&self, version: i64);

    /// SQL that empties a table all at once.
    fn truncate(&self, table: &str) -> String;

    /// A number that no other run on the same database has.
    fn nonce(&self) -> u64;
}

/// Gives the names of all cases to a macro.
macro_rules! for_each_case {
    ($use:ident) => {
        $use! {
            a_new_outlet_is_found_by_its_id_and_by_its_prefix,
            an_outlet_that_is_not_there_is_none,
            an_id_or_a_prefix_that_is_taken_is_refused_by_name,
            a_refused_outlet_leaves_nothing_behind,
            outlets_come_in_pages_in_the_order_of_their_ids,
            the_head_is_read_back_as_it_was_written,
            each_turn_has_the_next_generation,
            a_turn_is_held_against_another_process_until_its_time_is_over,
            a_turn_that_is_done_is_free_at_once,
            the_same_process_takes_its_turn_again_at_once,
            a_clock_that_was_set_back_holds_no_turn,
            after_a_restore_one_process_has_the_turn_and_no_seat_of_before_appends,
            an_outlet_that_is_not_there_has_no_turn,
            what_was_appended_is_read_back_byte_for_byte,
            an_append_under_an_older_generation_stores_nothing,
            an_append_under_a_generation_that_is_not_yet_given_stores_nothing,
            a_sale_that_is_there_is_known_and_nothing_of_its_part_is_stored,
            a_key_that_is_there_is_known_and_nothing_of_its_part_is_stored,
            one_call_appends_one_outlet_and_tells_the_others_why_not,
            a_part_that_repeats_itself_is_known,
            an_outlet_named_twice_is_appended_to_once,
            a_taken_place_stores_nothing_of_its_part_and_all_of_the_others,
            a_part_with_two_records_in_one_place_is_not_stored,
            a_record_of_another_outlet_is_refused_and_nothing_is_stored,
            a_second_seal_by_another_signer_is_kept_and_the_first_stays_first,
            an_own_sale_that_another_signer_sealed_is_known,
            the_same_key_at_two_outlets_is_two_keys,
            a_head_moves_into_a_new_epoch,
            a_sale_of_the_old_epoch_and_the_new_epoch_in_one_part_leave_the_sale_known,
            an_append_of_nothing_is_answered,
            two_connections_that_race_store_each_number_once,
            known_answers_for_what_is_there_and_no_more,
            an_invoice_is_found_by_its_number_the_ledgers_own_first,
            notes_on_an_original_come_in_the_order_in_which_they_were_stored,
            records_come_in_pages_in_their_order,
            the_newest_record_of_a_chain_is_found,
            chains_come_in_the_order_of_epochs_and_signers,
            invoices_of_a_period_come_in_pages_and_no_others,
            the_newest_closure_at_or_before_a_position_is_found,
            a_row_without_a_body_is_read_back_without_one,
            a_key_is_published_once_and_ends_once,
            keys_come_oldest_first,
            old_idempotency_keys_are_forgotten_in_portions_and_young_ones_kept,
            hundreds_of_old_idempotency_keys_are_forgotten_in_one_call,
            other_tables_hold_what_is_written_in_the_order_of_bytes,
            a_row_that_is_there_is_told_by_the_count,
            a_change_that_fails_is_undone_though_its_work_says_nothing,
            a_look_changes_nothing,
            a_look_is_of_one_moment,
            changes_come_one_after_the_other,
            a_statement_takes_as_many_values_as_it_has_places,
            an_act_is_read_back_as_it_was_appended,
            an_act_stands_exactly_when_its_part_is_durable,
            an_act_of_another_outlet_is_refused_with_its_part,
            acts_come_in_pages_the_newest_first_and_no_other_merchant_s,
            an_act_of_a_change_stands_with_it,
            raw_sql_cannot_change_or_delete_what_was_sealed,
            raw_sql_cannot_move_a_head_back,
            a_database_that_is_opened_again_holds_everything,
            a_database_of_an_older_version_is_brought_up_to_date,
            a_database_that_cannot_be_brought_up_to_date_stays_as_it_is,
            a_head_keeps_its_holder_until_it_is_given_another,
            what_cannot_be_placed_is_kept_once_and_comes_in_pages,
            what_is_kept_of_another_outlet_is_refused_with_its_part,
            the_newest_invoice_of_a_chain_is_found_behind_other_records,
            the_ends_of_a_line_come_the_newest_first_and_no_other_records,
            flags_come_in_pages_in_the_order_of_their_places,
            a_database_of_another_version_is_refused,
        }
    };
}
pub(crate) use for_each_case;
