//! What is installed as publishers, products, versions and editions, with the models they are of; and the names that no rule knows.

use crate::{
    admin::{
        AdminContext, Answer, Ctx, Query,
        auth::{Caller, Principal},
    },
    console::{
        frame::{Frame, shown},
        pager::{Pager, address, paged},
        render::{number, page},
    },
    reconcile::{self, InstalledProduct},
};
use askama::Template;
use axum::{extract::State, response::Response};
use muster_domain::software::normal::{ProductType, Unrecognised};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "products.html")]
struct ProductsPage {
    frame: Frame,
    asked: Asking,
    kinds: Vec<(&'static str, bool)>,
    rows: Vec<ProductRow>,
    all: usize,
    pager: Pager,
}

#[derive(Template)]
#[template(path = "unrecognised.html")]
struct UnrecognisedPage {
    frame: Frame,
    asked: Asking,
    rows: Vec<UnknownRow>,
    all: usize,
    pager: Pager,
    installed: bool,
}

/// A product.
struct ProductRow {
    publisher: String,
    product: String,
    version: String,
    edition: String,
    kind: &'static str,
    installs: String,
    /// The devices that have it.
    devices: String,
    rule: Option<(String, String)>,
    model: Option<(String, String)>,
    /// The form of a model of it, where it needs one.
    new_model: Option<String>,
    ties: usize,
}

/// A name that no rule knows.
struct UnknownRow {
    name: String,
    publisher: String,
    source: String,
    installs: String,
    titles: String,
    devices: String,
    new_rule: String,
    test: String,
}

/// Which ones.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asking {
    search: String,
    kind: String,
    /// `without` has only those without a model.
    model: String,
    page: usize,
}

/// `GET /software/products`.
pub async fn products_page(State(context): State<Ctx>, Caller(caller): Caller, Query(asked): Query<Asking>) -> Response {
    shown(products(&context, &caller, asked).await)
}

/// `GET /software/unrecognised`.
pub async fn unrecognised_page(State(context): State<Ctx>, Caller(caller): Caller, Query(asked): Query<Asking>) -> Response {
    shown(unrecognised(&context, &caller, asked).await)
}

async fn products(context: &AdminContext, caller: &Principal, asked: Asking) -> Answer<Response> {
    let here = "/software/products";
    let mut found = reconcile::products(context.stores.software.as_ref(), &context.records.snapshot(), context.today()).await?;
    let all = found.len();
    let search = asked.search.trim().to_lowercase();
    found.retain(|one| {
        let name = format!("{} {}", one.normalised.publisher.as_deref().unwrap_or_default(), one.normalised.product);
        (search.is_empty() || name.to_lowercase().contains(&search))
            && (asked.kind.is_empty() || one.normalised.product_type.as_str() == asked.kind)
            && (asked.model != "without" || one.model.is_none())
    });
    let query = [("search", asked.search.as_str()), ("kind", &asked.kind), ("model", &asked.model)];
    let (found, pager) = paged(found, asked.page, here, &query);
    page(&ProductsPage {
        frame: Frame::of(context, caller, here),
        kinds: ProductType::ALL.map(|kind| (kind.as_str(), kind.as_str() == asked.kind)).to_vec(),
        rows: found.into_iter().map(|one| ProductRow::of(one, context)).collect(),
        all,
        pager,
        asked,
    })
}

async fn unrecognised(context: &AdminContext, caller: &Principal, asked: Asking) -> Answer<Response> {
    let here = "/software/unrecognised";
    let mut found = reconcile::unrecognised(context.stores.software.as_ref(), &context.records.snapshot()).await?;
    let all = found.len();
    let search = asked.search.trim().to_lowercase();
    found.retain(|one| {
        let name = format!("{} {}", one.publisher.as_deref().unwrap_or_default(), one.product);
        search.is_empty() || name.to_lowercase().contains(&search)
    });
    found.sort_by_key(|one| std::cmp::Reverse(one.installs));
    let (found, pager) = paged(found, asked.page, here, &[("search", &asked.search)]);
    let installed = !context.stores.software.titles(None, None, 1).await?.is_empty();
    page(&UnrecognisedPage {
        frame: Frame::of(context, caller, here),
        rows: found.into_iter().map(UnknownRow::of).collect(),
        all,
        pager,
        asked,
        installed,
    })
}

impl ProductRow {
    fn of(one: InstalledProduct, context: &AdminContext) -> Self {
        let InstalledProduct { normalised, installs, titles: _, model, ties } = one;
        let publisher = normalised.publisher.unwrap_or_default();
        let (version, edition) = (normalised.version.unwrap_or_default(), normalised.edition.unwrap_or_default());
        let asked = [
            ("publisher", publisher.as_str()),
            ("product", normalised.product.as_str()),
            ("version", &version),
            ("edition", &edition),
        ];
        let licensable = matches!(normalised.product_type, ProductType::Licensable | ProductType::Unknown);
        let devices = address("/software/installs", &asked);
        let fresh = address("/records/models/new", &asked[..2]);
        Self {
            installs: number(installs),
            devices,
            kind: normalised.product_type.as_str(),
            rule: normalised.rule.map(|rule| (address("/software/rules", &[("search", &rule)]), rule)),
            new_model: (model.is_none() && licensable).then_some(fresh),
            model: model.map(|id| {
                let called = context.records.called("models", id).unwrap_or_else(|| id.to_string());
                (format!("/records/models/{id}"), called)
            }),
            ties: ties.len(),
            product: normalised.product,
            publisher,
            version,
            edition,
        }
    }
}

impl UnknownRow {
    fn of(one: Unrecognised) -> Self {
        let Unrecognised { publisher, product, source, titles, installs } = one;
        let publisher = publisher.unwrap_or_default();
        // Several titles have their beginning in common.
        let operator = if titles > 1 { "starts with" } else { "equals" };
        let rule = [
            ("name", product.as_str()),
            ("source", &source),
            ("name_operator", operator),
            ("name_pattern", &product),
            ("publisher", &publisher),
            ("product", &product),
        ];
        let test = [("name", product.as_str()), ("publisher", &publisher), ("source", &source)];
        Self {
            installs: number(installs),
            titles: number(titles),
            devices: address("/software/installs", &[("name", &product)]),
            new_rule: address("/records/normalization-rules/new", &rule),
            test: format!("{}#test", address("/software/rules", &test)),
            name: product,
            publisher,
            source,
        }
    }
}
