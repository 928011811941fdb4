//! What facts of several stations come to when they meet, whatever their order.

use super::*;

/// Lets every kiosk hold what the others hold.
pub(super) async fn meet(kiosks: &mut [&mut Kiosk]) {
    for _ in 0..2 {
        for kiosk in kiosks.iter_mut() {
            kiosk.sync().await;
        }
    }
}

pub(super) fn entered(activity: &str, mode: Mode) -> What {
    What::Admitted(Admission { visit: visit(activity, mode), pass: None, again: None })
}

#[tokio::test]
async fn who_goes_in_here_and_out_there_is_counted_once_and_then_not() {
    let town = Town::new().await;
    let (mut one, mut other) = (town.staff(1).await, town.staff(2).await);
    let lounge = slug("opening");
    let first = one.note(1, entered("opening", Mode::Reentry));
    let second = other.note(1, entered("opening", Mode::Reentry));
    meet(&mut [&mut one, &mut other]).await;
    assert_eq!(one.ledger.inside(&lounge, Slot::default(), false).unwrap(), 1, "one person");
    let closes = vec![first, second];
    other.note(1, What::Left { visit: visit("opening", Mode::Reentry), closes });
    meet(&mut [&mut one, &mut other]).await;
    for kiosk in [&one, &other] {
        assert_eq!(kiosk.ledger.inside(&lounge, Slot::default(), false).unwrap(), 0);
        assert_eq!(kiosk.ledger.check().unwrap().complaints, Vec::<String>::new());
    }
}

#[tokio::test]
async fn an_annulled_admission_leaves_no_trace_in_any_count() {
    let town = Town::new().await;
    let mut kiosk = town.staff(1).await;
    let before = kiosk.ledger.dossier(AttendeeId([1; 16]), false).unwrap();
    let fact = kiosk.note(1, entered("registration", Mode::Once));
    kiosk.note(1, What::Annulled { fact, why: slug("mistake"), other: None });
    assert_eq!(kiosk.ledger.dossier(AttendeeId([1; 16]), false).unwrap(), before);
    assert_eq!(kiosk.ledger.arrivals(false).unwrap(), []);
    assert_eq!(kiosk.ledger.inside(&slug("registration"), Slot::default(), false).unwrap(), 0);
    assert_eq!(kiosk.ledger.check().unwrap().complaints, Vec::<String>::new());
    assert!(matches!(kiosk.scan(1), Decision::Admit(_)), "as if it had never been");
}

#[tokio::test]
async fn a_badge_that_was_replaced_opens_nothing_wherever_the_fact_is_known() {
    let town = Town::new().await;
    let (mut one, mut other) = (town.staff(1).await, town.staff(2).await);
    let convention = convention();
    let badge = |serial| {
        let pass = Pass::new(PassKind::Badge, serial, 1, 0, (TODAY, 1)).unwrap();
        Authentic { pass, convention: convention.id }
    };
    let old = guest(1).badge;
    let decide = |kiosk: &Kiosk, pass| kiosk.decide(pass, &convention, "opening");
    assert!(matches!(decide(&other, badge(old)), Decision::Admit(_)));
    let blank = one.ledger.free_blanks().unwrap().remove(0);
    one.note(1, What::Bound { serials: vec![blank.serial] });
    one.note(1, What::Replaced { serials: vec![old], why: slug("lost-badge") });
    let new = pass::read(&blank.text, &one.ledger.issuing_keys().unwrap()).unwrap();
    let asked = Decision::Ask { reason: Reason::UnboundBlank, attendee: None };
    assert_eq!(decide(&other, new.clone()), asked, "not known here yet");
    meet(&mut [&mut one, &mut other]).await;
    for kiosk in [&one, &other] {
        let refused = decide(kiosk, badge(old));
        assert!(matches!(refused, Decision::Refuse { reason: Reason::Replaced, .. }));
        assert!(matches!(decide(kiosk, new.clone()), Decision::Admit(_)));
    }
    let left = usize::try_from(SUPPLY).unwrap() - 1;
    assert!(one.ledger.free_blanks().unwrap().len() >= left, "and the supply was refilled");
}

