//! Which machine has what: the installs of a machine, of a name, or of a product as normalisation names it.

use super::rows::{Cell, device};
use crate::{
    admin::{
        AdminContext, Answer, Ctx, Failure, Query,
        api::reconcile::Names,
        auth::{Caller, Principal},
    },
    console::{
        frame::{Frame, shown},
        pager::address,
        render::{When, page},
    },
    records::Records,
    store::ports::{InstallRow, InstallWish},
};
use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use muster_domain::{
    ids::AssetId,
    record::{kinds::host::HOSTS, normalization},
    software::normal::{Normalised, Normaliser},
};
use serde::Deserialize;

/// Rows on a page.
const ROWS: usize = 100;
/// Installs that are looked at for a page.
const LOOKED_AT: usize = 100_000;
/// Installs that are read at once.
const PORTION: usize = 5_000;

#[derive(Template)]
#[template(path = "installs.html")]
struct InstallsPage {
    frame: Frame,
    title: String,
    asked: Asking,
    rows: Vec<Row>,
    next: Option<String>,
    /// The list went on, and nothing of it fitted so far.
    unfinished: bool,
    removed: String,
}

struct Row {
    machine: Cell,
    name: String,
    version: String,
    publisher: String,
    source: String,
    is: String,
    first: When,
    removed: Option<When>,
}

/// Which ones.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asking {
    asset: String,
    /// A part of the name as its source spells it.
    name: String,
    /// What normalisation makes of it, from here on.
    publisher: String,
    product: String,
    version: String,
    edition: String,
    /// `yes`: what was removed instead.
    removed: String,
    after: String,
}

/// `GET /software/installs`.
pub async fn installs_page(State(context): State<Ctx>, Caller(caller): Caller, Query(asked): Query<Asking>) -> Response {
    shown(show(&context, &caller, asked).await)
}

async fn show(context: &AdminContext, caller: &Principal, asked: Asking) -> Answer<Response> {
    let mut names = Names::new(context);
    let asset = match asked.asset.trim() {
        "" => None,
        text => match machine(context, text).await? {
            Ok(id) => Some(id),
            Err(elsewhere) => return Ok(elsewhere),
        },
    };
    let called = match asset {
        Some(id) => names.device(Some(id.0)).await?.and_then(|one| one.display),
        None => None,
    };
    let (normaliser, _) = normalization::normaliser(&context.records.snapshot());
    let (found, last) = found(context, &asked, asset, &normaliser).await?;
    let (now, zone) = (context.now(), context.tz());
    let mut rows = Vec::new();
    for row in found {
        let machine = names.device(Some(row.asset.0)).await?;
        let is = normaliser.normalise(&row.software);
        rows.push(Row {
            machine: device(machine.as_ref()),
            is: product_name(&is),
            name: row.software.name,
            version: row.software.version.unwrap_or_default(),
            publisher: row.software.publisher.unwrap_or_default(),
            source: row.software.source,
            first: When::of(row.first_seen, now, zone),
            removed: row.removed_at.map(|at| When::of(at, now, zone)),
        });
    }
    let product = format!("{} {} {} {}", asked.publisher, asked.product, asked.edition, asked.version);
    let title = match (called, asked.product.is_empty(), asked.name.trim()) {
        (Some(called), ..) => format!("Installed on {called}"),
        (None, false, _) => format!("Machines with {}", product.split_whitespace().collect::<Vec<_>>().join(" ")),
        (None, true, "") => "Installed software".to_owned(),
        (None, true, name) => format!("Machines with software called “{name}”"),
    };
    let after = last.map(|(asset, number)| format!("{asset} {number}")).unwrap_or_default();
    page(&InstallsPage {
        frame: Frame::of(context, caller, "/software/products"),
        title,
        next: (!after.is_empty()).then(|| asked.link(&[("after", &after)])),
        unfinished: rows.is_empty() && !after.is_empty(),
        removed: asked.link(&[("removed", if asked.removed == "yes" { "" } else { "yes" })]),
        rows,
        asked,
    })
}

/// The asset of an id; where a record of a host is meant, the way to it.
async fn machine(context: &AdminContext, text: &str) -> Answer<Result<AssetId, Response>> {
    let not_found = || Failure::not_found("asset", text);
    let id: AssetId = text.parse().map_err(|_| not_found())?;
    if context.stores.assets.get(id).await?.is_some() {
        return Ok(Ok(id));
    }
    let records: &Records = &context.records;
    let host = records.get(&HOSTS, text).map_err(|_| not_found())?;
    Ok(Err(Redirect::to(&format!("/records/hosts/{}", host.id)).into_response()))
}

/// The installs of a page, and the place of the last one that was looked at where there are more.
async fn found(
    context: &AdminContext,
    asked: &Asking,
    asset: Option<AssetId>,
    normaliser: &Normaliser,
) -> Answer<(Vec<InstallRow>, Option<(AssetId, u64)>)> {
    let by_product = !asked.product.is_empty();
    let wish = InstallWish {
        asset,
        name: Some(asked.name.trim().to_owned()).filter(|name| !name.is_empty()),
        removed: asked.removed == "yes",
        since: None,
        retired: asset.is_some(),
    };
    let mut after = asked.after.split_once(' ').and_then(|(asset, number)| asset.parse().ok().zip(number.parse().ok()));
    let mut kept = Vec::new();
    let mut looked = 0;
    loop {
        let limit = if by_product { PORTION } else { ROWS + 1 };
        let portion = context.stores.software.installs(wish.clone(), after, limit).await?;
        let is_last = portion.len() < limit;
        for row in portion {
            if kept.len() == ROWS {
                return Ok((kept, after));
            }
            looked += 1;
            after = Some((row.asset, row.number));
            if !by_product || asked.is(&normaliser.normalise(&row.software)) {
                kept.push(row);
            }
        }
        if is_last {
            return Ok((kept, None));
        }
        if looked >= LOOKED_AT {
            return Ok((kept, after));
        }
    }
}

impl Asking {
    fn is(&self, one: &Normalised) -> bool {
        let same = |text: &Option<String>, asked: &str| text.as_deref().unwrap_or_default() == asked;
        one.product == self.product
            && same(&one.publisher, &self.publisher)
            && same(&one.version, &self.version)
            && same(&one.edition, &self.edition)
    }

    /// This page with something else.
    fn link(&self, other: &[(&str, &str)]) -> String {
        let mine = [
            ("asset", self.asset.as_str()),
            ("name", &self.name),
            ("publisher", &self.publisher),
            ("product", &self.product),
            ("version", &self.version),
            ("edition", &self.edition),
            ("removed", &self.removed),
        ];
        let kept = mine.iter().filter(|(name, _)| !other.iter().any(|(changed, _)| changed == name));
        address("/software/installs", &kept.chain(other).copied().collect::<Vec<_>>())
    }
}

/// What normalisation makes of software, in a line.
fn product_name(one: &Normalised) -> String {
    let parts = [one.publisher.as_deref(), Some(one.product.as_str()), one.edition.as_deref(), one.version.as_deref()];
    parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}
