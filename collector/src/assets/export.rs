//! The export of assets as CSV: every page, one after the other, as an import takes them in again.

use crate::store::{StoreError, Stores};
use futures_util::{Stream, stream};
use muster_domain::{
    asset::{Asset, AssetRow, Field, References, sheet::cell},
    ids::AssetId,
    query::{Checked, NullMode},
};
use std::sync::Arc;

/// Assets read at once, so that no reader holds the store for long.
const CHUNK: usize = 1_000;

/// The columns of an export.
#[must_use]
pub fn columns() -> Vec<&'static str> {
    ["id", "agent"].into_iter().chain(Field::ALL.iter().map(|field| field.name())).collect()
}

/// The assets that a query finds, as pieces of a CSV file; ordered by id unless the query orders them.
pub fn stream(
    stores: Stores,
    query: Checked,
    directory: Arc<References>,
) -> impl Stream<Item = Result<Vec<u8>, StoreError>> + Send {
    let state = State { stores, query, directory, at: At::Header };
    stream::try_unfold(state, |mut state| async move {
        let piece = state.next().await?;
        Ok(piece.map(|piece| (piece, state)))
    })
}

struct State {
    stores: Stores,
    query: Checked,
    directory: Arc<References>,
    at: At,
}

enum At {
    Header,
    /// After this asset.
    Page(Option<AssetId>),
    End,
}

impl State {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, StoreError> {
        match self.at {
            At::Header => {
                self.at = At::Page(None);
                Ok(Some(csv_of(&[columns().iter().map(|name| (*name).to_owned()).collect()])))
            }
            At::Page(None) if self.query.is_ordered() => {
                let mut found = Vec::new();
                let mut after = None;
                loop {
                    let (more, next) = self.page(after).await?;
                    found.extend(more);
                    after = next;
                    if after.is_none() {
                        break;
                    }
                }
                let directory = self.directory.as_ref();
                found.sort_by(|a, b| self.query.order(&AssetRow::new(a, directory), &AssetRow::new(b, directory)));
                self.at = At::End;
                Ok(Some(self.rows(&found)))
            }
            At::Page(after) => {
                let (found, next) = self.page(after).await?;
                self.at = next.map_or(At::End, |next| At::Page(Some(next)));
                Ok(Some(self.rows(&found)))
            }
            At::End => Ok(None),
        }
    }

    /// What the query finds in the next chunk, and after which asset to go on.
    async fn page(&self, after: Option<AssetId>) -> Result<(Vec<Asset>, Option<AssetId>), StoreError> {
        let mut chunk = self.stores.assets.page(after, CHUNK).await?;
        let next = chunk.last().map(Asset::id).filter(|_| chunk.len() == CHUNK);
        chunk.retain(|asset| self.query.matches(&AssetRow::new(asset, self.directory.as_ref()), NullMode::Sql));
        Ok((chunk, next))
    }

    fn rows(&self, assets: &[Asset]) -> Vec<u8> {
        let directory = self.directory.as_ref();
        let row = |asset: &Asset| {
            let id = asset.id().to_string();
            let agent = asset.agent().map(|agent| agent.to_string()).unwrap_or_default();
            let fields = Field::ALL
                .iter()
                .map(|field| asset.value(*field, directory).map_or_else(String::new, |value| cell(*field, &value, directory)));
            [id, agent].into_iter().chain(fields).collect()
        };
        csv_of(&assets.iter().map(row).collect::<Vec<Vec<String>>>())
    }
}

fn csv_of(rows: &[Vec<String>]) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).flexible(true).from_writer(Vec::new());
    for row in rows {
        // Writing to memory does not fail.
        drop(writer.write_record(row));
    }
    writer.into_inner().unwrap_or_default()
}
