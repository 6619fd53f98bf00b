//! Finding assets by an encoded query, as a caller means it: pages of them, all their ids, or a file.

use super::ordered::{Firsts, Found, Order};
use crate::{
    admin::{
        auth::Principal,
        context::AdminContext,
        page::{self, Page, Paging},
        problem::{Answer, Failure},
        waiting::Waiting,
    },
    assets::stream,
    compliance::with_related,
    store::StoreError,
};
use futures_util::Stream;
use muster_domain::{
    asset::{Asset, AssetCatalogue, Directory as _, References, Scratch, StoredAsset, StoredRow, Table},
    ids::AssetId,
    query::{Checked, Context, Invalid, NullMode, QueryError, compile},
};
use muster_wire::problem::Code;
use std::{
    ops::ControlFlow,
    sync::{Arc, Mutex, PoisonError},
};

/// A query that was read, over the reference tables as they were then.
pub struct Search {
    query: Checked,
    mode: NullMode,
    references: Arc<References>,
}

impl From<QueryError> for Failure {
    fn from(error: QueryError) -> Self {
        Self::new(Code::InvalidQuery, error.to_string()).with("position", error.position)
    }
}

impl Search {
    /// A query as this caller means it: "Me" is the user record of the account's name; nobody stands behind an API token. Inside: what
    /// is wrong with the query.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn of(context: &AdminContext, caller: &Principal, text: &str) -> Answer<Result<Self, QueryError>> {
        Self::compiled(context, caller, text, context.compliance.query_context(context.compliance.time())).await
    }

    /// The same for assets that are to be changed: a condition that is not understood is an error, whatever the settings say. Left out,
    /// it would make the query find more.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn to_change(context: &AdminContext, caller: &Principal, text: &str) -> Answer<Result<Self, QueryError>> {
        let now = context.compliance.query_context(context.compliance.time());
        Self::compiled(context, caller, text, Context { invalid: Invalid::Error, ..now }).await
    }

    async fn compiled(
        context: &AdminContext,
        caller: &Principal,
        text: &str,
        mut now: Context,
    ) -> Answer<Result<Self, QueryError>> {
        let references = context.references.snapshot();
        let me = caller.console().and_then(|session| references.find(Table::User, &session.user));
        if let Some(me) = me {
            now = now.with_user(&me.to_string());
        }
        let query = match compile(text, &AssetCatalogue::new(references.as_ref()), &now) {
            Ok(query) => query,
            Err(error) => return Ok(Err(error)),
        };
        let mode = context.settings.values().null_mode;
        let query = with_related(&context.stores, query, &references, mode).await?;
        Ok(Ok(Self { query, mode, references }))
    }

    /// What its assets point to.
    #[must_use]
    pub fn references(&self) -> &References {
        &self.references
    }

    /// Whether the query leaves nothing out.
    #[must_use]
    pub fn is_every_asset(&self) -> bool {
        self.query.is_every_row()
    }

    /// What is odd about the query, such as a value that no record has.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        self.query.warnings().iter().map(|warning| warning.text.clone()).collect()
    }

    /// A page of what it finds, ordered by id unless the query orders it.
    ///
    /// # Errors
    /// 422 for a wrong limit or cursor, and those of the store.
    pub(in crate::admin) async fn page(&self, context: &AdminContext, paging: &Paging) -> Answer<Page<Asset>> {
        self.look(context, paging, usize::MAX).await.map(|(page, _)| page)
    }

    /// The same for a page of the console, which does not keep people waiting: without an order it looks at no more than `most` assets,
    /// and the next page goes on behind them.
    ///
    /// # Errors
    /// As of a page.
    pub async fn seen(&self, context: &AdminContext, limit: usize, most: usize, cursor: Option<String>) -> Answer<Seen> {
        let paging = Paging { limit: Some(limit), cursor };
        let (Page { items, next, warnings: _ }, stopped) = self.look(context, &paging, most).await?;
        Ok(Seen { assets: items, next, stopped })
    }

    /// A page, and whether it ends where no more was to be looked at.
    async fn look(&self, context: &AdminContext, paging: &Paging, most: usize) -> Answer<(Page<Asset>, bool)> {
        let limit = paging.limit()?;
        let after = paging.after::<AssetId>()?;
        let name = |found: &Found| found.id.to_string();
        if self.query.is_ordered() {
            let page = Page::cut(self.first(context, after, limit + 1).await?, limit, name);
            return Ok((page.try_map(|found| found.asset())?, false));
        }
        let looked = self.visit(context, after, limit + 1, most, Found::of).await?;
        let mut page = Page::cut(looked.found, limit, name);
        let stopped = looked.stopped.filter(|_| page.next.is_none());
        if let Some(last) = stopped {
            page.next = Some(page::cursor(&last.to_string()));
        }
        Ok((page.try_map(|found| found.asset())?, stopped.is_some()))
    }

    /// The ids of everything that it finds.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn ids(&self, context: &AdminContext) -> Answer<Vec<AssetId>> {
        Ok(self.visit(context, None, usize::MAX, usize::MAX, |asset| asset.id()).await?.found)
    }

    /// Everything that it finds, as pieces of a file that an import takes.
    pub fn file(&self, context: &AdminContext) -> impl Stream<Item = Result<Vec<u8>, StoreError>> + Send + use<> {
        stream(context.stores.clone(), (self.query.clone(), self.mode), Arc::clone(&self.references))
    }

    /// The first of what it finds in the order of the query, behind this asset.
    async fn first(&self, context: &AdminContext, after: Option<AssetId>, most: usize) -> Answer<Vec<Found>> {
        let after = match after {
            None => None,
            Some(id) => {
                let asset = context.stores.assets.get(id).await?;
                let asset =
                    asset.ok_or_else(|| Failure::invalid("what the page before ended with is gone; begin without a cursor"))?;
                Some(Found::packed(&asset))
            }
        };
        let order = Order::new(self.query.clone(), Arc::clone(&self.references));
        let shared = Arc::new(Mutex::new(Firsts::new(order, after, most)));
        let firsts = Arc::clone(&shared);
        let offer = move |asset: &StoredAsset<'_>| firsts.lock().unwrap_or_else(PoisonError::into_inner).offer(asset);
        self.visit(context, None, usize::MAX, usize::MAX, offer).await?;
        let mut firsts = shared.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(std::mem::take(firsts.kept()))
    }

    /// Reads from the store, from one consistent view, until enough were found or looked at.
    async fn visit<T: Send + 'static>(
        &self,
        context: &AdminContext,
        after: Option<AssetId>,
        enough: usize,
        most: usize,
        take: impl Fn(&StoredAsset<'_>) -> T + Send + 'static,
    ) -> Result<Looked<T>, StoreError> {
        let shared = Arc::new(Mutex::new(Looked { found: Vec::new(), stopped: None }));
        let finding = Arc::clone(&shared);
        let (query, mode, references, scratch) =
            (self.query.clone(), self.mode, Arc::clone(&self.references), Scratch::default());
        let mut left = most;
        let waiting = Waiting::now();
        let visit = move |asset: &StoredAsset<'_>| {
            if waiting.is_over() {
                return ControlFlow::Break(());
            }
            left = left.saturating_sub(1);
            let fits = query.matches(&StoredRow::new(asset, &*references, &scratch), mode);
            if !fits && left > 0 {
                return ControlFlow::Continue(());
            }
            let mut looked = finding.lock().unwrap_or_else(PoisonError::into_inner);
            if fits {
                looked.found.push(take(asset));
            }
            if left == 0 {
                looked.stopped = Some(asset.id());
            }
            if looked.found.len() < enough && left > 0 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        };
        context.stores.assets.scan(after, Box::new(visit)).await?;
        let mut looked = shared.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Looked { found: std::mem::take(&mut looked.found), stopped: looked.stopped })
    }
}

/// A page of the console.
pub struct Seen {
    /// What was found.
    pub assets: Vec<Asset>,
    /// The cursor of the next page; none on the last one.
    pub next: Option<String>,
    /// Whether the page ends because no more assets were to be looked at, and not because it is full.
    pub stopped: bool,
}

/// What was found, and the last asset that was looked at where there may be more behind it.
struct Looked<T> {
    found: Vec<T>,
    stopped: Option<AssetId>,
}
