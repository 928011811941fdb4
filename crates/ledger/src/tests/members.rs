//! Who belongs, what they may write, and how a station is shut down.

pub(super) mod forgotten;
mod lists;

use std::collections::BTreeSet;

use admission::exchange::{Envelope, Held, Member, MemberList, MemberState, Message, seal};

use super::*;
use crate::carrier::CarrierError;
use crate::db::places;

fn id(name: u8) -> StationId {
    StationId([name; 16])
}

async fn close(town: &Town, name: u8, state: MemberState) {
    assert!(town.ask(move |ledger| ledger.close_member(id(name), state)).await);
}

/// The codes of what is not believed, by fact.
fn quarantined(ledger: &Ledger) -> Vec<(FactId, String)> {
    ledger.quarantined().unwrap().into_iter().collect()
}

async fn server_quarantined(town: &Town) -> Vec<(FactId, String)> {
    town.ask(|ledger| Ok(quarantined(ledger))).await
}

fn is_in(ledger: &Ledger, guest: u8) -> bool {
    let dossier = ledger.dossier(AttendeeId([guest; 16]), false).unwrap();
    dossier.presence(&slug("registration"), Slot::default()).is_some()
}

async fn server_has(town: &Town, guest: u8) -> bool {
    town.ask(move |ledger| Ok(is_in(ledger, guest))).await
}

async fn well(town: &Town, stations: &[&Kiosk]) {
    let complaints = town.ask(|ledger| Ok(ledger.check()?.complaints)).await;
    assert_eq!(complaints, Vec::<String>::new());
    for station in stations {
        let complaints = station.ledger.check().unwrap().complaints;
        assert_eq!(complaints, Vec::<String>::new());
    }
}

/// Asks and returns the server's answer, opened and not taken.
async fn answer(town: &Town, kiosk: &mut Kiosk) -> (Vec<u8>, Message) {
    kiosk.count += 1;
    let nonce = Nonce([kiosk.count; 16]);
    let question = kiosk.ledger.ask(&mut kiosk.caller, (nonce, 0), &kiosk.key, MORNING).unwrap();
    let bytes = kiosk.http.post("/v1/exchange", question, Duration::ZERO).await.unwrap();
    let server = town.server.key.verifying_key();
    let message = Envelope::read(&bytes).unwrap().open(convention().id, &server).unwrap();
    (bytes, message)
}

fn take(kiosk: &mut Kiosk, answer: &[u8]) -> Taken {
    let contact = Contact::real(MORNING);
    kiosk.ledger.take(&mut kiosk.caller, answer, (&kiosk.key, contact)).unwrap()
}

#[tokio::test]
async fn a_list_comes_from_anybody_and_never_goes_back() {
    let town = Town::new().await;
    let (mut one, mut other) = (town.kiosk(1).await, town.kiosk(2).await);
    let old = one.ledger.signed_members().unwrap().unwrap();
    assert_eq!(one.ledger.members_number().unwrap(), 1);
    one.sync().await;
    assert_eq!(one.ledger.members_number().unwrap(), 2, "the other has joined since");
    close(&town, 2, MemberState::Revoked).await;
    one.sync().await;
    // The other hears of it from the one, as from a neighbour or a file.
    let signed = one.ledger.signed_members().unwrap().unwrap();
    assert!(other.ledger.take_members(&signed).unwrap());
    assert_eq!(other.ledger.member(id(2)).unwrap().unwrap().state, MemberState::Revoked);
    assert!(!other.ledger.take_members(&old).unwrap(), "an older list changes nothing");
    assert!(!other.ledger.take_members(&signed).unwrap());
    assert_eq!(other.ledger.members_number().unwrap(), 3);
    assert_eq!(other.ledger.members_after(2).unwrap(), Some(signed));
    assert_eq!(other.ledger.members_after(3).unwrap(), None);
    let members = vec![one.ledger.member(id(1)).unwrap().unwrap()];
    let forged = MemberList { convention: convention().id, number: 9, members };
    let refused = other.ledger.take_members(&forged.sign(&one.key)).unwrap_err();
    assert!(matches!(refused, LedgerError::Members(_)), "{refused}");
    assert_eq!(other.ledger.members_number().unwrap(), 3);
}

