//! How a bundle is taken: message by message, each in one transaction, so that what stands before a
//! cut is kept, and the whole file can be read again.
//!
//! A bundle has been under way for a minute or for a week. So nothing is measured from it, no number
//! goes back, and a list that it confirms is as old as the bundle.

use std::collections::BTreeSet;
use std::io::{self, Read};

use admission::exchange::{Envelope, Left, MemberState, Message, Sifted};
use admission::id::StationId;
use admission::time::Millis;
use ed25519_dalek::SigningKey;

use super::EVERYBODY;
use super::container::{BundleError, Frame, Outline, Reader};
use super::known::{is_last_word, note_server};
use super::offline::{Applicant, NoEnrolment};
use crate::answer::AnswerError;
use crate::db::Db;
use crate::error::LedgerError;
use crate::facts::own_log;
use crate::fork::Settled;
use crate::local::{
    ReceiveError, ServerCard, set_policy, take_keys, take_members, take_revocations,
};
use crate::open::Ledger;
use crate::passed_on::is_later;
use crate::routes::Server;
use crate::{confirmed, facts, fork, membership, roster, setting};

/// What a bundle brought.
#[derive(Debug, Default)]
pub struct Received {
    /// Who made it.
    pub from: Option<StationId>,
    /// Facts that are new here.
    pub facts: u64,
    /// Facts that were here already.
    pub known: u64,
    /// Facts that were not taken, and why.
    pub left: Vec<Left>,
    /// Messages that were not taken: of somebody who is no member, damaged, or for somebody else.
    pub strange: u64,
    /// Where it ended too early; none if the whole of it was read.
    pub cut: Option<BundleError>,
    /// The server's order to shut down: what this station is by now.
    pub order: Option<MemberState>,
    /// Whether the server has everything that is known here, so that the order is to be obeyed.
    pub has_arrived: bool,
}

impl Received {
    /// Says of which stations facts were not taken because nobody here knows them, as the beginning of
    /// a sentence; `None` if there are none.
    pub fn strangers(&self) -> Option<String> {
        let stranger = |left: &Left| match left {
            Left::Stranger(fact) => Some(fact.log.station().to_string()),
            Left::NotAuthentic(_) | Left::Gap(_) | Left::Fork(_) => None,
        };
        let of: Vec<String> = self.left.iter().filter_map(stranger).collect();
        let ids: Vec<&str> =
            BTreeSet::from_iter(of.iter().map(String::as_str)).into_iter().collect();
        let is_any = !ids.is_empty();
        is_any.then(|| {
            format!(
                "{} records are of stations that are not known here ({})",
                of.len(),
                ids.join(", ")
            )
        })
    }
}

