//! What the registry has to do on every database, case by case: `cargo test` runs them over SQLite, the example
//! `registry_conformance` over PostgreSQL.

mod backups;
mod devices;
mod isolation;
mod keys;
mod manifests;
mod merchants;
mod people;
mod places;
mod revoking;
pub(crate) mod world;

use ledger::Database;

pub(crate) use self::{
    backups::*, devices::*, isolation::*, keys::*, manifests::*, merchants::*, people::*, places::*,
    revoking::*,
};

/// A database that is tried. Each case has an empty one.
pub(crate) trait Subject: Sync {
    /// Opens it, as another process would.
    fn open(&self) -> Box<dyn Database>;

    /// Runs SQL as another program would, and says how many rows it changed, or why none.
    fn raw(&self, sql: &str) -> Result<u64, String>;
}

/// Gives the names of all cases to a macro.
macro_rules! for_each_case {
    ($use:ident) => {
        $use! {
            tables_are_made_once_and_those_of_another_version_are_refused,
            a_merchant_is_found_as_it_was_made,
            a_nif_has_one_merchant,
            only_the_platform_makes_stops_and_resumes_merchants,
            merchants_come_in_pages_in_the_order_of_their_ids,
            an_outlet_is_found_by_its_id_and_its_prefix_as_it_was_made,
            an_outlet_sells_in_the_ledger_as_one_that_the_ledger_made,
            outlets_without_a_prefix_get_one_like_their_id,
            an_outlet_id_or_a_prefix_that_is_taken_is_refused_by_name,
            an_outlet_of_the_ledger_alone_has_no_place,
            an_outlet_of_an_older_database_becomes_a_merchants_when_the_platform_names_it_as_it_is,
            outlets_come_in_pages_within_reach,
            an_outlet_changes_its_name_and_address_only,
            a_stopped_merchant_gets_nothing_new,
            a_key_is_a_principal_with_what_it_was_made_for,
            a_secret_is_shown_once_and_stands_nowhere,
            a_key_is_refused_from_the_second_of_its_expiry_on,
            a_key_of_what_is_stopped_is_refused_until_it_is_resumed,
            a_revoked_key_is_refused_for_ever,
            no_key_permits_more_than_its_maker_may,
            no_key_reaches_further_than_its_maker,
            a_key_has_a_role_that_means_something_where_it_is,
            a_key_that_could_never_be_used_is_not_made,
            only_the_platform_chooses_how_often_a_key_may_ask,
            nobody_revokes_a_key_that_permits_more_than_he_may_hand_out,
            a_key_revokes_itself_whatever_it_may,
            a_merchant_has_at_most_1_000_live_keys,
            a_merchant_has_at_most_1_000_outlets,
            a_merchant_has_at_most_1_000_people_who_may_sign_in,
            nobody_takes_all_prefixes_of_anothers_outlets,
            processes_that_race_make_no_key_too_many,
            who_reaches_one_outlet_sees_no_keys,
            the_default_manifest_holds_until_one_is_imported,
            a_manifest_that_changes_today_or_the_past_is_refused,
            only_the_platform_imports_manifests,
            a_backup_carries_all_of_it_into_another_database,
            each_change_leaves_one_act_in_the_log_of_whom_it_concerns,
            a_merchant_and_his_owner_are_made_together_or_not_at_all,
            a_merchant_changes_in_several_things_at_once,
            an_outlet_changes_in_what_is_said_and_stays_in_the_rest,
            a_person_is_changed_and_stopped_at_once_or_not_at_all,
            acts_come_in_pages_the_newest_first,
            a_change_whose_act_cannot_be_written_is_not_made,
            nobody_reaches_another_merchants_things_by_any_call,
            each_call_leaves_an_act_exactly_when_it_changes_something,
            a_person_changes_as_far_as_his_post_is_one,
            nobody_raises_himself_or_frees_himself_of_his_outlet,
            the_last_owner_and_the_last_operator_stay,
            two_owners_who_stop_each_other_leave_one,
            who_needs_a_second_factor_may_nothing_before_he_has_one,
            whoever_sees_all_merchants_may_nothing_before_he_has_a_second_factor,
            who_becomes_an_owner_may_nothing_before_he_has_a_second_factor,
            a_code_is_good_once_and_no_older_one_afterwards,
            of_those_who_use_one_code_at_once_one_gets_in,
            a_second_factor_is_confirmed_by_its_code_and_replaced_by_none,
            a_sealed_secret_is_no_other_persons,
            nobody_invites_to_more_than_he_may_or_reaches_himself,
            who_may_not_invite_somebody_may_not_touch_him_either,
            nobody_reaches_people_of_another_merchant_or_of_the_platform,
            people_come_in_pages_in_the_order_of_their_ids,
            an_invited_person_chooses_a_password_and_signs_in,
            an_invitation_is_good_once_and_up_to_its_last_second,
            a_password_that_is_refused_does_not_use_the_invitation,
            of_two_who_accept_one_invitation_one_wins,
            an_address_has_one_person_in_a_merchant_and_one_on_the_platform,
            nobody_is_invited_to_what_is_stopped,
            who_is_invited_anew_begins_anew,
            no_api_key_invites_an_owner_or_an_operator_anew_who_has_accepted,
            the_last_owner_is_invited_anew_by_the_platform_only,
            who_is_stopped_is_not_invited_anew_and_his_invitation_is_over,
            no_act_fault_or_table_holds_what_is_secret,
            a_new_password_ends_the_other_sessions_and_the_old_password,
            a_password_that_is_refused_leaves_the_old_one,
            who_finds_a_screen_open_guesses_no_longer_than_at_the_door,
            a_session_is_over_at_the_second_of_its_end,
            a_session_near_the_end_of_time_ends_with_it,
            who_signs_out_ends_this_session_only,
            a_session_is_refused_while_the_person_the_outlet_or_the_merchant_is_stopped,
            a_session_has_the_role_and_the_reach_of_now,
            what_is_over_is_forgotten_and_nothing_else,
            after_five_failures_each_try_waits_longer_known_or_not,
            a_right_password_starts_the_count_of_failures_anew,
            tries_at_once_are_no_more_than_tries_one_by_one,
            what_is_wrong_about_a_sign_in_is_never_told,
            who_signs_in_leaves_one_act_for_each_change_and_none_for_what_was_refused,
            who_runs_people_leaves_one_act_for_each_change_and_none_for_what_changes_nothing,
            nobody_lowers_who_is_above_him,
            a_device_goes_from_its_box_to_its_end_one_act_each,
            what_was_done_to_a_device_is_not_done_again,
            a_device_is_not_activated_without_the_code_that_was_made_last,
            an_activation_code_is_for_one_device_for_three_days_until_it_is_activated,
            a_device_is_of_one_outlet_for_its_life_and_a_key_of_one_device,
            an_outlet_has_at_most_one_active_device,
            an_outlet_seals_in_the_cloud_until_its_device_is_homologated,
            a_switch_is_under_way_until_it_is_reached,
            certificates_overlap_and_end_with_their_device,
            the_newest_word_of_a_device_is_kept,
            nobody_reaches_another_merchants_devices,
            nothing_is_registered_or_activated_where_nothing_is_sold,
            a_database_without_devices_gets_their_tables_and_keeps_all_else,
        }
    };
}
pub(crate) use for_each_case;
