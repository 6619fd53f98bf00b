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
    (query, mode): (Checked, NullMode),
    directory: Arc<References>,
) -> impl Stream<Item = Result<Vec<u8>, StoreError>> + Send {
    let state = State { stores, query, mode, directory, at: At::Header };
    stream::try_unfold(state, |mut state| async move {
        let piece = state.next().await?;
        Ok(piece.map(|piece| (piece, state)))
    })
}

struct State {
    stores: Stores,
    query: Checked,
    mode: NullMode,
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
        chunk.retain(|asset| self.query.matches(&AssetRow::new(asset, self.directory.as_ref()), self.mode));
        Ok((chunk, next))
    }

    fn rows(&self, assets: &[Asset]) -> Vec<u8> {
        csv_of(&assets.iter().map(|asset| row(asset, self.directory.as_ref())).collect::<Vec<_>>())
    }
}

/// The cells of an asset, in the order of [`columns`].
fn row(asset: &Asset, directory: &References) -> Vec<String> {
    let id = asset.id().to_string();
    let agent = asset.agent().map(|agent| agent.to_string()).unwrap_or_default();
    let fields = Field::ALL
        .iter()
        .map(|field| asset.value(*field, directory).map_or_else(String::new, |value| cell(*field, &value, directory)));
    [id, agent].into_iter().chain(fields).collect()
}

fn csv_of(rows: &[Vec<String>]) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).flexible(true).from_writer(Vec::new());
    for row in rows {
        // Writing to memory does not fail.
        drop(writer.write_record(row));
    }
    writer.into_inner().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        assets::column,
        sheet::{Sheet, whole},
    };
    use chrono::DateTime;
    use muster_domain::asset::{
        Layer, Table, Value,
        edit::read_value,
        sheet::{Column, armed, differing},
    };
    use proptest::prelude::*;
    use uuid::Uuid;

    fn directory() -> References {
        let mut directory = References::seeded();
        for (number, name) in [(1, "Abel"), (2, "abel"), (3, "=Bea"), (4, "'@Cy, \"x\""), (5, "")] {
            directory.insert(Table::User, Uuid::from_u128(number), name);
        }
        directory
    }

    fn asset(texts: &[String], state: i64, user: u128, seen: bool) -> Asset {
        let mut asset = Asset::new(AssetId(Uuid::from_u128(77)), None, DateTime::UNIX_EPOCH);
        let fields = [Field::AssetTag, Field::SerialNumber, Field::Comments, Field::LeaseId].into_iter();
        let mut values: Vec<(Field, Option<Value>)> =
            fields.zip(texts).map(|(field, text)| (field, Some(Value::Text(text.clone())))).collect();
        values.push((Field::InstallStatus, Some(Value::Int(state))));
        values.push((Field::AssignedTo, Some(Value::Ref(Uuid::from_u128(user)))));
        values.push((Field::Cost, "-12.50".parse().ok().map(Value::Decimal)));
        if seen {
            asset.observe(values.into_iter().collect::<Layer>(), DateTime::UNIX_EPOCH);
        } else {
            let _ = asset.edit(&values, DateTime::UNIX_EPOCH);
        }
        asset
    }

    proptest! {
        #[test]
        fn what_is_exported_is_imported_again_unchanged(
            texts in prop::collection::vec("['=+@\\-\u{ff1d}\u{ff0b}\u{ff0d}\u{ff20}\u{feff}\u{200b}]{0,3}[a-zß \"';,\\n\r\t]{0,12}", 4),
            state in prop::sample::select(vec![1_i64, 6, 7, 8]), user in 1_u128..=5, seen: bool, delimiter_in_text: bool,
        ) {
            let directory = directory();
            let texts: Vec<String> = texts.into_iter().map(|text| if delimiter_in_text { format!("{text};;;;x") } else { text }).collect();
            let asset = asset(&texts, state, user, seen);
            let header = columns().iter().map(|name| (*name).to_owned()).collect();
            let file = whole(csv_of(&[header, row(&asset, &directory)]));
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
            let (kinds, line, end) = runtime.block_on(async {
                let mut sheet = Sheet::open(file, column).await.unwrap();
                (sheet.columns().to_vec(), sheet.next().await.unwrap().unwrap(), sheet.next().await.unwrap())
            });
            prop_assert_eq!(&line.problem, &None);
            prop_assert_eq!(end, None);
            let mut set = Vec::new();
            for (column, text) in kinds.iter().zip(&line.cells) {
                if let Column::Field(field) = column && !text.trim().is_empty() {
                    set.push((*field, read_value(*field, armed(text), &directory).unwrap()));
                }
            }
            prop_assert_eq!(differing(&asset, &set), []);
        }
    }
}
