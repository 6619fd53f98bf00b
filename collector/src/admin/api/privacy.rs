//! `/api/v1/privacy`: where something of a person is kept, and the purge of it.

use super::openapi::Problems;
use crate::{
    admin::{
        auth::Caller,
        context::Ctx,
        extract::{Json, Query},
        problem::{Answer, Failure},
    },
    privacy::{Found, Person, PrivacyError},
};
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Of whom.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OfPerson {
    /// The login name of the person, as endpoints report it.
    #[param(min_length = 1, max_length = 256)]
    person: String,
}

/// A wish for a purge.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PurgeWish {
    /// The login name of the person, as endpoints report it.
    #[schema(min_length = 1, max_length = 256, example = "alice")]
    person: String,
    /// Change nothing, and say what would be.
    #[serde(default)]
    dry_run: bool,
}

/// What was found in one place.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PersonalDataView {
    /// The place, by a word that stays.
    pub place: &'static str,
    /// The place as people call it.
    pub title: &'static str,
    /// Rows with the person's name.
    pub rows: u64,
    /// Whether a purge puts a pseudonym there; else the rows stay.
    pub purged: bool,
    /// What is kept there and why, or what to do about it.
    pub what: &'static str,
}

/// What is kept of a person.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PersonView {
    /// The person.
    pub person: String,
    /// Rows that a purge changes, or changed.
    pub purgeable: u64,
    /// Everywhere that was looked.
    pub items: Vec<PersonalDataView>,
}

impl From<Person> for PersonView {
    fn from(found: Person) -> Self {
        let purgeable = found.purgeable();
        let Person { person, places } = found;
        let view = |Found { place, title, rows, purged, what }| PersonalDataView { place, title, rows, purged, what };
        Self { person, purgeable, items: places.into_iter().map(view).collect() }
    }
}

impl From<PrivacyError> for Failure {
    fn from(error: PrivacyError) -> Self {
        match error {
            PrivacyError::Name => Self::invalid(error.to_string()).with("field", "person"),
            PrivacyError::Store(error) => error.into(),
        }
    }
}

/// Where something of a person is kept, and what a purge would do there.
#[utoipa::path(get, path = "/api/v1/privacy", tag = "people", params(OfPerson),
    responses((status = 200, description = "what is kept", body = PersonView), Problems))]
pub async fn show(State(context): State<Ctx>, Query(asked): Query<OfPerson>) -> Answer<axum::Json<PersonView>> {
    Ok(axum::Json(context.privacy.look(&asked.person).await?.into()))
}

/// Puts a random pseudonym in the place of a person's name and clients, wherever the history of use has them: new ones with
/// every purge. No number changes; days before today are not counted anew afterwards, also when agents tell late of them.
#[utoipa::path(post, path = "/api/v1/privacy/purge", tag = "people", request_body = PurgeWish,
    responses((status = 200, description = "what was found, and is purged unless it was a dry run", body = PersonView), Problems))]
pub async fn purge(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Json(wish): Json<PurgeWish>,
) -> Answer<axum::Json<PersonView>> {
    let found = match wish.dry_run {
        true => context.privacy.look(&wish.person).await?,
        false => context.privacy.purge(&wish.person, &caller.actor()).await?,
    };
    Ok(axum::Json(found.into()))
}