#[tokio::test]
async fn one_blank_for_two_people_is_found_and_decided_by_a_person() {
    let town = Town::new().await;
    let (mut one, mut other) = (town.staff(1).await, town.staff(2).await);
    let blank = one.ledger.free_blanks().unwrap().remove(0);
    one.note(1, What::Bound { serials: vec![blank.serial] });
    other.note(2, What::Bound { serials: vec![blank.serial] });
    meet(&mut [&mut one, &mut other]).await;
    let pass = pass::read(&blank.text, &one.ledger.issuing_keys().unwrap()).unwrap();
    for kiosk in [&one, &other] {
        assert_eq!(kiosk.ledger.disputed_blanks(false).unwrap(), [blank.serial]);
        let decision = kiosk.decide(pass.clone(), &convention(), "opening");
        assert!(matches!(decision, Decision::Ask { reason: Reason::UnboundBlank, .. }));
    }
    assert_eq!(town.ask(|ledger| ledger.disputed_blanks(false)).await.len(), 1);
    one.note(1, What::Replaced { serials: vec![blank.serial], why: slug("two-have-it") });
    assert_eq!(one.ledger.disputed_blanks(false).unwrap(), [], "the other one has it now");
    let decision = one.decide(pass, &convention(), "opening");
    let asks = matches!(decision, Decision::Ask { reason: Reason::UnboundBlank, .. });
    assert!(asks, "both badges are still about: {decision:?}");
}

#[tokio::test]
async fn a_walk_in_is_known_by_facts_before_any_list_has_the_name() {
    let town = Town::new().await;
    let (mut one, mut other) = (town.staff(1).await, town.staff(2).await);
    let blank = one.ledger.free_blanks().unwrap().remove(0);
    let person = Person { name: "Mei".to_owned(), ..Person::default() };
    let attachment = Attachment::new(&person, [3; 16]);
    let hash = attachment.hash();
    let (category, delegation) = (slug("guest"), slug("north"));
    let what = What::WalkedIn { category, delegation };
    let body = Body { rehearsal: false, what };
    let walked_in = Draft { body, attachment: Some(attachment), ..draft(9) };
    one.ledger.record(&walked_in, &one.key, MORNING).unwrap();
    one.note(9, What::Bound { serials: vec![blank.serial] });
    let known = one.ledger.person(AttendeeId([9; 16]), false).unwrap().unwrap();
    let shown = known.attendee.person.unwrap();
    assert_eq!((shown.name.as_str(), shown.badge_pass), ("Mei", blank.text.clone()));
    meet(&mut [&mut one, &mut other]).await;
    let pass = pass::read(&blank.text, &other.ledger.issuing_keys().unwrap()).unwrap();
    assert!(matches!(other.decide(pass, &convention(), "opening"), Decision::Admit(_)));
    let there = town.ask(move |ledger| ledger.attachment(hash)).await.unwrap();
    assert_eq!(there.person(), Some(person), "the name has come to the server");
    assert_eq!(town.ask(|ledger| ledger.wanted()).await, Vec::<[u8; 32]>::new());
    assert_eq!(other.ledger.attachment(hash).unwrap(), None, "and to nobody else");
}

#[tokio::test]
async fn a_substitute_takes_the_place_and_the_other_pass_dies() {
    let town = Town::new().await;
    let mut kiosk = town.staff(1).await;
    kiosk.note(2, What::Substituted { other: AttendeeId([1; 16]) });
    assert!(matches!(kiosk.scan(1), Decision::Refuse { reason: Reason::Replaced, .. }));
    assert!(matches!(kiosk.scan(2), Decision::Admit(_)));
}

#[tokio::test]
async fn a_correction_holds_on_the_badge_at_once() {
    let town = Town::new().await;
    let mut kiosk = town.staff(1).await;
    let person = Person { name: "Lín".to_owned(), ..Person::default() };
    let body = Body { rehearsal: false, what: What::Corrected };
    let attachment = Some(Attachment::new(&person, [4; 16]));
    kiosk.ledger.record(&Draft { body, attachment, ..draft(1) }, &kiosk.key, MORNING).unwrap();
    let known = kiosk.ledger.person(AttendeeId([1; 16]), false).unwrap().unwrap();
    assert_eq!(known.attendee.person.unwrap().name, "Lín");
}

