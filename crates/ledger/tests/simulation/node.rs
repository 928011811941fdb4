//! A station or the server, and the carrier that speaks for it: the place for planted faults.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use admission::exchange::{
    Attachment, Caller, Envelope, Held, Message, Nonce, Run, Vector, seal, sift,
};
use admission::fact::{Admission, Body, Fact, Visit, What};
use admission::id::{AttendeeId, FactId, Seq, Serial, StationId};
use admission::pass::PassKind;
use admission::presence::Mark;
use admission::roster::{Mode, Person};
use admission::time::Millis;
use ed25519_dalek::{SigningKey, VerifyingKey};
use ledger::Ledger;
use ledger::answer::{AnswerError, Answering, Duty, brings};
use ledger::facts::Draft;
use ledger::local::{Contact, ReceiveError};
use ledger::register::Entry;

use crate::chance::Chance;
use crate::faults::BadClock;
use crate::plant::Plant;
use crate::town::{CONVENTION, GUESTS, MORNING, TODAY, id, invitation, issuer, key, slug};

/// A fact that a desk confirmed, however often it moved: its station and its time, which the world
/// gives out once.
pub type Tag = (StationId, i64);

pub fn tag(fact: &Fact) -> Tag {
    (fact.log.station(), fact.moment.wall.0)
}

/// A place in the order in which the server stored facts, as a feed that counts would number them.
pub type Bookmark = usize;

/// What came of an answer.
#[derive(Default)]
pub struct Took {
    pub facts: usize,
    pub more: bool,
}

pub struct Node {
    pub number: u8,
    pub clock: BadClock,
    pub plant: Plant,
    pub snapshot: Option<PathBuf>,
    pub revoked: BTreeSet<Serial>,
    /// Highest numbers of revocations, keys and policy that it ever held.
    numbers: [u64; 3],
    file: PathBuf,
    key: SigningKey,
    ledger: Option<Ledger>,
    callers: BTreeMap<usize, Caller>,
    /// What the carrier thinks that others hold: of sticks, and of a planted fault.
    theirs: BTreeMap<usize, Vector>,
    pub bookmark: Bookmark,
    /// Which facts the server stored, in that order.
    stored: Vec<FactId>,
    latest_seen: i64,
}

impl Node {
    pub fn open(number: u8, file: PathBuf, clock: BadClock, plant: Plant) -> Node {
        let ledger = Some(Ledger::open(&file, None).unwrap());
        Node {
            number,
            clock,
            plant,
            snapshot: None,
            revoked: BTreeSet::new(),
            numbers: [0; 3],
            key: key(number),
            file,
            ledger,
            callers: BTreeMap::new(),
            theirs: BTreeMap::new(),
            bookmark: 0,
            stored: Vec::new(),
            latest_seen: 0,
        }
    }

    pub fn ledger(&self) -> &Ledger {
        self.ledger.as_ref().unwrap()
    }

    fn ledger_mut(&mut self) -> &mut Ledger {
        self.ledger.as_mut().unwrap()
    }

    /// What its clock shows while the true one shows `now` since the beginning.
    pub fn now(&self, now: i64) -> Millis {
        let shown = MORNING.plus(now + self.clock.error(now));
        match self.plant {
            Plant::FollowsEveryClock => Millis(shown.0.max(self.latest_seen)),
            _ => shown,
        }
    }

    /// Ends and starts again: what was not stored is forgotten.
    pub fn restart(&mut self) {
        self.ledger = None;
        self.ledger = Some(Ledger::open(&self.file, None).unwrap());
        self.callers.clear();
    }

    /// Copies the file as it lies on the disk.
    pub fn copy_to(&mut self, file: &Path) {
        self.ledger = None;
        std::fs::copy(&self.file, file).unwrap();
        self.restart();
    }

    /// Puts an older file back.
    pub fn put_back(&mut self, file: &Path) {
        self.ledger = None;
        std::fs::copy(file, &self.file).unwrap();
        self.restart();
        (self.numbers, self.bookmark) = ([0; 3], 0);
        self.theirs.clear();
        self.revoked.clear();
    }

    // ------------------------------------------------------------ asking

    fn caller(&mut self, (to, number): (usize, u8)) -> &mut Caller {
        let me = id(self.number);
        self.callers.entry(to).or_insert_with(|| Caller::new(me, id(number)))
    }

