//! The asking side of the exchange: what a station says out of its ledger, and how it takes the
//! answer.

use admission::exchange::{
    Caller, Envelope, ExchangeError, Held, HeldScope, Left, MemberState, Message, Nonce, Policy,
    Run, WipeOrder, seal,
};
use admission::id::{ConventionId, StationId};
use admission::time::Millis;
use ed25519_dalek::{SigningKey, VerifyingKey};
use minicbor::{Decode, Encode};

use crate::db::Db;
use crate::error::LedgerError;
use crate::fork::{self, Settled};
use crate::open::Ledger;
use crate::{blanks, confirmed, facts, membership, roster, setting, trust};

/// The server that a station was enrolled at.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ServerCard {
    /// Where it listens, such as `http://127.0.0.1:7300`.
    #[n(0)]
    pub url: String,
    /// Its station id.
    #[n(1)]
    pub id: StationId,
    /// Its public key, 32 bytes, pinned at enrolment.
    #[n(2)]
    #[cbor(with = "minicbor::bytes")]
    pub public: [u8; 32],
    /// The convention that it serves.
    #[n(3)]
    pub convention: ConventionId,
}

impl ServerCard {
    /// Returns the server's key.
    ///
    /// # Errors
    /// [`LedgerError::Damaged`] if the stored bytes are no key.
    pub fn key(&self) -> Result<VerifyingKey, LedgerError> {
        VerifyingKey::from_bytes(&self.public)
            .map_err(|_| LedgerError::Damaged("the server's key is no key".to_owned()))
    }
}

/// A failed attempt to take an answer.
#[derive(Debug, thiserror::Error)]
pub enum ReceiveError {
    /// The answer is not one, or not for us.
    #[error(
        "what came back is no answer of this convention's server ({0}); does something else answer at \
         its address?"
    )]
    Exchange(#[from] ExchangeError),
    /// It could not be stored.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// When an answer is taken.
#[derive(Clone, Copy, Debug)]
pub struct Contact {
    /// The station's clock; in a rehearsal the machine's, because lists age by that one.
    pub now: Millis,
    /// Whether the station rehearses: what it learns of the server's clock counts for nothing.
    pub rehearsal: bool,
}

impl Contact {
    /// A contact of a station that does not rehearse.
    pub fn real(now: Millis) -> Contact {
        Contact { now, rehearsal: false }
    }
}

/// What an answer brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Facts that are new here.
    pub facts: usize,
    /// Whether the roster or the policy changed.
    pub news: bool,
    /// Facts that stay with the server, and why.
    pub left: Vec<Left>,
    /// Whether there is more to bring, so that the next exchange should follow at once.
    pub more: bool,
    /// Whether the sides differ and this exchange changed nothing about it: the next one should
    /// wait, because asking again at once would be asking for ever.
    pub stuck: bool,
    /// The server has everything that this station knows, and ordered it to shut down: what it is
    /// by now. Whoever holds the keys destroys them.
    pub shut_down: Option<MemberState>,
}

impl Ledger {
    /// Remembers the server, for good.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be written.
    pub fn set_server(&mut self, server: &ServerCard) -> Result<(), LedgerError> {
        let bytes = minicbor::to_vec(server).unwrap_or_default();
        setting::write(&self.db, setting::SERVER, &bytes)
    }

    /// Returns the server.
    ///
    /// # Errors
    /// [`LedgerError::NotEnrolled`] before enrolment.
    pub fn server(&self) -> Result<ServerCard, LedgerError> {
        let bytes = setting::read(&self.db, setting::SERVER)?.ok_or(LedgerError::NotEnrolled)?;
        minicbor::decode(&bytes).map_err(|error| LedgerError::Damaged(error.to_string()))
    }

    /// Returns the policy that the server sent last.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be read.
    pub fn policy(&self) -> Result<Option<Policy>, LedgerError> {
        let bytes = setting::read(&self.db, setting::POLICY)?;
        let decode = |bytes: Vec<u8>| {
            minicbor::decode(&bytes).map_err(|error| LedgerError::Damaged(error.to_string()))
        };
        bytes.map(decode).transpose()
    }