#[tokio::test]
async fn a_bus_that_departs_boards_its_next_leg() {
    let town = Town::new().await;
    let mut kiosk = town.staff(1).await;
    let trip = slug("opening");
    let leg = |kiosk: &Kiosk, bus| kiosk.ledger.leg(&trip, (TODAY, bus), false).unwrap();
    assert_eq!(leg(&kiosk, "1"), 0);
    let visit = visit("opening", Mode::Board);
    let what = What::Departed { visit, bus: "1".to_owned(), heads: 41 };
    let departed = Draft { body: Body { rehearsal: false, what }, subject: None, ..draft(0) };
    kiosk.ledger.record(&departed, &kiosk.key, MORNING).unwrap();
    assert_eq!((leg(&kiosk, "1"), leg(&kiosk, "2")), (1, 0), "the other bus still stands there");
    assert_eq!(kiosk.ledger.check().unwrap().complaints, Vec::<String>::new());
}

#[tokio::test]
async fn a_bus_on_its_way_does_not_count_as_boarding() {
    let town = Town::new().await;
    let (first, second) = (
        town.add_for(1, "hall", (Role::Staff, "1")).await,
        town.add_for(2, "hall", (Role::Staff, "2")).await,
    );
    let mut first = town.enrol(1, &first).await.unwrap();
    let mut second = town.enrol(2, &second).await.unwrap();
    first.note(1, entered("opening", Mode::Board));
    first.note(2, entered("opening", Mode::Board));
    second.note(3, entered("opening", Mode::Board));
    meet(&mut [&mut first, &mut second]).await;
    let trip = Activity { mode: Mode::Board, ..activity("opening", false) };
    let aboard = || {
        let trip = trip.clone();
        town.ask(move |ledger| ledger.inside_now(&trip, TODAY, false))
    };
    assert_eq!(aboard().await, 3);
    let what =
        What::Departed { visit: visit("opening", Mode::Board), bus: "1".to_owned(), heads: 2 };
    let departed = Draft { body: Body { rehearsal: false, what }, subject: None, ..draft(0) };
    first.ledger.record(&departed, &first.key, MORNING).unwrap();
    first.sync().await;
    assert_eq!(aboard().await, 1, "bus 2 still boards its first leg");
}

/// Whatever stations do, whoever syncs when: equal sets of facts, equal projections.
#[tokio::test]
async fn stations_that_hold_the_same_facts_say_the_same() {
    let town = Town::new().await;
    let (mut one, mut other) = (town.staff(1).await, town.staff(2).await);
    for round in 0..12u8 {
        let kiosk = if round % 2 == 0 { &mut one } else { &mut other };
        let who = round % 3 + 1;
        let fact = kiosk.note(who, entered("opening", Mode::Reentry));
        match round % 4 {
            1 => {
                let visit = visit("opening", Mode::Reentry);
                kiosk.note(who, What::Left { visit, closes: vec![fact] });
            }
            2 => {
                kiosk.note(who, What::Annulled { fact, why: slug("mistake"), other: None });
            }
            _ => {}
        }
        if round % 5 == 0 {
            kiosk.sync().await;
        }
    }
    meet(&mut [&mut one, &mut other]).await;
    let say = |ledger: &Ledger| {
        let dossiers: Vec<_> =
            (1..=3).map(|who| ledger.dossier(AttendeeId([who; 16]), false).unwrap()).collect();
        let inside = ledger.inside(&slug("opening"), Slot::default(), false).unwrap();
        (dossiers, inside, ledger.arrivals(false).unwrap())
    };
    let server = town.ask(move |ledger| Ok(say(ledger))).await;
    assert_eq!(say(&one.ledger), server);
    assert_eq!(say(&other.ledger), server);
    assert_eq!(one.ledger.check().unwrap().complaints, Vec::<String>::new());
}

#[tokio::test]
async fn a_companion_comes_along_with_a_walk_in_whom_no_list_has() {
    let town = Town::new().await;
    let mut kiosk = town.staff(1).await;
    let excluded = Assignment {
        activity: slug("registration"),
        state: AssignmentState::Waiting,
        placing: Placing::default(),
    };
    let mut companion = entry(4);
    companion.attendee.assignments = vec![excluded];
    town.ask(move |ledger| ledger.register(&[companion])).await;
    kiosk.sync().await;
    assert!(matches!(kiosk.scan(4), Decision::Refuse { reason: Reason::NotEntitled, .. }));
    kiosk.note(9, What::WalkedIn { category: slug("guest"), delegation: slug("north") });
    kiosk.note(4, What::Accompanied { principal: AttendeeId([9; 16]) });
    assert!(matches!(kiosk.scan(4), Decision::Admit(_)));
}

