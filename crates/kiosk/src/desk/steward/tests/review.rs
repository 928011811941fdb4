//! A steward settles doubts, as they were read and no others.

use super::*;

impl Story {
    /// Returns the facts of every open doubt.
    fn doubts(&mut self) -> Vec<Vec<String>> {
        let desk = self.desk();
        let doubts = desk.ledger.doubts(&desk.duty.convention, desk.rehearsal).unwrap();
        let texts = |facts: Vec<FactId>| facts.iter().map(ToString::to_string).collect();
        doubts.iter().map(|doubt| texts(doubt.facts())).collect()
    }

    /// Lets somebody in as a station does that has not heard of the first time.
    fn let_in_apart(&mut self, who: Who) {
        let visit = admission::fact::Visit {
            activity: "opening".parse().unwrap(),
            day: admission::time::Day(19_626),
            mode: Mode::Once,
            leg: 0,
        };
        let pass = Some(PassKind::Badge);
        let admission = admission::fact::Admission { visit, pass, again: None };
        let known = self.known_as(who);
        let desk = self.desk();
        let draft = desk.draft(What::Admitted(admission), &known.attendee);
        let now = Millis(1_695_684_700_000);
        desk.ledger.record(&draft, &desk.key, now).unwrap();
    }
}

fn settle(facts: &[String], doubt: &str) -> Value {
    json!({"do": "settle", "doubt": doubt, "facts": facts, "outcome": "same-person"})
}

#[test]
fn a_doubt_is_settled_once_and_as_it_was_read() {
    let mut story = Story::staffed("opening");
    story.scan(&WANG_XIAOMING.badge());
    assert!(story.doubts().is_empty());
    story.let_in_apart(WANG_XIAOMING);
    let [two] = &story.doubts()[..] else { panic!("one doubt") };
    story.refused(settle(two, "impossible_travel"), "no doubt of this kind is open");
    story.refused(settle(&two[..1], "double_entry"), "has other facts by now");
    story.refused(settle(two, "mistake"), "this is not an order");
    story.refused(settle(&[], "double_entry"), "no doubt of this kind is open");
    let twice: Vec<String> = two.iter().chain(two).cloned().collect();
    story.refused(settle(&twice, "double_entry"), "a fact is named twice");
    story.let_in_apart(WANG_XIAOMING);
    story.refused(settle(two, "double_entry"), "has other facts by now");
    let [three] = &story.doubts()[..] else { panic!("still one doubt") };
    let done = story.order(settle(three, "double_entry"));
    assert_eq!((&done["done"], &done["attendee"]), (&json!("settle"), &json!(WANG_XIAOMING.id())));
    assert!(story.doubts().is_empty());
    story.refused(settle(three, "double_entry"), "no doubt of this kind is open");
    let undo = json!({"do": "annul", "fact": done["facts"][0], "why": "mistake"});
    assert_eq!(story.order(undo)["done"], "annul");
    assert_eq!(story.doubts(), std::slice::from_ref(three), "the settlement was undone");
}

#[test]
fn what_was_rehearsed_is_settled_in_a_rehearsal() {
    let mut story = Story::staffed("opening");
    story.let_in_apart(WANG_XIAOMING);
    story.let_in_apart(WANG_XIAOMING);
    let [real] = &story.doubts()[..] else { panic!("one doubt") };
    story.desk().rehearsal = true;
    story.refused(settle(real, "double_entry"), "no doubt of this kind is open");
    story.let_in_apart(WANG_XIAOMING);
    story.let_in_apart(WANG_XIAOMING);
    let [rehearsed] = &story.doubts()[..] else { panic!("one doubt") };
    assert_eq!(story.order(settle(rehearsed, "double_entry"))["done"], "settle");
    assert!(story.doubts().is_empty());
    story.desk().rehearsal = false;
    assert_eq!(story.doubts(), std::slice::from_ref(real), "the real one is open");
}