    /// Returns when the server last answered, by this station's clock.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be read.
    pub fn contact_at(&self) -> Result<Option<Millis>, LedgerError> {
        Ok(setting::read_number(&self.db, setting::CONTACT_AT)?.map(Millis))
    }

    /// Says what this station holds and brings what the server lacks, sealed for the carrier.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be read.
    pub fn ask(
        &self,
        caller: &mut Caller,
        (nonce, wait_ms): (Nonce, u32),
        station: &SigningKey,
        now: Millis,
    ) -> Result<Vec<u8>, LedgerError> {
        let vector = self.spoken()?;
        let runs = self.own_first(caller.offers(&vector))?;
        let facts = self.some_facts_of(&runs, caller.most_facts())?;
        let policy = setting::read_number(&self.db, setting::POLICY_NUMBER)?.unwrap_or(0);
        let policy = u64::try_from(policy).unwrap_or(0);
        let prints = self.policy()?.is_some_and(|policy| policy.profile.prints());
        let members = self.members_number()?;
        let signed_members = self.members_for_server(caller)?;
        let held = Held {
            vector,
            scopes: self.scopes()?,
            policy,
            facts,
            keys: self.keys_number()?,
            revocations: trust::number_to_ask(&self.db)?,
            members,
            signed_members,
            blanks: if prints { Some(self.blanks_held()?) } else { None },
            attachments: self.attachments(caller.wanted())?,
            wanted: Vec::new(),
            printer: self.own_printer()?,
        };
        let mut question = caller.generate(held, nonce, wait_ms, now);
        question.revocations = self.forgotten_revocations()?;
        Ok(seal(&question, self.server()?.convention, station))
    }

    /// Takes the server's answer: policy, roster, facts and what it confirmed, in one transaction.
    ///
    /// A roster that does not add up is forgotten and asked for anew; the facts are kept all the
    /// same.
    ///
    /// # Errors
    /// [`ReceiveError`]; then nothing of the answer is stored.
    pub fn take(
        &mut self,
        caller: &mut Caller,
        answer: &[u8],
        (station, contact): (&SigningKey, Contact),
    ) -> Result<Taken, ReceiveError> {
        let server = self.server()?;
        let message = Envelope::read(answer)?.open(server.convention, &server.key()?)?;
        self.take_opened(caller, (&message, 0), (station, contact))
    }

    /// The same for an answer that [`crate::proving::Proving`] opened; `kept` of its facts are stored
    /// already.
    ///
    /// # Errors
    /// [`ReceiveError`]; then nothing of what is left of the answer is stored.
    pub fn take_opened(
        &mut self,
        caller: &mut Caller,
        (message, kept): (&Message, usize),
        (station, contact): (&SigningKey, Contact),
    ) -> Result<Taken, ReceiveError> {
        let moved = caller.receive(message)?;
        let server = self.server()?;
        self.absorb(message, (caller, moved, kept), &server, (station, contact))
    }

    /// Leaves others' facts for later while there are own ones: the others bring theirs.
    fn own_first(&self, mut runs: Vec<Run>) -> Result<Vec<Run>, LedgerError> {
        let own = self.own_log()?;
        if runs.iter().any(|run| run.log == own) {
            runs.retain(|run| run.log == own);
        }
        Ok(runs)
    }