fn decision_at_opening(kiosk: &Kiosk, blank: &FreeBlank) -> Decision {
    let pass = pass::read(&blank.text, &kiosk.ledger.issuing_keys().unwrap()).unwrap();
    kiosk.decide(pass, &convention(), "opening")
}

#[tokio::test]
async fn a_blank_that_was_bound_once_is_never_given_out_again() {
    let town = Town::new().await;
    let mut kiosk = town.staff(1).await;
    let blank = kiosk.ledger.free_blanks().unwrap().remove(0);
    let fact = kiosk.note(1, What::Bound { serials: vec![blank.serial] });
    kiosk.note(1, What::Annulled { fact, why: slug("mistake"), other: None });
    assert!(!kiosk.ledger.free_blanks().unwrap().contains(&blank), "it may hang round a neck");
    let asked = Decision::Ask { reason: Reason::UnboundBlank, attendee: None };
    assert_eq!(decision_at_opening(&kiosk, &blank), asked);
}

#[tokio::test]
async fn a_revoked_blank_is_no_supply() {
    let town = Town::new().await;
    let mut kiosk = town.staff(1).await;
    let blank = kiosk.ledger.free_blanks().unwrap().remove(0);
    let serial = blank.serial;
    town.ask(move |ledger| ledger.revoke(&[serial])).await;
    kiosk.sync().await;
    assert!(!kiosk.ledger.free_blanks().unwrap().contains(&blank));
    kiosk.sync().await;
    assert_eq!(kiosk.ledger.blanks_held().unwrap().left, SUPPLY, "and another one came");
}

#[tokio::test]
async fn whose_a_blank_is_only_facts_tell_also_when_the_list_has_its_person() {
    let town = Town::new().await;
    let mut kiosk = town.staff(1).await;
    let blank = kiosk.ledger.free_blanks().unwrap().remove(0);
    let mut listed = entry(9);
    listed.attendee.badge = blank.serial;
    town.ask(move |ledger| ledger.register(&[listed])).await;
    let fact = kiosk.note(9, What::Bound { serials: vec![blank.serial] });
    kiosk.sync().await;
    assert!(matches!(decision_at_opening(&kiosk, &blank), Decision::Admit(_)));
    kiosk.note(2, What::Bound { serials: vec![blank.serial] });
    let disputed = decision_at_opening(&kiosk, &blank);
    assert!(matches!(disputed, Decision::Ask { reason: Reason::UnboundBlank, .. }));
    kiosk.note(9, What::Annulled { fact, why: slug("mistake"), other: None });
    let Decision::Admit(pleased) = decision_at_opening(&kiosk, &blank) else { panic!() };
    assert_eq!(pleased.attendee, AttendeeId([2; 16]), "the one who holds it by now");
}

/// A folder is copied; both copies work on; whichever is longer, the second is told.
/// Copies a kiosk's folder as a cloned disk does.
pub(super) fn clone(kiosk: &Kiosk, town: &Town) -> Kiosk {
    let path = town.folder.path().join("copy.db");
    let copy = format!("VACUUM INTO '{}'", path.display());
    kiosk.ledger.db.run(&copy).unwrap();
    let ledger = Ledger::open(&path, Some(&DiskKey([1; 32]))).unwrap();
    let caller = Caller::new(StationId([1; 16]), StationId([100; 16]));
    Kiosk { ledger, key: kiosk.key.clone(), caller, http: kiosk.http.clone(), count: 100 }
}

fn presences(ledger: &Ledger, who: u8) -> usize {
    let dossier = ledger.dossier(AttendeeId([who; 16]), false).unwrap();
    let presence = dossier.presence(&slug("opening"), Slot::default());
    presence.map_or(0, |presence| presence.open.len())
}

