//! The list to the byte, its signature, and deltas that nobody may bend.
#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that is out of bounds fails, as it should"
)]

use data_encoding::HEXLOWER;

use super::*;

const HERE: ConventionId = ConventionId([0xC0; 16]);

fn server() -> SigningKey {
    SigningKey::from_bytes(&[9; 32])
}

fn entry(number: u8) -> Entry {
    Entry([0, 0, 0, 0, 0, 0, 0, number])
}

fn state(number: u64, entries: &[Entry]) -> ListState {
    let digest = digest(entries.iter().copied());
    ListState { convention: HERE, number, entries: entries.len() as u64, digest }
}

fn change(state: ListState, after: u64, added: &[Entry]) -> ListChange {
    let signature = state.sign(&server());
    ListChange { state, signature, after, added: ListChange::pack(added) }
}

#[test]
fn golden_entry_and_digest() {
    let entries = [Serial([5; 16]), Serial([6; 16])].map(Entry::of);
    assert_eq!(HEXLOWER.encode(&entries[0].0), "f98a594c16784dbe");
    assert_eq!(HEXLOWER.encode(&entries[1].0), "344676f277e8e49a");
    let mut ascending = entries;
    ascending.sort();
    assert_eq!(
        HEXLOWER.encode(&digest(ascending.into_iter())),
        "f3aa8b76335882e6f310c2d0250fb4671686dca01562bc8b4528b5d208fde620"
    );
    assert_eq!(
        HEXLOWER.encode(&digest(std::iter::empty())),
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "of the empty list"
    );
}

#[test]
fn every_entry_counts_and_so_does_their_order() {
    let of = |entries: &[Entry]| digest(entries.iter().copied());
    let (one, two) = (entry(1), entry(2));
    assert_ne!(of(&[one, two]), of(&[one]));
    assert_ne!(of(&[one, two]), of(&[two, one]));
}

#[test]
fn entries_ascend_and_each_stands_once() {
    let entries = |added: &[Entry]| change(state(1, added), 0, added).entries();
    let (one, two, three) = (entry(1), entry(2), entry(3));
    assert_eq!(entries(&[]), Some(vec![]));
    assert_eq!(entries(&[one, two, three]), Some(vec![one, two, three]));
    let last = Entry([0xFF; 8]);
    assert_eq!(entries(&[three, last]), Some(vec![three, last]), "by bytes from the left");
    assert_eq!(entries(&[two, one]), None);
    assert_eq!(entries(&[one, two, two]), None);
}

#[test]
fn a_list_cut_within_an_entry_is_none() {
    let whole = change(state(1, &[]), 0, &[entry(1), entry(2)]);
    for length in 0..=16 {
        let added = ByteVec::from(whole.added[..length].to_vec());
        let entries = ListChange { added, ..whole.clone() }.entries();
        assert_eq!(entries.is_some(), length % ENTRY == 0, "{length} bytes");
    }
}

#[test]
fn a_state_is_believed_only_as_the_server_signed_it() {
    let good = state(4, &[entry(1), entry(2)]);
    let signature = good.sign(&server());
    let public = server().verifying_key();
    assert!(good.is_signed_by(&public, &signature));
    let other = SigningKey::from_bytes(&[8; 32]);
    assert!(!good.is_signed_by(&other.verifying_key(), &signature));
    for bent in [
        ListState { number: 5, ..good.clone() },
        ListState { entries: 1, ..good.clone() },
        ListState { digest: [0; 32], ..good.clone() },
        ListState { convention: ConventionId([0xC1; 16]), ..good.clone() },
    ] {
        assert!(!bent.is_signed_by(&public, &signature), "{bent:?}");
    }
    for bit in 0..signature.len() * 8 {
        let mut bent = signature;
        bent[bit / 8] ^= 1 << (bit % 8);
        assert!(!good.is_signed_by(&public, &bent), "bit {bit}");
    }
    // The same bytes signed for something else.
    let bytes = minicbor::to_vec(&good).unwrap();
    for domain in ["", "yingbin-scope-v1", "yingbin-fact-v1"] {
        let foreign = server().sign(&[domain.as_bytes(), &bytes].concat()).to_bytes();
        assert!(!good.is_signed_by(&public, &foreign), "{domain}");
    }
}

#[test]
fn a_bent_delta_makes_another_list_than_was_signed() {
    let held = [entry(1), entry(3)];
    let after = [entry(1), entry(2), entry(3), entry(9)];
    let good = change(state(2, &after), 1, &[entry(2), entry(9)]);
    let applied = |change: &ListChange| {
        let mut all: Vec<Entry> = change.entries()?.into_iter().chain(held).collect();
        all.sort();
        let whole = all.len() as u64 == change.state.entries;
        Some(whole && digest(all.into_iter()) == change.state.digest)
    };
    assert_eq!(applied(&good), Some(true));
    for bit in 0..good.added.len() * 8 {
        let mut added = good.added.to_vec();
        added[bit / 8] ^= 1 << (bit % 8);
        let bent = ListChange { added: added.into(), ..good.clone() };
        assert_ne!(applied(&bent), Some(true), "bit {bit}");
    }
    for added in [vec![], vec![entry(2)], vec![entry(2), entry(3), entry(9)]] {
        let bent = ListChange { added: ListChange::pack(&added), ..good.clone() };
        assert_ne!(applied(&bent), Some(true), "{added:?}");
    }
}

#[test]
fn a_change_comes_back_from_the_wire() {
    let good = change(state(2, &[entry(1)]), 1, &[entry(1)]);
    let bytes = minicbor::to_vec(&good).unwrap();
    assert_eq!(minicbor::decode::<ListChange>(&bytes).unwrap(), good);
    for end in 0..bytes.len() {
        assert!(minicbor::decode::<ListChange>(&bytes[..end]).is_err(), "{end} bytes");
    }
}

/// The heading promises a chance below one in 10^15 that a good pass is hit: entries of 64 bits
/// keep it, and in 100,000 serials no two have met here.
#[test]
fn many_serials_have_entries_of_their_own() {
    let mut entries: Vec<Entry> =
        (0..100_000_u128).map(|number| Entry::of(Serial(number.to_be_bytes()))).collect();
    entries.sort();
    entries.dedup();
    assert_eq!(entries.len(), 100_000);
    assert_eq!(ListChange::pack(&entries).len(), 800_000, "eight bytes each on the wire");
}
