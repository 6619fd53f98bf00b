//! Requests that must not be done twice.

use super::fixtures::at;
use crate::store::{
    Stores,
    records::{KeptAnswer, KeyedRequest},
};

pub(crate) fn keyed(key: u8, minutes: i64) -> KeyedRequest {
    KeyedRequest { key: [key; 32], digest: [key.wrapping_add(1); 32], at: at(minutes), answer: None }
}

pub(crate) fn answer() -> KeptAnswer {
    let headers = vec![("location".to_owned(), "/api/v1/assets/1".to_owned())];
    KeptAnswer { status: 201, headers, body: Some(b"{}".to_vec()) }
}

pub(crate) async fn a_keyed_request_is_kept_until_it_is_old(stores: &Stores) {
    let store = &stores.idempotency;
    let begin = async |request: KeyedRequest, since: i64| store.begin(request, at(since), 3).await.unwrap();
    assert_eq!(begin(keyed(1, 10), 0).await, None);
    assert_eq!(begin(keyed(1, 11), 0).await, Some(keyed(1, 10)), "the first one stays");
    store.answered([1; 32], answer()).await.unwrap();
    let answered = KeyedRequest { answer: Some(answer()), ..keyed(1, 10) };
    assert_eq!(begin(keyed(1, 12), 10).await, Some(answered));
    assert_eq!(begin(keyed(1, 40), 11).await, None, "it is too old, and the key is another request");
    assert_eq!(begin(keyed(1, 41), 11).await, Some(keyed(1, 40)));

    // What came to nothing is as if it had never come.
    store.free([1; 32]).await.unwrap();
    store.free([1; 32]).await.unwrap();
    store.answered([1; 32], answer()).await.unwrap();
    assert_eq!(begin(keyed(1, 42), 0).await, None);

    // Of too many the oldest go.
    for key in 2..=4 {
        assert_eq!(begin(keyed(key, 42 + i64::from(key)), 0).await, None);
    }
    for _ in 0..2 {
        assert_eq!(begin(keyed(2, 60), 0).await, Some(keyed(2, 44)), "asking takes nothing away");
    }
    assert_eq!(begin(keyed(1, 61), 0).await, None, "the oldest went");
    assert_eq!(begin(keyed(4, 62), 0).await, Some(keyed(4, 46)));

    // Nobody need ask for them to be forgotten.
    for (since, forgotten) in [(40, 0), (46, 1), (61, 1), (61, 0)] {
        assert_eq!(store.forget(at(since)).await.unwrap(), forgotten, "{since}");
    }
    assert_eq!(begin(keyed(1, 62), 0).await, Some(keyed(1, 61)));
}