    /// Stores what a proved message of the server brings; `moved` is what
    /// [`Caller::receive`] said of it, and `kept` counts facts of it that are stored already.
    pub(crate) fn absorb(
        &mut self,
        message: &Message,
        (caller, moved, kept): (&Caller, bool, usize),
        server: &ServerCard,
        (station, contact): (&SigningKey, Contact),
    ) -> Result<Taken, ReceiveError> {
        let now = contact.now;
        let spoken = self.spoken()?;
        let tx = self.write()?;
        take_members(&tx, message, server)?;
        let mut sifted = membership::prove(&message.facts, &membership::publics(&tx)?, &spoken);
        if let Some(policy) = &message.policy {
            set_policy(&tx, policy)?;
        }
        // One who speaks another version says nothing of lists, and so confirms none.
        let tells = message.is_of_this_version() && message.notice.is_none();
        if let Some(notice) = &message.notice {
            tracing::warn!("the server says of this station: {notice}");
        }
        confirm(&tx, setting::KEYS_AT, tells && take_keys(&tx, message, server)?, now)?;
        let revocations = tells && take_revocations(&tx, message, server)?;
        if tells {
            trust::compare_revocations(&tx, message.revocations_held)?;
        }
        confirm(&tx, setting::REVOCATIONS_AT, revocations, now)?;
        let roster = tells && take_roster(&tx, message, &server.key()?)?;
        confirm(&tx, setting::ROSTER_AT, roster, now)?;
        let settled = fork::settle(&tx, &mut sifted, station)?;
        let closer = fork::others::settle(&tx, &mut sifted, station)?;
        facts::keep(&tx, &sifted)?;
        facts::meet(&tx, &sifted, now)?;
        note_contact(&tx, message, contact)?;
        // A copy of this folder brought other facts: none of ours has arrived.
        let fork = fork::find(&tx, &message.vector)?;
        match fork {
            Some(fact) => sifted.left.push(Left::Fork(fact)),
            None => confirmed::note(&tx, &message.vector)?,
        }
        let parted = fork::others::find(&tx, message, &sifted.left)?;
        if fork.is_none() && settled == Settled::Nothing && !parted {
            fork::copied::settle_all(&tx)?;
        }
        tx.commit()?;
        let held = self.vector()?;
        let forgets = self.members_for_server(caller)?.is_some();
        let open = !caller.offers(&held).is_empty() || !message.vector.lacking(&held).is_empty();
        // What was found out about a fork is worth another question at once.
        let settling = fork.is_some() || settled != Settled::Nothing || parted || closer;
        let facts = sifted.fresh.len().saturating_add(kept);
        let stuck = match settling {
            // A log that was just found to part comes next, whole.
            true => fork.is_some() && settled == Settled::Standstill && !closer,
            // Who still has a list of stations to bring is believed more once it is there.
            false => open && !forgets && (!moved || (facts == 0 && !sifted.left.is_empty())),
        };
        let open = open || fork.is_some() || settled == Settled::Moved || parted;
        let open = open || !self.attachments(&message.wanted)?.is_empty();
        // What was added to the revocation list did not add up: the whole of it comes next.
        let added = message.revocations.as_ref().is_some_and(|change| change.after > 0);
        let open = open || forgets || (added && trust::number_to_ask(&self.db)? == 0);
        let news = message.policy.is_some() || message.keys.is_some() || !message.roster.is_empty();
        self.keep_blanks(message)?;
        let told_all = !settling && self.has_arrived(message)?;
        let shut_down = if told_all { self.order_to_shut_down(message, server)? } else { None };
        Ok(Taken { facts, news, left: sifted.left, more: open && !stuck, stuck, shut_down })
    }
}

impl Ledger {
    /// Stores the blanks of a message, once the key set that came with them is in force.
    pub(crate) fn keep_blanks(&mut self, message: &Message) -> Result<(), LedgerError> {
        if message.blanks.is_empty() {
            return Ok(());
        }
        let keys = self.issuing_keys()?;
        let tx = self.write()?;
        blanks::keep(&tx, &message.blanks, &keys)?;
        tx.commit()?;
        Ok(())
    }
}

impl Ledger {
    /// Tells whether the server had everything that is known here when it wrote.
    pub(crate) fn has_arrived(&self, letter: &Message) -> Result<bool, LedgerError> {
        let told = fork::others::has_arrived(&self.db, &self.vector()?, &letter.vector)?;
        Ok(told && self.has_brought_all(letter)?)
    }

    /// Returns why this station is to shut down, if the server says so.
    pub(crate) fn order_to_shut_down(
        &self,
        message: &Message,
        server: &ServerCard,
    ) -> Result<Option<MemberState>, LedgerError> {
        let Some(bytes) = &message.wipe else { return Ok(None) };
        let own = self.own_log()?.station();
        let order = WipeOrder::open(bytes, server.convention, &server.key()?, own);
        if order.is_none() {
            tracing::error!("an order to shut down that is not for this station");
        }
        Ok(order.map(|order| order.state))
    }
}