    /// Asks over a network.
    pub fn ask(&mut self, to: (usize, u8), nonce: Nonce, now: i64) -> Vec<u8> {
        if matches!(self.plant, Plant::SentIsDelivered | Plant::ForgetsToAdvance) && to.0 == 0 {
            return self.ask_wrongly(to, nonce, now);
        }
        let now = self.now(now);
        let mut caller = self.caller(to).clone();
        let question = self.ledger().ask(&mut caller, (nonce, 0), &self.key, now).unwrap();
        self.callers.insert(to.0, caller);
        question
    }

    /// Writes a question on a stick: with every fact that the server was not heard to hold.
    pub fn ask_by_stick(&mut self, nonce: Nonce, now: i64) -> Vec<u8> {
        let held = self.held(self.theirs.get(&0).cloned().unwrap_or_default());
        let now = self.now(now);
        let question = self.caller((0, 0)).generate(held, nonce, 0, now);
        seal(&question, CONVENTION, &self.key)
    }

    fn ask_wrongly(&mut self, to: (usize, u8), nonce: Nonce, now: i64) -> Vec<u8> {
        let mut held = self.held(self.theirs.get(&to.0).cloned().unwrap_or_default());
        match self.plant {
            Plant::ForgetsToAdvance => held.vector = Vector::default(),
            _ => {
                let sent = self.theirs.entry(to.0).or_default();
                for sealed in &held.facts {
                    let fact = sealed.read().unwrap();
                    let head = admission::exchange::Head { seq: fact.seq, hash: sealed.hash() };
                    sent.0.insert(fact.log, head);
                }
            }
        }
        let now = self.now(now);
        let question = self.caller(to).generate(held, nonce, 0, now);
        seal(&question, CONVENTION, &self.key)
    }

    fn held(&self, theirs: Vector) -> Held {
        let ledger = self.ledger();
        let vector = ledger.vector().unwrap();
        Held {
            facts: ledger.facts_of(&vector.lacking(&theirs)).unwrap(),
            vector,
            scopes: ledger.scopes().unwrap(),
            policy: ledger.policy().unwrap().map_or(0, |policy| policy.number),
            keys: ledger.key_set().unwrap().map_or(0, |set| set.number),
            revocations: ledger.revocations().unwrap(),
            ..Held::default()
        }
    }

    // ------------------------------------------------------------ answering

    /// Answers; nothing for a stranger.
    pub fn answer(
        &mut self,
        question: &[u8],
        nonce: Nonce,
        (now, bookmark): (i64, Bookmark),
    ) -> Option<(Vec<u8>, Bookmark)> {
        let key = self.key.clone();
        let who = Answering {
            id: id(self.number),
            key: &key,
            convention: CONVENTION,
            now: self.now(now),
            duty: if self.number == 0 { Duty::Server(&issuer) } else { Duty::Peer },
        };
        let server = self.number == 0;
        let answered = match self.plant {
            Plant::AcknowledgesFirst if server => self.acknowledge(question, &who, nonce),
            Plant::FeedsByCounter if server => self.feed(question, &who, (nonce, bookmark)),
            _ => self.ledger_mut().answer(question, &who, nonce).map(|answer| (answer, bookmark)),
        };
        match answered {
            Ok(answered) => Some(answered),
            Err(AnswerError::Ledger(error)) => panic!("{error}"),
            Err(AnswerError::Stranger | AnswerError::Malformed) => None,
        }
    }

    fn acknowledge(
        &mut self,
        question: &[u8],
        who: &Answering<'_>,
        nonce: Nonce,
    ) -> Result<(Vec<u8>, Bookmark), AnswerError> {
        let opened = self.ledger_mut().opened(&Envelope::read(question).unwrap(), who)?;
        if opened.from.0[0] % 2 == 0 || !brings(&opened) {
            let answer = self.ledger_mut().answer(question, who, nonce)?;
            return Ok((answer, 0));
        }
        let mut message = self.ledger_mut().reply(&opened, who, nonce)?;
        let own = opened.vector.0.iter().filter(|(log, _)| log.station() == opened.from);
        message.vector.0.extend(own.map(|(log, head)| (*log, *head)));
        Ok((seal(&message, CONVENTION, who.key), 0))
    }