#[tokio::test]
async fn what_a_station_may_not_write_is_kept_sent_on_and_folded_nowhere() {
    let town = Town::new().await;
    let (mut kiosk, mut other) = (town.kiosk(1).await, town.staff(2).await);
    kiosk.scan(1);
    let serials = vec![Serial([0x81; 16])];
    let forged = kiosk.note(1, What::Replaced { serials, why: slug("lost") });
    let elsewhere = Draft { site: slug("farm"), ..draft(2) };
    let strayed = kiosk.ledger.record(&elsewhere, &kiosk.key, MORNING).unwrap().fact;
    kiosk.scan(3);
    let unbelieved = vec![(forged, "not_its_kind".to_owned()), (strayed, "other_site".to_owned())];
    kiosk.sync().await;
    other.sync().await;
    assert_eq!(kiosk.ledger.waiting().unwrap(), 0, "it is taken all the same");
    assert_eq!(server_quarantined(&town).await, unbelieved);
    for ledger in [&kiosk.ledger, &other.ledger] {
        assert_eq!(quarantined(ledger), unbelieved);
        let dossier = ledger.dossier(AttendeeId([1; 16]), false).unwrap();
        assert_eq!(dossier.replaced, BTreeSet::new(), "the badge still opens");
        assert!(is_in(ledger, 1) && !is_in(ledger, 2) && is_in(ledger, 3));
        assert_eq!(ledger.inside(&slug("registration"), Slot::default(), false).unwrap(), 2);
    }
    assert_eq!(kiosk.ledger.vector().unwrap(), other.ledger.vector().unwrap());
    well(&town, &[&kiosk, &other]).await;
    // A person looked at it and believes it.
    assert_eq!(town.ask(|ledger| ledger.release(id(1))).await, 2);
    assert_eq!(town.ask(|ledger| ledger.release(id(1))).await, 0);
    kiosk.sync().await;
    other.sync().await;
    for ledger in [&kiosk.ledger, &other.ledger] {
        assert_eq!(quarantined(ledger), []);
        assert_eq!(ledger.dossier(AttendeeId([1; 16]), false).unwrap().replaced.len(), 1);
        assert_eq!(ledger.inside(&slug("registration"), Slot::default(), false).unwrap(), 3);
    }
    assert!(server_has(&town, 2).await);
    well(&town, &[&kiosk, &other]).await;
    // What it writes next is looked at anew.
    let again = kiosk.note(1, What::Annulled { fact: forged, why: slug("no"), other: None });
    assert_eq!(quarantined(&kiosk.ledger), [(again, "not_its_kind".to_owned())]);
}

