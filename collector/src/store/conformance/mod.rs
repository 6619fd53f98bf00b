//! What every backend must do, as tests over the ports. A backend instantiates them with `conformance_tests!(FRESH)`, where
//! `FRESH` is an async function that gives an empty store and something that keeps it alive.

mod agents;
mod applications;
mod assets;
mod audit;
mod checkouts;
pub(crate) mod fixtures;
mod groups;
mod hours;
mod idempotency;
mod imports;
mod interop;
mod license;
mod notifications;
mod people;
mod privacy;
mod reconcile;
mod references;
mod reports;
mod sam_records;
mod sessions;
mod software;
mod system;
mod units;
mod usage;

pub(crate) use agents::*;
pub(crate) use applications::*;
pub(crate) use assets::*;
pub(crate) use audit::*;
pub(crate) use checkouts::*;
pub(crate) use groups::*;
pub(crate) use hours::*;
pub(crate) use idempotency::*;
pub(crate) use imports::*;
pub(crate) use interop::*;
pub(crate) use license::*;
pub(crate) use notifications::*;
pub(crate) use people::*;
pub(crate) use privacy::*;
pub(crate) use reconcile::*;
pub(crate) use references::*;
pub(crate) use reports::*;
pub(crate) use sam_records::*;
pub(crate) use sessions::*;
pub(crate) use software::*;
pub(crate) use system::*;
pub(crate) use units::*;
pub(crate) use usage::*;

/// One test for each case, each over a store of its own.
macro_rules! conformance_tests {
    ($fresh:path) => {
        $crate::store::conformance::conformance_tests! { $fresh;
            enrolment_takes_one_use_and_makes_the_asset
            enrolment_is_refused_with_the_reason
            a_repeated_enrolment_gives_the_same_answer
            one_use_is_given_to_one_of_many_at_once
            a_held_or_manual_enrolment_waits_without_an_asset
            a_successor_takes_over_the_asset
            activating_makes_the_asset_once
            a_replaced_agent_does_not_come_back
            an_approved_successor_takes_over_the_asset
            a_status_changes_from_what_it_is
            a_renewed_certificate_is_kept
            tokens_are_listed_newest_first_and_taken_back
            credentials_are_bounded_and_those_taken_back_make_room
            devices_beyond_the_most_of_an_hour_wait
            a_device_is_one_agent_whichever_credential_brings_it
            applications_are_one_whatever_the_case_of_their_name
            a_change_of_an_older_version_is_a_conflict
            an_edit_shows_before_and_after_in_the_audit_log
            a_refused_edit_leaves_nothing
            what_was_entered_can_be_taken_back
            a_change_of_what_was_seen_is_made_while_it_is_so
            an_asset_belongs_to_one_that_is_there_and_not_to_its_own
            a_batch_does_what_the_rules_admit
            an_action_is_in_history_and_audit_log
            every_change_is_in_the_history
            assets_are_paged_and_scanned_in_order
            heads_are_counted_as_assets_change
            heads_follow_what_agents_see
            reported_hardware_is_visited
            the_audit_log_is_a_chain
            a_judgement_is_one_unit_of_work
            a_night_is_judged_once
            runs_and_keys_are_listed
            claims_are_what_the_last_decision_says
            closed_check_outs_are_found_by_the_time_they_touch
            what_was_asked_is_kept_by_day_and_application
            an_hour_is_what_was_told_last
            hours_are_paged_by_time_and_application
            old_hours_are_forgotten
            uses_that_count_nowhere_are_kept_until_they_are_dismissed
            a_keyed_request_is_kept_until_it_is_old
            imports_are_kept_newest_first_and_old_ones_go
            a_refused_line_is_seen_to
            how_far_an_import_is_goes_with_its_records
            groups_are_one_whatever_the_case_of_their_name
            opting_in_and_out_is_kept_in_order
            resource_categories_are_one_whatever_the_case_of_their_name
            a_date_has_one_report_on_units
            records_of_a_kind_are_kept_with_their_history
            a_record_of_another_revision_or_with_a_taken_key_changes_nothing
            an_audited_change_carries_its_entry
            trust_is_kept_in_order
            old_runs_are_forgotten_but_never_the_last_night
            accounts_and_api_tokens_are_replaced_whole
            a_notice_is_told_once_and_read_once
            notices_of_a_digest_share_a_delivery
            a_delivery_is_settled_by_whoever_tried_it
            old_notices_are_forgotten_but_what_waits
            webhooks_are_replaced_whole
            last_uses_are_kept_while_their_accounts_are
            a_name_in_the_history_is_replaced_and_no_number_changes
            a_name_is_one_account_and_an_owner_is_always_left
            reconciliations_are_numbered_and_listed
            positions_are_found_by_run_and_product
            rows_behind_positions_are_paged
            removal_candidates_follow_their_revisions
            remedies_follow_their_revisions
            a_display_value_is_unique_in_its_table
            parents_make_trees
            a_record_in_use_stays
            a_report_makes_the_records_it_names_once
            a_report_is_folded_into_rows
            a_report_that_was_sent_twice_counts_once
            a_new_epoch_begins_anew
            progress_that_is_saved_swallows_no_report
            only_the_last_digests_are_kept
            a_fold_takes_no_more_than_its_limit
            an_observation_is_stored_with_its_report
            a_refused_observation_takes_its_report_with_it
            a_session_that_ends_is_closed_once
            a_session_ended_by_the_collector_stays_ended
            closed_sessions_are_found_by_the_time_they_touch
            folding_in_any_portions_gives_the_same_rows
            a_list_replaces_the_one_before
            a_list_of_another_agent_is_refused
            installs_are_paged_and_found
            no_removal_is_skipped_while_others_come
            a_retired_asset_keeps_its_list_and_is_not_shown
            software_is_counted_over_all_assets
            a_visit_shows_every_install_once
            the_store_belongs_to_one_collector
            settings_are_set_and_reset
            settings_are_changed_together
            a_lease_has_one_holder
            a_store_takes_commits_and_has_a_size
            a_copy_is_a_new_file_with_every_row
            a_peak_only_rises
            peaks_are_found_by_day_and_application
            old_sessions_are_forgotten
            old_days_are_forgotten
            a_closed_store_says_so
        }
    };
    ($fresh:path; $($case:ident)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let (stores, _alive) = $fresh().await;
                $crate::store::conformance::$case(&stores).await;
            }
        )*
    };
}
pub(crate) use conformance_tests;
