//! What makes a removal candidate or a remedy the same one in every run: its id follows from what it is.

use muster_domain::reconcile::run::{Justification, Remedy};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// The id of the removal of a model from a device or user, for one reason.
pub(super) fn candidate(model: Uuid, device: Option<Uuid>, user: Option<Uuid>, why: Justification) -> Uuid {
    let id = |id: Option<Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
    made(&["removal", &model.to_string(), &id(device), &id(user), why.name()])
}

/// The id of what can be done about a model, in a group of results, by a metric.
pub(super) fn remedy(model: Uuid, grouping: &[String], remedy: &Remedy) -> Uuid {
    let Remedy { kind, metric, maintenance, subscription, .. } = remedy;
    let (model, group, name) = (model.to_string(), metric.group.to_lowercase(), metric.metric.to_lowercase());
    let with = match (subscription, maintenance) {
        (true, _) => "subscribed",
        (false, true) => "maintained",
        (false, false) => "",
    };
    let mut parts = vec!["remedy", &model, kind.name(), &group, &name, with];
    parts.extend(grouping.iter().map(String::as_str));
    made(&parts)
}

/// Each part with its length, so that no two lists of parts are the same text.
fn made(parts: &[&str]) -> Uuid {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    let digest = hash.finalize();
    let mut bytes = [0_u8; 16];
    for (byte, from) in bytes.iter_mut().zip(digest.iter()) {
        *byte = *from;
    }
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;
    use muster_domain::reconcile::run::{MetricName, RemedyKind};

    #[test]
    fn an_id_follows_from_what_it_is_and_from_nothing_else() {
        let (model, device, user) = (Uuid::from_u128(1), Some(Uuid::from_u128(2)), Some(Uuid::from_u128(2)));
        let one = candidate(model, device, None, Justification::Unlicensed);
        assert_eq!(one, candidate(model, device, None, Justification::Unlicensed));
        let others = [
            candidate(model, None, user, Justification::Unlicensed),
            candidate(model, device, user, Justification::Unlicensed),
            candidate(model, device, None, Justification::LowUsage),
            candidate(Uuid::from_u128(9), device, None, Justification::Unlicensed),
        ];
        assert!(others.iter().all(|other| *other != one));
        let metric = |name: &str| MetricName { group: "Common".to_owned(), metric: name.to_owned() };
        let of = |metric: &MetricName, subscription| Remedy {
            kind: RemedyKind::PurchaseRights,
            metric: metric.clone(),
            maintenance: subscription,
            subscription,
            count: 1,
            cost: Default::default(),
        };
        let purchase = |metric: &MetricName, grouping: &[String]| remedy(model, grouping, &of(metric, false));
        assert_ne!(purchase(&metric("x"), &[]), remedy(model, &[], &of(&metric("x"), true)), "a subscription is another offer");
        assert_eq!(purchase(&metric("Per Device"), &[]), purchase(&metric("per device"), &[]), "names have no case");
        let (ab_c, a_bc) = (["ab".to_owned(), "c".to_owned()], ["a".to_owned(), "bc".to_owned()]);
        assert_ne!(purchase(&metric("x"), &ab_c), purchase(&metric("x"), &a_bc));
    }
}