#[tokio::test]
async fn a_revoked_station_hands_in_gets_nothing_and_is_told_to_shut_down() {
    let town = Town::new().await;
    let (mut stolen, mut other) = (town.staff(1).await, town.kiosk(2).await);
    stolen.scan(1);
    stolen.sync().await;
    let late = stolen.note(2, admitted(false).what);
    other.scan(3);
    other.sync().await;
    town.ask(|ledger| ledger.register(&[entry(4)])).await;
    close(&town, 1, MemberState::Revoked).await;

    let (bytes, first) = answer(&town, &mut stolen).await;
    let brings_nothing = |message: &Message| {
        message.facts.is_empty()
            && message.roster.is_empty()
            && message.blanks.is_empty()
            && message.attachments.is_empty()
            && message.policy.is_none()
            && message.keys.is_none()
            && message.revocations.is_none()
            && message.members.is_none()
    };
    assert!(brings_nothing(&first), "{first:?}");
    let own: BTreeSet<StationId> = first.vector.0.keys().map(LogId::station).collect();
    assert_eq!(own, BTreeSet::from([id(1)]), "nobody else's log is named");
    stolen.note(2, What::Corrected);
    let taken = take(&mut stolen, &bytes);
    assert_eq!((taken.shut_down, taken.more), (None, true), "it still has something to hand in");
    let (bytes, second) = answer(&town, &mut stolen).await;
    assert!(brings_nothing(&second), "{second:?}");
    let taken = take(&mut stolen, &bytes);
    assert_eq!((taken.shut_down, taken.more), (Some(MemberState::Revoked), false));
    assert_eq!(stolen.ledger.waiting().unwrap(), 0);
    // The same order opens nothing at another station.
    let order = second.wipe.unwrap();
    let server = town.server.key.verifying_key();
    let opened =
        |station| admission::exchange::WipeOrder::open(&order, convention().id, &server, station);
    assert!(opened(id(1)).is_some() && opened(id(2)).is_none());

    other.sync().await;
    let last = FactId { seq: late.seq.next(), ..late };
    let unbelieved = [late, last].map(|fact| (fact, "station_revoked".to_owned()));
    assert_eq!(server_quarantined(&town).await, unbelieved);
    assert_eq!(quarantined(&other.ledger), unbelieved);
    assert!(is_in(&other.ledger, 1), "what the server held by then is believed");
    assert!(!is_in(&other.ledger, 2) && !server_has(&town, 2).await);
    well(&town, &[&other]).await;
    assert_eq!(town.ask(|ledger| ledger.release(id(1))).await, 2);
    other.sync().await;
    assert!(is_in(&other.ledger, 2) && server_has(&town, 2).await);
    well(&town, &[&other]).await;
}

#[tokio::test]
async fn both_copies_of_a_revoked_folder_hand_in_and_are_shut_down() {
    let town = Town::new().await;
    let mut one = town.staff(1).await;
    let mut neighbour = town.kiosk(2).await;
    neighbour.scan(3);
    neighbour.sync().await;
    let mut other = merging::clone(&one, &town);
    one.note(1, admitted(false).what);
    one.note(1, What::Corrected);
    other.note(2, admitted(false).what);
    one.sync().await;
    close(&town, 1, MemberState::Revoked).await;
    for copy in [&mut one, &mut other] {
        let mut asked = 0;
        while copy.exchange().await.shut_down.is_none() {
            asked += 1;
            assert!(asked < 10, "it is never told");
        }
        assert_eq!(copy.ledger.waiting().unwrap(), 0);
    }
    assert_eq!(town.ask(|ledger| Ok(ledger.check()?.facts)).await, 4);
    assert_eq!(server_quarantined(&town).await.len(), 1, "what the second copy had");
    assert!(server_has(&town, 1).await && !server_has(&town, 2).await);
    well(&town, &[]).await;
}

#[tokio::test]
async fn who_hears_of_a_revocation_late_believes_the_same_afterwards() {
    let town = Town::new().await;
    let (mut stolen, mut other) = (town.staff(1).await, town.kiosk(2).await);
    stolen.scan(1);
    stolen.sync().await;
    other.sync().await;
    close(&town, 1, MemberState::Revoked).await;
    // Before the other knows, the stolen one hands it more, as over the venue's own network.
    stolen.note(2, admitted(false).what);
    stolen.note(1, What::Corrected);
    let held = other.ledger.vector().unwrap();
    let facts = stolen.ledger.facts_of(&stolen.ledger.vector().unwrap().lacking(&held)).unwrap();
    let facts: Vec<_> = facts.into_iter().map(|fact| fact.into_bytes().into()).collect();
    let publics = other.ledger.publics().unwrap();
    other.ledger.keep(crate::membership::prove(&facts, &publics, &held)).unwrap();
    assert!(is_in(&other.ledger, 2), "nobody has said a word against it");
    other.sync().await;
    assert!(!is_in(&other.ledger, 2));
    assert_eq!(quarantined(&other.ledger).len(), 2);
    assert_eq!(quarantined(&other.ledger), server_quarantined(&town).await);
    assert_eq!(other.ledger.inside(&slug("registration"), Slot::default(), false).unwrap(), 1);
    well(&town, &[&other]).await;
}

