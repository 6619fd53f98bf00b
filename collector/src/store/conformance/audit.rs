//! The audit log.

use super::fixtures::entry;
use crate::store::Stores;

pub(crate) async fn the_audit_log_is_a_chain(stores: &Stores) {
    assert_eq!(stores.audit.verify().await.unwrap(), Ok(0));
    for action in ["a", "b", "c", "d"] {
        stores.audit.append(entry(action)).await.unwrap();
    }
    let newest = stores.audit.page(None, 2).await.unwrap();
    assert_eq!(newest.iter().map(|record| record.number).collect::<Vec<_>>(), [4, 3]);
    assert_eq!(newest[1].entry, entry("c"));
    let older = stores.audit.page(Some(3), 10).await.unwrap();
    assert_eq!(older.iter().map(|record| record.number).collect::<Vec<_>>(), [2, 1]);
    let later = stores.audit.after(1, 2).await.unwrap();
    assert_eq!(later.iter().map(|record| record.number).collect::<Vec<_>>(), [2, 3]);
    assert_eq!(stores.audit.after(4, 10).await.unwrap(), []);
    assert_ne!(older[0].hash, older[1].hash);
    assert_eq!(older[0].hash.len(), 64);
    assert_eq!(stores.audit.verify().await.unwrap(), Ok(4));
}
