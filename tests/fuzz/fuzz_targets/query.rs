//! Any text as an encoded query: it is read or refused, what is read prints and reads back, and what compiles can be asked.
#![no_main]

use chrono::DateTime;
use libfuzzer_sys::fuzz_target;
use muster_domain::asset::{Asset, AssetCatalogue, AssetRow, References};
use muster_domain::calendar::SiteZone;
use muster_domain::ids::AssetId;
use muster_domain::query::{Context, NullMode, compile, parse};

fuzz_target!(|text: &str| {
    let Ok(query) = parse(text) else { return };
    let printed = query.to_string();
    assert_eq!(parse(&printed).as_ref(), Ok(&query), "{printed}");
    let directory = References::seeded();
    let context = Context::new(DateTime::UNIX_EPOCH, SiteZone::UTC);
    match compile(text, &AssetCatalogue::new(&directory), &context) {
        Ok(mut checked) => {
            let asset = Asset::new(AssetId(Default::default()), None, DateTime::UNIX_EPOCH);
            let row = AssetRow::new(&asset, &directory);
            checked.observe(&row, NullMode::Sql);
            checked.matches(&row, NullMode::Inclusive);
        }
        Err(error) => {
            assert!(text.is_char_boundary(error.position), "{error}");
            let _ = error.render(text);
        }
    }
});
