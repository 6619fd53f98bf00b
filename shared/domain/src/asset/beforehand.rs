//! What queries over assets know before they see one: where references lead, and whose names rows show.

use super::class;
use super::field::Kind;
use super::reference::Table;
use super::row::{AssetCatalogue, Walk, column_key, column_of, followed};
use crate::query::{Beforehand, IdSet, Path, Walked};

impl Beforehand for AssetCatalogue<'_> {
    fn walk(&self, path: &Path) -> Option<Walked<'_>> {
        let (field, walk) = column_of(path.key()).filter(|(_, walk)| walk.leaves_the_row())?;
        let Kind::Reference(table) = field.kind() else { return None };
        let records = self.directory.records(table).into_iter();
        let values = records.map(|(id, _)| (id, followed(self.directory, field, walk, id))).collect();
        Some(Walked { reference: Path::new(field.name()).resolved(column_key(field, Walk::Own)), values })
    }

    fn showing(&self, word: &str, passes: &dyn Fn(&str) -> bool) -> Option<IdSet> {
        // A row without a class shows one, and an id shows the groups of its digits.
        let is_class = || class::CLASSES.iter().any(|(name, _)| name.split('_').any(|part| part == word));
        let is_of_id = || word.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_class() || is_of_id() {
            return None;
        }
        // The name of the model is part of the display name.
        Some(self.directory.records(Table::Model).into_iter().filter(|(_, name)| passes(name)).map(|(id, _)| id).collect())
    }
}
