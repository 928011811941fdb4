use admission::exchange::{Direction, Role};
use admission::fact::What;
use ledger::clock::Clock;
use ledger::enrol::{Code, hash};

use super::*;
use crate::stations::{NewStation, Spare, add, replace};
use crate::testing::{self, PEOPLE};
use crate::{check, export};

fn why() -> Slug {
    "stolen".parse().unwrap()
}

fn new(name: &str) -> NewStation {
    NewStation {
        name: name.to_owned(),
        role: Role::Staff,
        site: "hall".to_owned(),
        activities: vec!["opening".to_owned()],
        direction: Direction::Out,
        bus: String::new(),
        url: None,
    }
}

fn enrol(folder: &Folder, added: &Value, seed: u8) -> bool {
    let code = Code::read(added["code"].as_str().unwrap()).unwrap();
    let key = ed25519_dalek::SigningKey::from_bytes(&[seed; 32]).verifying_key().to_bytes();
    let mut ledger = folder.ledger().unwrap();
    ledger.enrol_station(&hash(code.secret()), key, Clock::Machine.now()).is_ok()
}

fn states_of(folder: &Folder) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let lines = list(&folder.ledger_to_read().unwrap()).unwrap();
    lines.iter().map(|line| (text(&line["name"]), text(&line["state"]))).collect()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, state)| ((*name).to_owned(), (*state).to_owned())).collect()
}

#[test]
fn a_station_is_waiting_then_active_then_revoked_and_only_once() {
    let (_dir, folder) = testing::folder();
    let added = add(&folder, new("K1")).unwrap();
    assert_eq!(states_of(&folder), pairs(&[("K1", "waiting")]));
    assert!(enrol(&folder, &added, 5));
    assert_eq!(states_of(&folder), pairs(&[("K1", "active")]));
    let line = list(&folder.ledger_to_read().unwrap()).unwrap().remove(0);
    assert_eq!(line["role"], "staff");
    assert_eq!((&line["direction"], &line["quarantined"]), (&json!("out"), &json!(0)));
    let done = revoke(&folder, "K1", &why()).unwrap();
    assert_eq!(done.0, "revoked");
    assert!(done.1.contains("at its next contact"), "{}", done.1);
    let again = revoke(&folder, "K1", &why()).unwrap_err().to_string();
    assert_eq!(again, "K1 is revoked already");
    let unknown = revoke(&folder, "K7", &why()).unwrap_err().to_string();
    assert_eq!(unknown, "there is no station called \"K7\"; there is: K1");
    assert!(!enrol(&folder, &added, 5), "its code is worth nothing any more");
}

#[test]
fn a_code_that_somebody_saw_is_withdrawn() {
    let (_dir, folder) = testing::folder();
    let added = add(&folder, new("K1")).unwrap();
    let (state, told) = revoke(&folder, "K1", &why()).unwrap();
    assert_eq!(state, "withdrawn");
    assert!(told.starts_with("K1 had not enrolled: its code is worth nothing"), "{told}");
    assert!(!told.contains("contact"), "nobody is there to be contacted: {told}");
    assert_eq!(states_of(&folder), pairs(&[]), "nobody is waited for");
    assert!(!enrol(&folder, &added, 5));
    let again = add(&folder, new("K1")).unwrap();
    assert!(enrol(&folder, &again, 5));
}

#[test]
fn a_spare_has_everything_of_the_old_one_but_its_name() {
    let (_dir, folder) = testing::folder();
    let spare = |old: &str, name: &str| Spare { name: name.into(), old: old.into(), url: None };
    let added = add(&folder, new("K1")).unwrap();
    let early = replace(&folder, spare("K1", "K9")).unwrap_err().to_string();
    assert!(early.starts_with("K1 has not enrolled yet"), "{early}");
    enrol(&folder, &added, 5);
    let same = replace(&folder, spare("K1", "K1")).unwrap_err().to_string();
    assert_eq!(same, "a station called K1 is enrolled already; choose another name");
    let (added, told) = replace(&folder, spare("K1", "K9")).unwrap();
    assert_eq!(told, "K1 goes on until K9 has enrolled; then it is told to shut down.");
    assert_eq!(states_of(&folder), pairs(&[("K1", "active"), ("K9", "waiting")]));
    assert!(enrol(&folder, &added, 6));
    assert_eq!(states_of(&folder), pairs(&[("K1", "replaced"), ("K9", "active")]));
    let stations = folder.ledger().unwrap().stations().unwrap();
    let old = Profile { name: "K9".to_owned(), ..stations[0].profile.clone() };
    assert_eq!(stations[1].profile, old);
    let twice = replace(&folder, spare("K1", "K10")).unwrap_err().to_string();
    assert_eq!(twice, "K1 is replaced already; replace its spare");
}