/// Both copies worked, before and after they parted; all of it arrives once, and stays in order.
#[tokio::test]
async fn what_two_copies_of_a_folder_recorded_arrives_once_whichever_is_longer() {
    // 620 are more than one message carries.
    let stories = [(0, 1u8, 1u8), (0, 1, 3), (2, 3, 1), (2, 0, 2), (1, 2, 0), (620, 1, 2)];
    for (both, here, there) in stories {
        let told = format!("{both} in both, then {here} and {there}");
        let town = Town::new().await;
        let mut one = town.staff(1).await;
        for _ in 0..both {
            one.note(3, entered("opening", Mode::Reentry));
        }
        let mut other = clone(&one, &town);
        for _ in 0..here {
            one.note(1, entered("opening", Mode::Reentry));
        }
        let mut last = None;
        for _ in 0..there {
            last = Some(other.note(2, entered("opening", Mode::Reentry)));
        }
        if let Some(fact) = last {
            // A fact that names another one finds it at its new place too.
            let visit = visit("opening", Mode::Reentry);
            other.note(2, What::Left { visit, closes: vec![fact] });
        }
        meet(&mut [&mut one, &mut other]).await;
        for kiosk in [&one, &other] {
            assert!(!kiosk.ledger.is_forked().unwrap(), "{told}");
            assert_eq!(kiosk.ledger.waiting().unwrap(), 0, "{told}");
            let open = [1, 2, 3].map(|who| presences(&kiosk.ledger, who));
            let expected = [usize::from(here), usize::from(there.saturating_sub(1)), both];
            assert_eq!(open, expected, "{told}");
            assert_eq!(kiosk.ledger.check().unwrap().complaints, Vec::<String>::new());
        }
        assert_eq!(one.ledger.vector().unwrap(), other.ledger.vector().unwrap(), "{told}");
        assert_eq!(one.ledger.moved_facts().unwrap(), 0, "the first to speak goes on");
        let moved = if there == 0 { 0 } else { u64::from(there) + 1 };
        if here > 0 {
            assert_eq!(other.ledger.moved_facts().unwrap(), moved, "{told}");
            let logs = (one.ledger.own_log().unwrap(), other.ledger.own_log().unwrap());
            assert_eq!(logs.0 == logs.1, there == 0, "two copies that worked, two logs");
            let copied = town.ask(|ledger| ledger.copied_stations()).await;
            assert_eq!(copied.is_empty(), there == 0, "{told}");
        }
    }
}

#[tokio::test]
async fn a_restored_image_gets_its_own_past_back_and_goes_on() {
    let town = Town::new().await;
    let mut kiosk = town.kiosk(1).await;
    kiosk.scan(1);
    kiosk.sync().await;
    let mut restored = clone(&kiosk, &town);
    kiosk.scan(2);
    kiosk.sync().await;
    drop(kiosk);
    // What was scanned after the image was made is unknown to it, until it asks; nobody else writes
    // this log any more, so it goes on with it.
    restored.sync().await;
    assert!(matches!(restored.scan(2), Decision::Refuse { reason: Reason::AlreadyIn, .. }));
    assert!(matches!(restored.scan(3), Decision::Admit(_)));
    restored.sync().await;
    let arrivals = town.ask(|ledger| ledger.arrivals(false)).await;
    assert_eq!(arrivals.len(), 3);
    assert!(arrivals.iter().all(|arrival| arrival.repeats == 0));
    let findings = town.ask(|ledger| ledger.check()).await;
    assert_eq!((findings.logs, findings.complaints), (1, Vec::<String>::new()));
}

#[tokio::test]
async fn badges_that_wait_for_the_printer_move_with_their_facts() {
    let town = Town::new().await;
    let mut one = town.staff(1).await;
    let mut other = clone(&one, &town);
    one.note(1, entered("opening", Mode::Reentry));
    assert!(matches!(other.scan(2), Decision::Admit(_)));
    meet(&mut [&mut one, &mut other]).await;
    let job = other.ledger.queued_jobs(false).unwrap()[0];
    assert_eq!(job.fact.log, other.ledger.own_log().unwrap());
    let fact = other.ledger.fact(job.fact).unwrap().unwrap();
    assert_eq!(fact.subject, Some(AttendeeId([2; 16])));
    assert_eq!(Body::moved_from(&fact).unwrap().seq.0, 1);
}

/// Records a guest's admission at a time, and returns what the hybrid clock said.
fn admit_at(kiosk: &mut Kiosk, who: u8, now: Millis, rehearsal: bool) -> Millis {
    let body = Body { rehearsal, ..admitted(rehearsal) };
    let recorded = kiosk.ledger.record(&Draft { body, ..draft(who) }, &kiosk.key, now).unwrap();
    kiosk.ledger.fact(recorded.fact).unwrap().unwrap().moment.hybrid.millis()
}

#[tokio::test]
async fn what_happened_after_something_known_comes_after_it_also_by_a_slow_clock() {
    let town = Town::new().await;
    let (mut one, mut other) = (town.staff(1).await, town.staff(2).await);
    let ahead = MORNING.plus(5 * 60_000);
    assert_eq!(admit_at(&mut one, 1, ahead, false), ahead);
    one.sync().await;
    assert_eq!(admit_at(&mut other, 2, MORNING, false), MORNING, "nothing was known");
    other.sync().await;
    assert_eq!(admit_at(&mut other, 3, MORNING, false), ahead);
}

