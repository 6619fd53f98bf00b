//! Finding assets by an encoded query, as a caller means it: pages of them, all their ids, or a file.

use crate::{
    admin::{
        auth::Principal,
        context::AdminContext,
        page::{Page, Paging},
        problem::{Answer, Failure},
    },
    assets::stream,
    compliance::with_related,
    store::StoreError,
};
use futures_util::Stream;
use muster_domain::{
    asset::{Asset, AssetCatalogue, Directory as _, References, Scratch, StoredAsset, StoredRow, Table},
    ids::AssetId,
    query::{Checked, NullMode, QueryError, compile},
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
        let references = context.references.snapshot();
        let mut now = context.compliance.query_context(context.compliance.time());
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
        let limit = paging.limit()?;
        let page = if self.query.is_ordered() {
            let mut found = self.find(context, None, usize::MAX).await?;
            self.sort(&mut found);
            Page::of(found, paging, |found| found.id.to_string())?
        } else {
            let found = self.find(context, paging.after::<AssetId>()?, limit + 1).await?;
            Page::cut(found, limit, |found| found.id.to_string())
        };
        Ok(page.try_map(|found| found.asset())?)
    }

    /// The same for a page of the console: the assets, and the cursor of the next ones.
    ///
    /// # Errors
    /// As of a page.
    pub async fn assets(
        &self,
        context: &AdminContext,
        limit: usize,
        cursor: Option<String>,
    ) -> Answer<(Vec<Asset>, Option<String>)> {
        let Page { items, next, warnings: _ } = self.page(context, &Paging { limit: Some(limit), cursor }).await?;
        Ok((items, next))
    }

    /// The ids of everything that it finds.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn ids(&self, context: &AdminContext) -> Answer<Vec<AssetId>> {
        Ok(self.visit(context, None, usize::MAX, |asset| asset.id()).await?)
    }

    /// Everything that it finds, as pieces of a file that an import takes.
    pub fn file(&self, context: &AdminContext) -> impl Stream<Item = Result<Vec<u8>, StoreError>> + Send + use<> {
        stream(context.stores.clone(), (self.query.clone(), self.mode), Arc::clone(&self.references))
    }

    async fn find(&self, context: &AdminContext, after: Option<AssetId>, enough: usize) -> Result<Vec<Found>, StoreError> {
        self.visit(context, after, enough, |asset| Found { id: asset.id(), row: asset.bytes().into() }).await
    }

    /// Reads from the store, from one consistent view, until enough were found.
    async fn visit<T: Send + 'static>(
        &self,
        context: &AdminContext,
        after: Option<AssetId>,
        enough: usize,
        take: impl Fn(&StoredAsset<'_>) -> T + Send + 'static,
    ) -> Result<Vec<T>, StoreError> {
        let shared = Arc::new(Mutex::new(Vec::new()));
        let finding = Arc::clone(&shared);
        let (query, mode, references, scratch) =
            (self.query.clone(), self.mode, Arc::clone(&self.references), Scratch::default());
        let visit = move |asset: &StoredAsset<'_>| {
            if !query.matches(&StoredRow::new(asset, &*references, &scratch), mode) {
                return ControlFlow::Continue(());
            }
            let mut found = finding.lock().unwrap_or_else(PoisonError::into_inner);
            found.push(take(asset));
            if found.len() < enough { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        };
        context.stores.assets.scan(after, Box::new(visit)).await?;
        let found = std::mem::take(&mut *shared.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(found)
    }

    /// Puts them into the query's order; what it does not tell apart stays in the order of ids.
    fn sort(&self, found: &mut [Found]) {
        let references = self.references.as_ref();
        found.sort_by(|a, b| match (StoredAsset::new(&a.row), StoredAsset::new(&b.row)) {
            (Ok(a), Ok(b)) => {
                let (first, second) = (Scratch::default(), Scratch::default());
                self.query.order(&StoredRow::new(&a, references, &first), &StoredRow::new(&b, references, &second))
            }
            // Both came from the store whole.
            _ => a.id.cmp(&b.id),
        });
    }
}

/// An asset that was found, as it is stored: a list can be long, and only one page of it becomes assets.
struct Found {
    id: AssetId,
    row: Box<[u8]>,
}

impl Found {
    fn asset(&self) -> Result<Asset, StoreError> {
        let whole = StoredAsset::new(&self.row).and_then(|asset| asset.unpack());
        whole.map_err(|e| StoreError::Corrupt { table: "assets", reason: format!("{}: {e}", self.id) })
    }
}