#[test]
fn a_station_has_one_spare_and_the_last_that_was_named_is_it() {
    let (_dir, folder) = testing::folder();
    let spare = |name: &str| Spare { name: name.into(), old: "K1".into(), url: None };
    enrol(&folder, &add(&folder, new("K1")).unwrap(), 5);
    let (first, _) = replace(&folder, spare("K8")).unwrap();
    let (_, told) = replace(&folder, spare("K8")).unwrap();
    assert!(!told.contains("code"), "the same one gets a new code: {told}");
    let (second, told) = replace(&folder, spare("K9")).unwrap();
    assert!(told.contains("K8 was to be its spare and had not enrolled"), "{told}");
    assert_eq!(states_of(&folder), pairs(&[("K1", "active"), ("K9", "waiting")]));
    assert!(!enrol(&folder, &first, 6) && enrol(&folder, &second, 7));
}

#[test]
fn the_spare_of_a_revoked_station_is_told_as_such_and_is_the_only_one() {
    let (_dir, folder) = testing::folder();
    let spare = |name: &str| Spare { name: name.into(), old: "K1".into(), url: None };
    enrol(&folder, &add(&folder, new("K1")).unwrap(), 5);
    revoke(&folder, "K1", &why()).unwrap();
    let (added, told) = replace(&folder, spare("K9")).unwrap();
    assert!(told.starts_with("K1 is revoked and stays so; K9 has its place"), "{told}");
    assert!(enrol(&folder, &added, 6));
    assert_eq!(states_of(&folder), pairs(&[("K1", "revoked"), ("K9", "active")]));
    let again = replace(&folder, spare("K10")).err().unwrap().to_string();
    assert_eq!(again, "K9 has taken over from K1 already; replace K9");
}

#[test]
fn who_enrols_while_it_is_being_revoked_does_not_stay() {
    let (_dir, folder) = testing::folder();
    let added = add(&folder, new("K1")).unwrap();
    let seen = called(&folder.ledger().unwrap().stations().unwrap(), "K1").unwrap().clone();
    assert_eq!(seen.public, None);
    assert!(enrol(&folder, &added, 5));
    assert_eq!(folder.ledger().unwrap().revoke_station(seen.id).unwrap(), Revoked::Closed);
    assert_eq!(states_of(&folder), pairs(&[("K1", "revoked")]));
}

#[test]
fn what_counts_nowhere_is_named_by_check_and_export_until_it_is_released() {
    let (_dir, folder) = testing::folder_with(PEOPLE);
    let why = why();
    testing::record(&folder, "100001", What::Replaced { serials: Vec::new(), why });
    testing::let_arrive(&folder, "100002", "registration", false);
    let report = check::check(&folder).unwrap();
    assert_eq!(report["complaints"], json!([]), "nothing is broken");
    let quarantined = report["quarantined"].as_array().unwrap();
    assert_eq!(quarantined.len(), 1);
    assert_eq!(
        (&quarantined[0]["station"], &quarantined[0]["reason"]),
        (&json!("K1"), &json!("not_its_kind"))
    );
    let exported = || -> Vec<Value> {
        let format = export::Format::Json;
        let bytes = export::export(&folder, export::Table::Facts, format, false).unwrap();
        let rows: Vec<Value> = serde_json::from_slice(&bytes).unwrap();
        rows.iter().map(|row| row["quarantined"].clone()).collect()
    };
    assert_eq!(exported(), [json!("not_its_kind"), json!(null)]);
    assert_eq!(list(&folder.ledger().unwrap()).unwrap()[0]["quarantined"], 1);
    run_release(folder.path(), "K1").unwrap();
    assert_eq!(exported(), [json!(null), json!(null)]);
    assert_eq!(check::check(&folder).unwrap()["quarantined"], json!([]));
}
