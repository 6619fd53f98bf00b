//! What devices, users, models and entitlements of results are called.

use crate::{
    admin::{api::assets::machine_name, context::AdminContext},
    store::StoreError,
};
use muster_domain::{asset::Table, ids::AssetId};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use uuid::Uuid;

/// Something by its id, and what it is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Named {
    /// Its id.
    pub id: Uuid,
    /// What it is called; null when it is gone.
    pub display: Option<String>,
}

/// What was asked for is asked for again: a page names few different things many times.
pub(crate) struct Names<'a> {
    context: &'a AdminContext,
    devices: BTreeMap<Uuid, Option<String>>,
}

impl<'a> Names<'a> {
    pub(crate) fn new(context: &'a AdminContext) -> Self {
        Self { context, devices: BTreeMap::new() }
    }

    /// A device: an asset, or the record of a host that is none.
    pub(crate) async fn device(&mut self, id: Option<Uuid>) -> Result<Option<Named>, StoreError> {
        let Some(id) = id else { return Ok(None) };
        if let Some(display) = self.devices.get(&id) {
            return Ok(Some(Named { id, display: display.clone() }));
        }
        let asset = self.context.stores.assets.get(AssetId(id)).await?;
        let display = match asset {
            Some(asset) => machine_name(&asset, self.context),
            None => self.context.records.called("hosts", id),
        };
        self.devices.insert(id, display.clone());
        Ok(Some(Named { id, display }))
    }

    /// A user.
    pub(crate) fn user(&self, id: Option<Uuid>) -> Option<Named> {
        let display = |id| {
            let directory = self.context.references.snapshot();
            let known = muster_domain::asset::Directory::display(directory.as_ref(), Table::User, id).map(str::to_owned);
            known.or_else(|| self.context.records.called("software-users", id))
        };
        id.map(|id| Named { id, display: display(id) })
    }

    /// A software model.
    pub(crate) fn model(&self, id: Uuid) -> Named {
        Named { id, display: self.context.records.called("models", id) }
    }

    /// An entitlement.
    pub(crate) fn entitlement(&self, id: Uuid) -> Named {
        Named { id, display: self.context.records.called("entitlements", id) }
    }
}
