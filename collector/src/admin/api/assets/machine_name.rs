//! What the machine of an asset is called: the same on every page and in every answer.
//!
//! In: an asset. Out: the name by which people find the machine. A display name alone is the model of many machines.

use crate::admin::context::AdminContext;
use muster_domain::asset::{Asset, Field};

/// The host name of its agent, followed by the display name where a tag makes that one's own; without an agent the display name.
pub(crate) fn machine_name(asset: &Asset, context: &AdminContext) -> Option<String> {
    let host = host_name(asset, context);
    let display = asset.display_name(context.references.snapshot().as_ref());
    let has_tag = asset.get(Field::AssetTag).is_some();
    joined(host, display, has_tag)
}

/// What the machine of its agent calls itself.
pub(crate) fn host_name(asset: &Asset, context: &AdminContext) -> Option<String> {
    let agent = context.fleet.get(asset.agent()?)?;
    Some(agent.record.hostname.clone()).filter(|host| !host.is_empty())
}

fn joined(host: Option<String>, display: Option<String>, has_tag: bool) -> Option<String> {
    match (host, display) {
        (Some(host), Some(display)) if has_tag => Some(format!("{host} ({display})")),
        (Some(host), _) => Some(host),
        (None, display) => display,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_comes_first() {
        let check = |host: Option<&str>, display: Option<&str>, has_tag: bool, expected: Option<&str>| {
            let called = joined(host.map(str::to_owned), display.map(str::to_owned), has_tag);
            assert_eq!(called.as_deref(), expected, "{host:?} {display:?}");
        };
        check(Some("ws-009"), Some("Desk 5"), false, Some("ws-009"));
        check(Some("ws-009"), Some("P1 - Desk 5"), true, Some("ws-009 (P1 - Desk 5)"));
        check(Some("ws-009"), None, true, Some("ws-009"));
        check(None, Some("Desk 5"), false, Some("Desk 5"));
        check(None, None, false, None);
    }
}