#[tokio::test]
async fn a_spare_takes_over_once_it_has_enrolled_and_the_old_one_is_believed() {
    let town = Town::new().await;
    let mut old = town.kiosk(1).await;
    old.scan(1);
    let code = town.add_spare(3, 1).await;
    old.sync().await;
    assert_eq!(old.exchange().await.shut_down, None, "the spare is not there yet");
    let spare = town.enrol(3, &code).await.unwrap();
    old.scan(2);
    old.exchange().await;
    assert_eq!(old.exchange().await.shut_down, Some(MemberState::Replaced));
    assert!(server_has(&town, 2).await, "it worked in good faith");
    assert_eq!(server_quarantined(&town).await, []);
    assert!(spare.ledger.policy().unwrap().is_some());
    // Found to have been stolen after all: what comes from now on is not believed.
    close(&town, 1, MemberState::Revoked).await;
    let late = old.note(3, admitted(false).what);
    old.exchange().await;
    assert_eq!(server_quarantined(&town).await, [(late, "station_revoked".to_owned())]);
    let back = town.ask(|ledger| ledger.close_member(id(1), MemberState::Replaced)).await;
    assert!(!back, "revoked stays revoked");
    let again = minicbor::to_vec(Application::new(
        &Code::new([1; 7], &town.server.key.verifying_key()),
        &old.key,
        Nonce([99; 16]),
    ));
    let http = Http::new(&town.url).unwrap();
    let refused = http.post("/v1/enrol", again.unwrap(), Duration::ZERO).await.unwrap_err();
    assert!(refused.to_string().contains("code"), "its old code gets it nothing: {refused}");
}

#[tokio::test]
async fn an_order_that_is_not_for_this_station_is_not_obeyed() {
    let town = Town::new().await;
    let (mut stolen, mut other) = (town.kiosk(1).await, town.kiosk(2).await);
    close(&town, 1, MemberState::Revoked).await;
    let (_, message) = answer(&town, &mut stolen).await;
    let (_, own) = answer(&town, &mut other).await;
    let replayed = Message { wipe: message.wipe, ..own };
    let bytes = admission::exchange::seal(&replayed, convention().id, &town.server.key);
    assert_eq!(take(&mut other, &bytes).shut_down, None);
}

#[tokio::test]
async fn five_wrong_codes_end_a_code_also_when_the_server_begins_anew() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("server.db");
    let open = || Ledger::open(&path, None).unwrap();
    let now = Clock::Machine.now();
    let profile = Profile {
        name: "K1".to_owned(),
        role: Role::Kiosk,
        site: slug("hall"),
        activities: Vec::new(),
        direction: Direction::In,
        bus: String::new(),
    };
    let add = |name: &str, secret: &str| {
        let id = StationId([name.as_bytes()[1]; 16]);
        let profile = Profile { name: name.to_owned(), ..profile.clone() };
        let station = Station { id, public: None, profile };
        open().add_station((&station, None), &hash(secret), now.plus(HOUR)).unwrap()
    };
    let enrol = |secret: &str| open().enrol_station(&hash(secret), [1; 32], now).is_ok();
    add("K1", "ABCDEFGHIJ");
    add("K2", "CDEFGHIJKL");
    for wrong in ["ABAAAAAAAA", "ABAAAAAAAB", "ABAAAAAAAC", "ABAAAAAAAD"] {
        assert!(!enrol(wrong));
    }
    for of_others in 0..20 {
        assert!(!enrol(&format!("X{}AAAAAAAA", char::from(b'A' + of_others))));
    }
    assert!(enrol("ABCDEFGHIJ"), "four tries, and what others mistyped does not count");
    for wrong in ["CDAAAAAAAA", "CDAAAAAAAB", "CDAAAAAAAC", "CDAAAAAAAD", "CDAAAAAAAE"] {
        assert!(!enrol(wrong));
    }
    assert!(!enrol("CDEFGHIJKL"), "five wrong tries, and the right one comes too late");
}