/// Takes the membership list; one that is not believed leaves the one in force.
pub(crate) fn take_members(
    db: &Db,
    message: &Message,
    server: &ServerCard,
) -> Result<(), LedgerError> {
    let Some(signed) = &message.members else { return Ok(()) };
    match membership::take(db, signed, (server.convention, &server.key()?)) {
        Err(LedgerError::Members(reason)) => {
            tracing::error!(reason, "list of stations not taken");
            Ok(())
        }
        taken => taken.map(drop),
    }
}

/// Notes that the server confirmed a list: what came of it was taken, or nothing had changed.
fn confirm(db: &Db, list: &str, taken: bool, now: Millis) -> Result<(), LedgerError> {
    if taken { setting::write_number(db, list, now.0) } else { Ok(()) }
}

/// Takes the key set; one that is not believed leaves the one in force, and the answer is `false`.
pub(crate) fn take_keys(
    db: &Db,
    message: &Message,
    server: &ServerCard,
) -> Result<bool, LedgerError> {
    if let Some(policy) = &message.policy {
        trust::pin_root(db, server.convention, policy.root)?;
    }
    let Some(signed) = &message.keys else { return Ok(true) };
    match trust::take_keys(db, signed) {
        Err(LedgerError::KeySet(reason)) => {
            tracing::error!(reason, "key set not taken");
            Ok(false)
        }
        taken => taken.map(|()| true),
    }
}

/// Takes the changes to the revocation list; one that does not add up is asked for anew, and the
/// answer is `false`.
pub(crate) fn take_revocations(
    db: &Db,
    message: &Message,
    server: &ServerCard,
) -> Result<bool, LedgerError> {
    let Some(change) = &message.revocations else { return Ok(true) };
    db.run("SAVEPOINT revocations")?;
    match trust::take_revocations(db, change, (server.convention, &server.key()?)) {
        Ok(()) => db.run("RELEASE revocations").map(|()| true),
        Err(LedgerError::RevocationMismatch) => {
            db.run("ROLLBACK TO revocations; RELEASE revocations")?;
            tracing::warn!("the revocation list does not add up; fetching anew");
            trust::ask_for_whole_list(db)?;
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

pub(crate) fn set_policy(db: &Db, policy: &Policy) -> Result<(), LedgerError> {
    let bytes = minicbor::to_vec(policy).unwrap_or_default();
    setting::write(db, setting::POLICY, &bytes)?;
    let number = i64::try_from(policy.number).unwrap_or(i64::MAX);
    setting::write_number(db, setting::POLICY_NUMBER, number)?;
    roster::follow(db, &policy.profile.site)
}

/// Takes the changes to the roster; `false` if a part did not add up and is asked for anew.
fn take_roster(db: &Db, message: &Message, server: &VerifyingKey) -> Result<bool, LedgerError> {
    let mut taken = true;
    for change in &message.roster {
        db.run("SAVEPOINT roster")?;
        match roster::apply(db, change, server) {
            Ok(()) => db.run("RELEASE roster")?,
            Err(LedgerError::RosterMismatch(_)) => {
                db.run("ROLLBACK TO roster; RELEASE roster")?;
                tracing::warn!(scope = %change.state.scope, "roster does not add up; fetching anew");
                roster::forget(db, &change.state.scope)?;
                taken = false;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(taken)
}

/// Notes when the server answered, and how far its clock is from ours.
fn note_contact(db: &Db, message: &Message, contact: Contact) -> Result<(), LedgerError> {
    setting::write_number(db, setting::CONTACT_AT, contact.now.0)?;
    // Of a message of another version it is not read.
    if message.is_of_this_version() {
        setting::write_number(db, setting::UNHEARD, i64::from(message.unheard))?;
    }
    // A server that rehearses has set its clock too.
    if !contact.rehearsal {
        setting::write_number(db, setting::OFFSET_MS, message.sent_at.since(contact.now))?;
        setting::write_number(db, setting::OFFSET_AT, contact.now.0)?;
    }
    Ok(())
}

/// Names a scope of which nothing is held.
pub(crate) fn nothing_of(scope: &admission::id::Slug) -> HeldScope {
    HeldScope { scope: scope.clone(), revision: admission::roster::Revision(0) }
}