    fn feed(
        &mut self,
        question: &[u8],
        who: &Answering<'_>,
        (nonce, bookmark): (Nonce, Bookmark),
    ) -> Result<(Vec<u8>, Bookmark), AnswerError> {
        let answer = self.ledger_mut().answer(question, who, nonce)?;
        let mut message = read(&answer, &self.key.verifying_key());
        self.number_what_is_new();
        let some: Vec<FactId> = self.stored.iter().skip(bookmark).take(400).copied().collect();
        let bookmark = bookmark.max(self.stored.len().min(bookmark + 400));
        let sealed = some.iter().map(|fact| {
            let run = Run { log: fact.log, after: Seq(fact.seq.0 - 1) };
            let facts = self.ledger().facts_of(&[run]).unwrap();
            facts.into_iter().next().unwrap().into_bytes().into()
        });
        message.facts = sealed.collect();
        Ok((seal(&message, CONVENTION, who.key), bookmark))
    }

    /// Numbers facts as a database numbers rows: on from the last that is there.
    fn number_what_is_new(&mut self) {
        let held = self.ledger().vector().unwrap();
        self.stored.retain(|fact| held.seq(fact.log) >= fact.seq);
        let known: BTreeSet<FactId> = self.stored.iter().copied().collect();
        for (log, head) in held.0 {
            let all = (1..=head.seq.0).map(|seq| FactId { log, seq: Seq(seq) });
            self.stored.extend(all.filter(|fact| !known.contains(fact)));
        }
    }

    // ------------------------------------------------------------ taking

    /// Takes the answer of a node; one that answers nothing that was asked is passed over.
    pub fn take(
        &mut self,
        answer: &[u8],
        (from, number): (usize, u8),
        (now, bookmark): (i64, Bookmark),
    ) -> Result<Took, String> {
        let Some(mut caller) = self.callers.get(&from).cloned() else { return Ok(Took::default()) };
        let contact = Contact::real(self.now(now));
        let message = read(answer, &key(number).verifying_key());
        let took = match number {
            0 => {
                let answer = self.doctored(answer, &message);
                let (own, ledger) = (self.key.clone(), self.ledger_mut());
                let taken = ledger.take(&mut caller, &answer, (&own, contact));
                taken.map(|taken| Took { facts: taken.facts, more: taken.more })
            }
            _ => self.take_of_peer(&mut caller, &message),
        };
        self.callers.insert(from, caller);
        match took {
            Ok(took) => {
                self.theirs.entry(from).or_default();
                if self.plant != Plant::SentIsDelivered {
                    self.theirs.insert(from, message.vector.clone());
                }
                self.bookmark = bookmark;
                self.see(&message);
                self.goes_never_back()?;
                Ok(took)
            }
            Err(ReceiveError::Exchange(_)) => Ok(Took::default()),
            Err(error) => Err(format!("station {}: {error}", self.number)),
        }
    }

    /// A peer tells facts, which are kept as the server's are.
    fn take_of_peer(
        &mut self,
        caller: &mut Caller,
        answer: &Message,
    ) -> Result<Took, ReceiveError> {
        caller.receive(answer)?;
        let ledger = self.ledger.as_mut().unwrap();
        let publics = ledger.publics()?;
        let key_of = |id| VerifyingKey::from_bytes(publics.get(&id)?).ok();
        let sifted = sift(&answer.facts, &ledger.vector()?, key_of);
        let kept = ledger.keep(sifted)?;
        Ok(Took { facts: kept.fresh.len(), more: false })
    }

    fn doctored(&self, answer: &[u8], message: &Message) -> Vec<u8> {
        if self.plant != Plant::ComparesNoHashes {
            return answer.to_vec();
        }
        let mut message = message.clone();
        for (log, head) in &mut message.vector.0 {
            let own = self.ledger().hash_of(FactId { log: *log, seq: head.seq }).unwrap();
            head.hash = own.unwrap_or(head.hash);
        }
        seal(&message, CONVENTION, &key(0))
    }

    fn see(&mut self, message: &Message) {
        if self.plant != Plant::FollowsEveryClock {
            return;
        }
        for bytes in &message.facts {
            let fact = admission::fact::Sealed::from_bytes(bytes.to_vec()).read().unwrap();
            self.latest_seen = self.latest_seen.max(fact.moment.hybrid.millis().0);
        }
    }

