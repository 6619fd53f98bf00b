//! The model categories of a site as a forest, parents before their children.
//!
//! In: the reference tables. Out: nodes in an order in which one loop from the first to the last has seen the parent before the
//! child. A circle cannot be stored; should one be there all the same, it is cut and named, and nothing loops.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::asset::category;
use crate::asset::class;
use crate::asset::reference::{Directory, Table};
use crate::ids::CategoryId;

/// The class whose assets can be servers by their category's name, and the one that it extends.
const OF_HARDWARE: [&str; 2] = ["alm_asset", class::HARDWARE];

/// One model category.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its id.
    pub id: CategoryId,
    /// Its name; a ready-made one keeps the published name, whatever it is called now.
    pub name: String,
    /// Where its parent stands in the order.
    pub parent: Option<usize>,
    /// Whether it was made at this site and not ready-made.
    pub custom: bool,
    /// Whether its assets are of the hardware class.
    pub hardware: bool,
}

/// Model categories in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    nodes: Vec<Node>,
    circle: Option<String>,
}

impl Tree {
    /// The model categories of a directory.
    #[must_use]
    pub fn of(directory: &dyn Directory) -> Self {
        let records = directory.records(Table::ModelCategory);
        let mut tree = Self { nodes: Vec::with_capacity(records.len()), circle: None };
        // Without a place: on the way up from the record that is looked at.
        let mut places: BTreeMap<Uuid, Option<usize>> = BTreeMap::new();
        let mut path = Vec::new();
        for (id, _) in &records {
            let mut next = Some(*id);
            while let Some(id) = next.filter(|id| !places.contains_key(id)) {
                path.push(id);
                places.insert(id, None);
                let parent = directory.parent(Table::ModelCategory, id);
                next = parent.filter(|parent| directory.display(Table::ModelCategory, *parent).is_some());
            }
            if let Some(id) = next.filter(|id| places.get(id) == Some(&None)) {
                tree.circle.get_or_insert_with(|| directory.display(Table::ModelCategory, id).unwrap_or_default().to_owned());
            }
            while let Some(id) = path.pop() {
                let parent = directory.parent(Table::ModelCategory, id).and_then(|parent| places.get(&parent).copied().flatten());
                places.insert(id, Some(tree.nodes.len()));
                let node = tree.node(id, directory, parent);
                tree.nodes.push(node);
            }
        }
        tree
    }

    /// The nodes, each after its parent.
    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// A model category that lies below itself, if there is one.
    #[must_use]
    pub fn circle(&self) -> Option<&str> {
        self.circle.as_deref()
    }

    fn node(&self, id: Uuid, directory: &dyn Directory, parent: Option<usize>) -> Node {
        let id = CategoryId(id);
        let ready_made = category::by_id(id);
        let shown = || directory.display(Table::ModelCategory, id.0).unwrap_or_default();
        let above = || parent.and_then(|parent| self.nodes.get(parent)).is_none_or(|parent| parent.hardware);
        Node {
            id,
            name: ready_made.map_or_else(shown, |category| category.name).to_owned(),
            parent,
            custom: ready_made.is_none(),
            hardware: ready_made.map_or_else(above, |category| OF_HARDWARE.contains(&category.class)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::asset::reference::References;

    fn numbered(number: usize) -> Uuid {
        Uuid::from_u128(number as u128)
    }

    fn directory(parents: &[Option<usize>]) -> References {
        let mut references = References::new();
        for (number, parent) in parents.iter().enumerate() {
            references.put(Table::ModelCategory, numbered(number), &format!("c{number}"), parent.map(numbered));
        }
        references
    }

    #[test]
    fn ready_made_names_stay_and_children_are_of_their_parents_class() {
        let mut references = References::seeded();
        let id = |name: &str| category::by_name(name).unwrap().id.0;
        references.put(Table::ModelCategory, id("Computer"), "PC", Some(id("Hardware")));
        references.put(Table::ModelCategory, numbered(1), "Toner server", Some(id("Consumables")));
        references.put(Table::ModelCategory, numbered(2), "Blade", Some(numbered(3)));
        let tree = Tree::of(&references);
        let find = |id: Uuid| tree.nodes().iter().find(|node| node.id.0 == id).unwrap();
        assert_eq!((find(id("Computer")).name.as_str(), find(id("Computer")).custom), ("Computer", false));
        assert_eq!(tree.nodes()[find(id("Computer")).parent.unwrap()].name, "Hardware");
        assert!(!find(numbered(1)).hardware && find(numbered(1)).custom && find(numbered(2)).hardware);
        assert_eq!((find(numbered(2)).parent, tree.circle()), (None, None));
    }

    #[test]
    fn a_circle_is_cut_and_named() {
        for parents in [vec![Some(0)], vec![Some(1), Some(0)], vec![None, Some(2), Some(3), Some(1), Some(1)]] {
            let tree = Tree::of(&directory(&parents));
            assert_eq!(tree.nodes().len(), parents.len());
            assert!(tree.circle().is_some(), "{parents:?}");
        }
        assert_eq!(Tree::of(&directory(&[None, Some(0), Some(1)])).circle(), None);
    }

    proptest! {
        #[test]
        fn every_category_stands_once_after_its_parent(
            parents in prop::collection::vec(prop::option::of(0_usize..12), 0..12),
        ) {
            let tree = Tree::of(&directory(&parents));
            let mut ids: Vec<_> = tree.nodes().iter().map(|node| node.id).collect();
            for (place, node) in tree.nodes().iter().enumerate() {
                prop_assert!(node.parent.is_none_or(|parent| parent < place));
            }
            ids.sort();
            let expected: Vec<_> = (0..parents.len()).map(|number| CategoryId(numbered(number))).collect();
            prop_assert_eq!(ids, expected);
        }
    }
}