/// Why a bundle is not taken.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The bundle.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// The disk or the stick fails.
    #[error(
        "the file cannot be read to its end ({0}); what stands before was taken: put the stick in \
         again, or copy the file, and read the whole of it"
    )]
    Unreadable(io::Error),
    /// What it brought cannot be stored, or is not an answer to us.
    #[error(transparent)]
    Receive(#[from] ReceiveError),
    /// Somebody who applies does not get in.
    #[error(transparent)]
    Enrol(#[from] NoEnrolment),
    /// The file's place.
    #[error(transparent)]
    File(#[from] super::file::FileError),
}

impl From<LedgerError> for ReadError {
    fn from(error: LedgerError) -> ReadError {
        ReadError::Receive(ReceiveError::Ledger(error))
    }
}

impl Received {
    /// Notes what came of the facts of a message.
    fn count(&mut self, brought: usize, sifted: Sifted) {
        let known = brought.saturating_sub(sifted.fresh.len()).saturating_sub(sifted.left.len());
        let add = |sum: &mut u64, more: usize| {
            *sum = sum.saturating_add(u64::try_from(more).unwrap_or(u64::MAX));
        };
        add(&mut self.facts, sifted.fresh.len());
        add(&mut self.known, known);
        self.left.extend(sifted.left);
    }

    /// Notes where reading ended; an error that says nothing of the bundle is returned.
    fn ended(mut self, end: Result<(), BundleError>) -> Result<Received, ReadError> {
        match end {
            Err(cut) if cut.is_cut() => {
                self.cut = Some(cut);
                Ok(self)
            }
            Err(BundleError::Io(error)) => Err(ReadError::Unreadable(error)),
            end => end.map(|()| self).map_err(ReadError::from),
        }
    }
}

/// What is left of a station's message when somebody else opens it.
fn is_for(message: &Message, me: StationId) -> bool {
    message.to == me || message.to == EVERYBODY
}

/// Tells who reads a bundle that this station, or one that applies, wrote itself.
pub(super) fn for_server(
    error: BundleError,
    outline: &Outline,
    me: Option<StationId>,
) -> BundleError {
    match error {
        BundleError::NotForUs if [Some(EVERYBODY), me].contains(&Some(outline.from)) => {
            BundleError::ForServer
        }
        error => error,
    }
}

impl Ledger {
    /// Takes a bundle at a station: the server's, or that of another station.
    ///
    /// # Errors
    /// [`ReadError`] if it is not for this station, or cannot be stored; what was taken before stays.
    pub fn read_bundle(
        &mut self,
        file: impl Read,
        (station, now): (&SigningKey, Millis),
    ) -> Result<Received, ReadError> {
        let server = self.server()?;
        let mut reader = Reader::begin(file, station)?;
        let outline = reader.outline().clone();
        if outline.convention != server.convention {
            return Err(BundleError::OtherConvention(outline.convention).into());
        }
        let me = self.own_log()?.station();
        let mut received = Received { from: Some(outline.from), ..Received::default() };
        loop {
            match reader.next_frame() {
                Ok(Some(Frame::Message(bytes))) => {
                    self.hear_anybody(&bytes, &server, (station, now), &mut received)?;
                }
                Ok(Some(_)) => {}
                end => {
                    let end = end.map_err(|error| for_server(error, &outline, Some(me)));
                    return received.ended(end.map(|_| ()));
                }
            }
        }
    }

    fn hear_anybody(
        &mut self,
        bytes: &[u8],
        server: &ServerCard,
        (station, now): (&SigningKey, Millis),
        received: &mut Received,
    ) -> Result<(), ReadError> {
        let me = self.own_log()?.station();
        let message = Envelope::read(bytes).ok().and_then(|envelope| {
            let key = match envelope.claimed_sender() {
                sender if sender == server.id => server.key().ok()?,
                sender => self.key_of(sender).ok()??,
            };
            envelope.open(server.convention, &key).ok()
        });
        match message.filter(|message| is_for(message, me)) {
            Some(message) if message.from == server.id => {
                let (sifted, settling) = self.take_letter(&message, server, (station, now))?;
                received.count(message.facts.len(), sifted);
                if let Some(state) = self.order_to_shut_down(&message, server)? {
                    received.order = Some(state);
                    received.has_arrived = !settling && self.has_arrived(&message)?;
                }
            }
            Some(message) => {
                let held = self.vector()?;
                let prove = |db: &Db| {
                    Ok(membership::prove(&message.facts, &membership::publics(db)?, &held))
                };
                let passed_on = self.take_of_member(&message, prove, now)?;
                received.count(message.facts.len(), passed_on.sifted);
            }
            None => received.strange = received.strange.saturating_add(1),
        }
        Ok(())
    }

    /// Takes one message of the server's bundle in one transaction; tells too whether the own log and
    /// the server's still differ.
    pub(super) fn take_letter(
        &mut self,
        letter: &Message,
        server: &ServerCard,
        (station, now): (&SigningKey, Millis),
    ) -> Result<(Sifted, bool), ReadError> {
        self.take_lists(letter, server, now)?;
        let forked = self.hear_vector(letter, now)?;
        let spoken = self.spoken()?;
        let tx = self.write()?;
        let mut sifted = membership::prove(&letter.facts, &membership::publics(&tx)?, &spoken);
        let settled = fork::settle(&tx, &mut sifted, station)?;
        let closer = fork::others::settle(&tx, &mut sifted, station)?;
        facts::keep(&tx, &sifted)?;
        facts::meet(&tx, &sifted, now)?;
        // Messages that bring facts alone say nothing of what the server holds.
        let tells = !letter.vector.0.is_empty();
        let parted = tells && fork::others::find(&tx, letter, &sifted.left)?;
        tx.commit()?;
        if !forked {
            // Of two copies of a folder the one that lags behind might hand out what the other did.
            self.keep_blanks(letter)?;
        }
        Ok((sifted, forked || settled != Settled::Nothing || closer || parted))
    }

    /// Takes policy and lists where they are later than those here, and notes when the server
    /// confirmed what is in force.
    fn take_lists(
        &mut self,
        letter: &Message,
        server: &ServerCard,
        now: Millis,
    ) -> Result<(), LedgerError> {
        let Some(policy) = &letter.policy else {
            // To who no longer belongs the server says what has arrived, and nothing else.
            let Some(_) = letter.wipe else { return Ok(()) };
            let written = by_own_clock(&self.db, letter.sent_at, now)?;
            let is_last = is_last_word(&self.db, letter, written)?;
            return note_server(&self.db, letter, is_last);
        };
        let (held_policy, held_keys) = (self.policy_number()?, self.keys_number()?);
        let tx = self.write()?;
        take_members(&tx, letter, server)?;
        if policy.number > held_policy {
            set_policy(&tx, policy)?;
        }
        if letter.keys_held > held_keys {
            take_keys(&tx, letter, server)?;
        }
        take_newer_revocations(&tx, letter, server)?;
        let roster = take_whole_roster(&tx, letter, server)?;
        let written = by_own_clock(&tx, letter.sent_at, now)?;
        if roster {
            confirm(&tx, setting::ROSTER_AT, written)?;
        }
        let is_last = is_last_word(&tx, letter, written)?;
        if is_last {
            setting::write_number(&tx, setting::UNHEARD, i64::from(letter.unheard))?;
        }
        note_server(&tx, letter, is_last)?;
        tx.commit()?;
        if self.keys_number()? == letter.keys_held {
            confirm(&self.db, setting::KEYS_AT, written)?;
        }
        if self.revocations()? == letter.revocations_held {
            confirm(&self.db, setting::REVOCATIONS_AT, written)?;
        }
        Ok(())
    }

    /// Notes how far the server held the logs of this station: by its last word, because it may have
    /// been put back to an earlier state since; an older word only raises it. Tells whether the server
    /// holds other facts in the one that is written.
    fn hear_vector(&mut self, letter: &Message, now: Millis) -> Result<bool, LedgerError> {
        let tx = self.write()?;
        let own = own_log(&tx)?;
        // Messages that bring facts alone say nothing of what the server holds.
        let tells = letter.policy.is_some() || letter.wipe.is_some();
        let written = by_own_clock(&tx, letter.sent_at, now)?;
        if tells && is_last_word(&tx, letter, written)? {
            if fork::find(&tx, &letter.vector)?.is_none() {
                confirmed::note(&tx, &letter.vector)?;
            }
            tx.commit()?;
            return self.is_forked();
        }
        for (log, _) in confirmed::own_logs(&tx)? {
            match confirmed::agreed(&tx, log, &letter.vector)? {
                Some(seq) => confirmed::raise(&tx, log, seq)?,
                None if log == own && letter.vector.0.contains_key(&log) => {
                    fork::find(&tx, &letter.vector)?;
                }
                None => {}
            }
        }
        tx.commit()?;
        self.is_forked()
    }
}

/// Takes a revocation list that is later than the one here.
fn take_newer_revocations(
    db: &Db,
    message: &Message,
    server: &ServerCard,
) -> Result<(), LedgerError> {
    if let Some(change) = &message.revocations
        && is_later(db, change)?
    {
        take_revocations(db, message, server)?;
    }
    Ok(())
}

/// Takes whole scopes that are later than those here; tells whether what is here is now what the
/// server had when it wrote.
fn take_whole_roster(db: &Db, letter: &Message, server: &ServerCard) -> Result<bool, LedgerError> {
    let mut current = !letter.roster.is_empty();
    for change in &letter.roster {
        let held = roster::held(db, change.state.scope.as_str())?;
        if change.state.revision > held {
            db.run("SAVEPOINT scope")?;
            roster::forget(db, &change.state.scope)?;
            match roster::apply(db, change, &server.key()?) {
                Ok(()) => db.run("RELEASE scope")?,
                Err(LedgerError::RosterMismatch(scope)) => {
                    db.run("ROLLBACK TO scope; RELEASE scope")?;
                    tracing::warn!(scope, "the bundle's roster does not add up; keeping the old");
                }
                Err(error) => return Err(error),
            }
        }
        current &= roster::held(db, change.state.scope.as_str())? == change.state.revision;
    }
    Ok(current)
}

/// Turns a time of the server's clock into one of this station's; never later than now.
fn by_own_clock(db: &Db, at: Millis, now: Millis) -> Result<Millis, LedgerError> {
    let offset = setting::read_number(db, setting::OFFSET_MS)?.unwrap_or(0);
    Ok(at.plus(offset.saturating_neg()).min(now))
}

/// Notes when the server confirmed a list; an earlier time than the one here changes nothing.
fn confirm(db: &Db, list: &str, at: Millis) -> Result<(), LedgerError> {
    match setting::read_number(db, list)? {
        Some(held) if held >= at.0 => Ok(()),
        _ => setting::write_number(db, list, at.0),
    }
}

/// What a bundle brought to the server.
#[derive(Debug, Default)]
pub struct Heard {
    /// As at a station.
    pub received: Received,
    /// Who applied, if somebody did.
    pub applicant: Option<Applicant>,
}

impl Ledger {
    /// Takes a station's bundle at the server; `answering` tells whether an answer can be written,
    /// without which nobody is enrolled.
    ///
    /// # Errors
    /// [`ReadError`] if it is not for this server, or cannot be stored; what was taken before stays.
    pub fn read_bundle_at_server(
        &mut self,
        file: impl Read,
        server: &Server,
        (answering, now): (bool, Millis),
    ) -> Result<Heard, ReadError> {
        let mut reader = Reader::begin(file, &server.key)?;
        let outline = reader.outline().clone();
        if outline.convention != server.convention {
            return Err(BundleError::OtherConvention(outline.convention).into());
        }
        let from = Some(outline.from).filter(|from| *from != EVERYBODY);
        let mut heard =
            Heard { received: Received { from, ..Received::default() }, applicant: None };
        loop {
            match reader.next_frame() {
                Ok(Some(Frame::Message(bytes))) => {
                    self.hear_station(&bytes, server, now, &mut heard.received)?;
                }
                Ok(Some(Frame::Application(bytes))) => {
                    heard.applicant = Some(self.admit_offline(&bytes, server, (answering, now))?);
                }
                Ok(Some(_)) => {}
                end => {
                    let end = end.map(|_| ()).map_err(|error| match error {
                        BundleError::NotForUs if outline.from == server.id => {
                            BundleError::ForStation
                        }
                        error => error,
                    });
                    heard.received = heard.received.ended(end)?;
                    return Ok(heard);
                }
            }
        }
    }

    fn hear_station(
        &mut self,
        bytes: &[u8],
        server: &Server,
        now: Millis,
        received: &mut Received,
    ) -> Result<(), LedgerError> {
        let opened = Envelope::read(bytes).map_err(AnswerError::from);
        let message = match opened.and_then(|it| self.proved(&it, &server.answering())) {
            Ok(message) if is_for(&message, server.id) => message,
            Err(AnswerError::Ledger(error)) => return Err(error),
            Ok(_) | Err(AnswerError::Malformed | AnswerError::Stranger) => {
                received.strange = received.strange.saturating_add(1);
                return Ok(());
            }
        };
        let proved = membership::prove(&message.facts, &self.publics()?, &self.vector()?);
        // A server that serves beside this has taken others meanwhile.
        let sifted = self.keep_brought(&message, proved)?;
        if !message.scopes.is_empty() {
            self.note_held(&message)?;
            self.note_said(&message, now)?;
        }
        received.count(message.facts.len(), sifted);
        Ok(())
    }
}