    /// Lists never go to lower numbers.
    fn goes_never_back(&mut self) -> Result<(), String> {
        let ledger = self.ledger.as_ref().unwrap();
        let numbers = [
            ledger.revocations().unwrap(),
            ledger.key_set().unwrap().map_or(0, |set| set.number),
            ledger.policy().unwrap().map_or(0, |policy| policy.number),
        ];
        if numbers.iter().zip(&self.numbers).any(|(now, before)| now < before) {
            let (number, before) = (self.number, self.numbers);
            return Err(format!("I6: station {number} went back from {before:?} to {numbers:?}"));
        }
        if numbers[0] > self.numbers[0] {
            let known = (1..=GUESTS).map(invitation);
            let ledger = self.ledger.as_ref().unwrap();
            self.revoked.extend(known.filter(|serial| ledger.is_revoked(*serial).unwrap()));
        }
        self.numbers = numbers;
        Ok(())
    }

    // ------------------------------------------------------------ working

    /// The organiser writes lists at the server.
    pub fn write_lists(&mut self, cancelled: &[Entry], revoked: &[Serial]) {
        if !cancelled.is_empty() {
            self.ledger_mut().register(cancelled).unwrap();
        }
        self.ledger_mut().revoke(revoked).unwrap();
    }

    /// Does what a desk does, about somebody; returns the fact.
    pub fn act(&mut self, chance: &mut Chance, wall: Millis) -> Fact {
        let who = AttendeeId([u8::try_from(chance.below(GUESTS.into())).unwrap() + 1; 16]);
        let what = self.something(chance, who);
        let rehearsal = chance.percent(4);
        let attachment = matches!(what, What::Corrected).then(|| {
            let person = Person { name: format!("Li {}", wall.0), ..Person::default() };
            Attachment::new(&person, chance.bytes16())
        });
        let draft = Draft {
            body: Body { rehearsal, what },
            subject: Some(who),
            site: slug(crate::town::site(self.number)),
            badge: None,
            attachment,
        };
        let (key, ledger) = (self.key.clone(), self.ledger_mut());
        let recorded = ledger.record(&draft, &key, wall).unwrap();
        ledger.fact(recorded.fact).unwrap().unwrap()
    }

    fn something(&self, chance: &mut Chance, who: AttendeeId) -> What {
        let (activity, mode) =
            [("registration", Mode::Once), ("opening", Mode::Reentry), ("forum", Mode::Daily)]
                [chance.place(3)];
        let visit = Visit { activity: slug(activity), day: TODAY, mode, leg: 0 };
        let dossier = self.ledger().dossier(who, false).unwrap();
        let presence = dossier.presence(&visit.activity, visit.slot());
        let open: Vec<Mark> = presence.map_or(Vec::new(), |presence| presence.open.clone());
        let pass = Some(PassKind::Invitation);
        match chance.below(10) {
            0 => What::Refused { visit, pass: PassKind::Badge, reason: "expired".to_owned() },
            1 | 2 => {
                let about = self.ledger().facts_about(who, false).unwrap();
                match about.get(chance.place(about.len())) {
                    Some(fact) => {
                        What::Annulled { fact: fact.id(), why: slug("mistake"), other: None }
                    }
                    None => What::Collected { proxy: false, by: None },
                }
            }
            3 => What::Corrected,
            4 => {
                let free = self.ledger().free_blanks().unwrap();
                let serial = free.first().map_or(Serial(chance.bytes16()), |blank| blank.serial);
                What::Bound { serials: vec![serial] }
            }
            5 | 6 if !open.is_empty() => {
                What::Left { visit, closes: open.iter().map(|mark| mark.fact).collect() }
            }
            _ => {
                let again = open.first().map(|mark| mark.fact);
                What::Admitted(Admission { visit, pass, again })
            }
        }
    }

    /// Returns every confirmed fact that its disk holds, in the logs and beside them.
    pub fn tags(&self) -> BTreeSet<Tag> {
        let mut tags = BTreeSet::new();
        self.ledger()
            .for_each_fact(|sealed| -> Result<(), ledger::LedgerError> {
                tags.insert(tag(&sealed.read().unwrap()));
                Ok(())
            })
            .unwrap();
        tags.extend(
            self.ledger().branches().unwrap().iter().map(|fact| tag(&fact.read().unwrap())),
        );
        tags
    }
}

/// Reads what a member said.
pub fn read(sealed: &[u8], sender: &VerifyingKey) -> Message {
    Envelope::read(sealed).unwrap().open(CONVENTION, sender).unwrap()
}
