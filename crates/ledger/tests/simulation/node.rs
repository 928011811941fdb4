//! A station or the server, and the carrier that speaks for it: the place for planted faults.

mod faulty;
mod neighbour;
mod stick;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use admission::exchange::{
    Attachment, Caller, Envelope, MemberState, Message, Nonce, Sifted, Vector,
};
use admission::fact::{Admission, Body, Fact, Visit, What, seal as seal_fact};
use admission::id::{AttendeeId, FactId, Serial, StationId};
use admission::pass::PassKind;
use admission::presence::Mark;
use admission::roster::{Mode, Person};
use admission::time::Millis;
use ed25519_dalek::{SigningKey, VerifyingKey};
use ledger::Ledger;
use ledger::answer::{AnswerError, Answering};
use ledger::facts::Draft;
use ledger::lan::Here;
use ledger::lan::told::Told;
use ledger::local::{Contact, ReceiveError};
use ledger::register::Entry;
use neighbour::Line;

use crate::chance::Chance;
use crate::faults::BadClock;
use crate::later;
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
    /// The server has everything, and ordered the station to shut down.
    pub shut_down: bool,
}

pub struct Node {
    pub number: u8,
    pub clock: BadClock,
    pub plant: Plant,
    pub snapshot: Option<PathBuf>,
    pub revoked: BTreeSet<Serial>,
    /// It was ordered to shut down, and has destroyed what would open its disk.
    pub ended: bool,
    /// Its program was brought up to date before the others'.
    pub is_later: bool,
    /// Highest numbers of revocations, keys and policy that it ever held.
    numbers: [u64; 3],
    file: PathBuf,
    key: SigningKey,
    ledger: Option<Ledger>,
    caller: Caller,
    /// Connections with neighbours: those that it dialled, and the others with their numbers.
    dialled: BTreeMap<usize, Line>,
    dialled_by: BTreeMap<usize, (u64, Told)>,
    here: Option<Arc<Here>>,
    /// What a planted fault thinks that the server holds.
    theirs: Vector,
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
            ended: false,
            is_later: false,
            numbers: [0; 3],
            key: key(number),
            file,
            ledger,
            caller: Caller::new(id(number), id(0)),
            dialled: BTreeMap::new(),
            dialled_by: BTreeMap::new(),
            here: None,
            theirs: Vector::default(),
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
        self.caller = Caller::new(id(self.number), id(0));
        self.dialled.clear();
        self.dialled_by.clear();
        self.here = None;
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
        self.theirs = Vector::default();
        self.revoked.clear();
        self.ended = false;
    }

    // ------------------------------------------------------------ asking

    /// Asks the server over a network.
    pub fn ask(&mut self, nonce: Nonce, now: i64) -> Vec<u8> {
        if matches!(self.plant, Plant::SentIsDelivered | Plant::ForgetsToAdvance) {
            return self.ask_wrongly(nonce, now);
        }
        let (now, mut caller) = (self.now(now), self.caller.clone());
        let question = self.ledger().ask(&mut caller, (nonce, 0), &self.key, now).unwrap();
        self.caller = caller;
        match self.is_later {
            true => later::seal(&read(&question, &self.key.verifying_key()), &self.key),
            false => question,
        }
    }

    /// The server does not know it, or does not any more.
    pub fn is_refused(&mut self) {
        if self.plant != Plant::NobodyIntroducesItself {
            self.caller.forgotten();
        }
    }

    // ------------------------------------------------------------ answering

    /// Answers as the server; nothing for a stranger.
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
            issuer: &issuer,
        };
        let answered = match self.plant {
            Plant::AcknowledgesFirst => self.acknowledge(question, &who, nonce),
            Plant::FeedsByCounter => self.feed(question, &who, (nonce, bookmark)),
            Plant::KnowsOneVersion if !faulty::is_of_this_version(question) => return None,
            _ => self.ledger_mut().answer(question, &who, nonce).map(|answer| (answer, bookmark)),
        };
        match answered {
            Ok(answered) => Some(answered),
            Err(AnswerError::Ledger(error)) => panic!("{error}"),
            Err(AnswerError::Stranger | AnswerError::Malformed) => None,
        }
    }

    // ------------------------------------------------------------ taking

    /// Takes the server's answer; one that answers nothing that was asked is passed over.
    pub fn take(
        &mut self,
        answer: &[u8],
        (now, bookmark): (i64, Bookmark),
    ) -> Result<Took, String> {
        let contact = Contact::real(self.now(now));
        let answer = self.doctored(answer);
        let message = read(&answer, &key(0).verifying_key());
        let (own, mut caller) = (self.key.clone(), self.caller.clone());
        let taken = self.ledger_mut().take(&mut caller, &answer, (&own, contact));
        self.caller = caller;
        match taken {
            Ok(taken) => {
                if self.plant != Plant::SentIsDelivered {
                    self.theirs.clone_from(&message.vector);
                }
                self.bookmark = bookmark;
                self.see(&message);
                self.goes_never_back()?;
                let shut_down = taken.shut_down.is_some();
                Ok(Took { facts: taken.facts, more: taken.more, shut_down })
            }
            Err(ReceiveError::Exchange(_)) => Ok(Took::default()),
            Err(error) => Err(format!("station {}: {error}", self.number)),
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
    pub fn write_lists(&mut self, list: &[Entry], erased: &[AttendeeId], revoked: &[Serial]) {
        // The program has no order for it yet: what it would do, in its file.
        let file = rusqlite::Connection::open(&self.file).unwrap();
        for who in erased {
            file.execute("DELETE FROM attendee WHERE id = ?1", [who.0]).unwrap();
            file.execute("DELETE FROM serial WHERE attendee = ?1", [who.0]).unwrap();
            file.execute("DELETE FROM register WHERE id = ?1", [who.0]).unwrap();
        }
        self.ledger_mut().register(list).unwrap();
        self.ledger_mut().revoke(revoked).unwrap();
    }

    /// The organiser ends a station's membership.
    pub fn close_member(&mut self, number: u8, state: MemberState) {
        self.ledger_mut().close_member(id(number), state).unwrap();
    }

    /// The organiser sets a station up that takes over from another.
    pub fn enrol(&mut self, number: u8, file: &Path, replaces: StationId) {
        crate::town::enrol(self.ledger_mut(), number, file, Some(replaces));
    }

    /// Does what a desk does, about somebody; returns the fact.
    pub fn act(&mut self, chance: &mut Chance, wall: Millis) -> Fact {
        let who = AttendeeId([u8::try_from(chance.below(GUESTS.into())).unwrap() + 1; 16]);
        let what = self.something(chance, who);
        if self.is_later && chance.percent(30) {
            return self.note_unknown((who, chance.percent(30)), wall);
        }
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

    /// Records what only a later program can read.
    fn note_unknown(&mut self, (who, must_understand): (AttendeeId, bool), wall: Millis) -> Fact {
        let site = slug(crate::town::site(self.number));
        let body = Body { rehearsal: false, what: What::Collected { proxy: false, by: None } };
        let ledger = self.ledger();
        let log = ledger.own_log().unwrap();
        let head = ledger.vector().unwrap().0.get(&log).copied();
        let last = head.and_then(|head| ledger.fact(FactId { log, seq: head.seq }).unwrap());
        let known = later::next((log, head, last), (site, who, &body), wall);
        let fact = later::unknown(known, must_understand);
        let fresh = vec![(seal_fact(&fact, &self.key), fact.clone())];
        self.ledger_mut().keep(Sifted { fresh, left: Vec::new() }).unwrap();
        fact
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
fn read(sealed: &[u8], sender: &VerifyingKey) -> Message {
    Envelope::read(sealed).unwrap().open(CONVENTION, sender).unwrap()
}