#[tokio::test]
async fn a_clock_that_is_years_ahead_drags_no_other_station_along() {
    let town = Town::new().await;
    let (mut one, mut other) = (town.staff(1).await, town.staff(2).await);
    admit_at(&mut one, 1, MORNING.plus(9 * 365 * 24 * HOUR), false);
    one.sync().await;
    other.sync().await;
    assert_eq!(admit_at(&mut other, 2, MORNING, false), MORNING);
}

#[tokio::test]
async fn a_rehearsal_of_tomorrow_does_not_set_the_clock_of_today() {
    let town = Town::new().await;
    let mut kiosk = town.staff(1).await;
    let tomorrow = MORNING.plus(24 * HOUR);
    assert_eq!(admit_at(&mut kiosk, 1, tomorrow, true), tomorrow);
    assert_eq!(admit_at(&mut kiosk, 2, MORNING, false), MORNING);
}

#[tokio::test]
async fn copies_with_one_tail_move_it_to_one_place_and_count_nobody_twice() {
    let town = Town::new().await;
    let mut one = town.kiosk(1).await;
    let mut other = clone(&one, &town);
    one.note(1, entered("opening", Mode::Reentry));
    one.sync().await;
    other.note(2, entered("opening", Mode::Reentry));
    other.note(3, entered("opening", Mode::Reentry));
    let path = town.folder.path().join("again.db");
    other.ledger.db.run(&format!("VACUUM INTO '{}'", path.display())).unwrap();
    let ledger = Ledger::open(&path, Some(&DiskKey([1; 32]))).unwrap();
    let caller = Caller::new(StationId([1; 16]), StationId([100; 16]));
    let mut again =
        Kiosk { ledger, key: other.key.clone(), caller, http: other.http.clone(), count: 200 };
    meet(&mut [&mut one, &mut other, &mut again]).await;
    for kiosk in [&one, &other, &again] {
        assert_eq!([1, 2, 3].map(|who| presences(&kiosk.ledger, who)), [1, 1, 1]);
        assert_eq!(kiosk.ledger.check().unwrap().complaints, Vec::<String>::new());
    }
    assert_eq!(other.ledger.own_log().unwrap(), again.ledger.own_log().unwrap());
}

/// A station that was restored writes a new log; a copy of its folder went on with the old one, and the
/// server heard the copy first.
#[tokio::test]
async fn what_stood_in_an_earlier_log_of_this_station_moves_too() {
    let town = Town::new().await;
    let (mut one, mut neighbour) = (town.staff(1).await, town.staff(2).await);
    one.note(3, entered("opening", Mode::Reentry));
    one.sync().await;
    let mut other = clone(&one, &town);
    for _ in 0..2 {
        one.note(1, entered("opening", Mode::Reentry));
    }
    let old = one.ledger.own_log().unwrap();
    let new = LogId::new(old.station(), [2; 8]);
    one.ledger.begin_log(new).unwrap();
    one.note(1, entered("opening", Mode::Reentry));
    restored::hand_over(&one, &mut neighbour);
    other.note(2, entered("opening", Mode::Reentry));
    other.note(2, entered("opening", Mode::Reentry));
    other.sync().await;
    one.exchange().await;
    assert!(one.ledger.waiting().unwrap() > 2, "what the server holds there is another story");
    meet(&mut [&mut one, &mut other, &mut neighbour]).await;
    for kiosk in [&one, &other, &neighbour] {
        assert_eq!([1, 2, 3].map(|who| presences(&kiosk.ledger, who)), [3, 2, 1]);
        assert_eq!(kiosk.ledger.waiting().unwrap(), 0);
        assert_eq!(kiosk.ledger.check().unwrap().complaints, Vec::<String>::new());
    }
    assert_eq!(one.ledger.own_log().unwrap(), new, "and it goes on where it was");
    assert_eq!(one.ledger.vector().unwrap(), town.ask(|ledger| ledger.vector()).await);
    assert_eq!(one.ledger.moved_facts().unwrap(), 2);
    assert_eq!(neighbour.ledger.branches().unwrap().len(), 2);
    assert_eq!(neighbour.ledger.moved_facts().unwrap(), 0, "they were not its own");
}
