//! The ledger's side: what a peer is told, what is taken from one, and who was met.

use std::collections::BTreeMap;
use std::sync::Arc;

use admission::exchange::{Held, Message, Sifted, Vector};
use admission::id::StationId;
use admission::revocation::{Entry, ListChange, ListState};
use admission::time::Millis;
use minicbor::bytes::ByteVec;
use rusqlite::{Connection, OptionalExtension, params};

use super::{Contact, Here, Lacks, Members, Peer, Request, Said, Took};
use crate::error::LedgerError;
use crate::open::Ledger;
use crate::{facts, setting, trust};

/// A station of this site that was met on the LAN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Met {
    /// Its name; that of this station itself is the own one.
    pub name: String,
    /// Where.
    pub address: String,
    /// When it was heard last, by this station's clock.
    pub heard_at: Millis,
    /// How many facts are here that it lacked when it was heard last.
    pub lacks: u64,
    /// How many facts it had that are not here.
    pub has_more: u64,
}

impl Ledger {
    /// Returns whom the LAN is to talk to and how far this ledger is; what `before` has of the
    /// membership list is used again while its number is the same.
    ///
    /// # Errors
    /// [`LedgerError::NotEnrolled`] before enrolment; else if it cannot be read.
    pub fn here(&self, before: Option<&Here>) -> Result<Here, LedgerError> {
        let number = setting::read_number(&self.db, setting::POLICY_NUMBER)?.unwrap_or(0);
        let number = u64::try_from(number).unwrap_or(0);
        let known = before.filter(|before| before.members.number == number);
        Ok(Here {
            members: match known {
                Some(before) => Arc::clone(&before.members),
                None => Arc::new(self.lan_members(number)?),
            },
            own_log: self.own_log()?,
            vector: self.vector()?,
            keys: self.key_set()?.map_or(0, |set| set.number),
            revocations: signed_list(&self.db)?.map_or(0, |(state, _)| state.number),
        })
    }

    /// Unpacks the membership list: whose facts are believed, and who stands at this site.
    fn lan_members(&self, number: u64) -> Result<Members, LedgerError> {
        let policy = self.policy()?.ok_or(LedgerError::NotEnrolled)?;
        let own = self.own_log()?.station();
        let mut members = Members {
            number,
            convention: policy.convention.id,
            authors: BTreeMap::new(),
            peers: BTreeMap::new(),
        };
        for member in &policy.members {
            let Some(key) = member.key() else { continue };
            members.authors.insert(member.id, key);
            if member.site == policy.profile.site && member.id != own {
                let peer = Peer { id: member.id, name: member.name.clone(), key };
                members.peers.insert(member.id, peer);
            }
        }
        Ok(members)
    }

    /// Does what the LAN asks, and returns what was new; `now` is the clock by which lists age.
    pub fn lan(&mut self, request: Request, now: Millis) -> Took {
        match request {
            Request::Say { lacks, reply } => {
                // Whoever asked may have gone.
                let _ = reply.send(self.say_to_peer(&lacks));
                Took::default()
            }
            Request::Take { message, sifted, reply } => {
                let took = self.take_from_peer(&message, sifted, now);
                let new = *took.as_ref().unwrap_or(&Took::default());
                // The connection may have ended meanwhile; what it brought is stored.
                let _ = reply.send(took);
                new
            }
            Request::Note(contact) => {
                if let Err(error) = note(&self.db, &contact, now) {
                    tracing::warn!(%error, "a contact on the LAN is not noted");
                }
                Took::default()
            }
        }
    }

    fn say_to_peer(&self, lacks: &Lacks) -> Result<Said, LedgerError> {
        let held = Held {
            vector: self.vector()?,
            facts: self.facts_of(&lacks.runs)?,
            keys: self.key_set()?.map_or(0, |set| set.number),
            revocations: self.revocations()?,
            attachments: self.attachments(&lacks.attachments)?,
            wanted: self.wanted()?,
            ..Held::default()
        };
        Ok(Said {
            held,
            keys: self.keys_after(lacks.keys)?.map(ByteVec::from),
            revocations: list_after(&self.db, lacks.revocations)?,
        })
    }

    /// Stores what a peer brought: facts and attachments, and lists that the root key or the server
    /// signed. What it says of anything else counts for nothing.
    fn take_from_peer(
        &mut self,
        message: &Message,
        sifted: Sifted,
        now: Millis,
    ) -> Result<Took, LedgerError> {
        let sifted = sifted.against(&self.vector()?);
        let server = self.server()?;
        let tx = self.write()?;
        facts::keep(&tx, &sifted)?;
        facts::meet(&tx, &sifted, now)?;
        let mut lists = false;
        if let Some(signed) = &message.keys {
            lists |= passed_on(&tx, || trust::take_keys(&tx, signed))?;
        }
        if let Some(change) = &message.revocations {
            let signer = (server.convention, &server.key()?);
            lists |= passed_on(&tx, || trust::take_revocations(&tx, change, signer))?;
        }
        tx.commit()?;
        self.take_attachments(&message.attachments)?;
        Ok(Took { facts: sifted.fresh.len(), lists })
    }

    /// Returns where this station listened on the LAN last, and whom of its site it met there.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be read.
    pub fn met_on_lan(&self) -> Result<(Option<String>, Vec<Met>), LedgerError> {
        let here = self.here(None)?;
        let mut own = None;
        let mut met = Vec::new();
        for (contact, heard_at) in contacts(&self.db)? {
            if contact.station == here.own_log.station() {
                own = Some(contact.address);
            } else if let Some(peer) = here.members.peers.get(&contact.station) {
                met.push(Met {
                    name: peer.name.clone(),
                    address: contact.address,
                    heard_at,
                    lacks: distance(&here.vector, &contact.vector),
                    has_more: distance(&contact.vector, &here.vector),
                });
            }
        }
        met.sort_by(|one, other| one.name.cmp(&other.name));
        Ok((own, met))
    }
}

/// Counts the facts that one side has and the other has not.
fn distance(one: &Vector, other: &Vector) -> u64 {
    let ahead = one.0.iter().map(|(log, head)| head.seq.0.saturating_sub(other.seq(*log).0));
    ahead.fold(0, u64::saturating_add)
}

/// Tries to take a list that a peer passed on; one that is not believed changes nothing.
fn passed_on(
    db: &Connection,
    take: impl FnOnce() -> Result<(), LedgerError>,
) -> Result<bool, LedgerError> {
    db.execute_batch("SAVEPOINT passed_on")?;
    match take() {
        Ok(()) => db.execute_batch("RELEASE passed_on").map(|()| true).map_err(LedgerError::from),
        Err(error @ (LedgerError::KeySet(_) | LedgerError::RevocationMismatch)) => {
            db.execute_batch("ROLLBACK TO passed_on; RELEASE passed_on")?;
            tracing::warn!(%error, "a list that a peer passed on is not taken");
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

/// Keeps what the server signed about the revocation list, so that the list can be handed on.
pub(crate) fn keep_signature(db: &Connection, change: &ListChange) -> Result<(), LedgerError> {
    let bytes = [change.signature.as_slice(), &minicbor::to_vec(&change.state).unwrap_or_default()];
    setting::write(db, setting::REVOCATIONS_SIGNED, &bytes.concat())
}

fn signed_list(db: &Connection) -> Result<Option<(ListState, [u8; 64])>, LedgerError> {
    let Some(bytes) = setting::read(db, setting::REVOCATIONS_SIGNED)? else { return Ok(None) };
    let damaged = || LedgerError::Damaged("the signature of the revocation list".to_owned());
    let (signature, state) = bytes.split_first_chunk::<64>().ok_or_else(damaged)?;
    Ok(Some((minicbor::decode(state).map_err(|_| damaged())?, *signature)))
}

/// Returns what was added to the revocation list since `held`, as the server signed the whole.
fn list_after(db: &Connection, held: u64) -> Result<Option<ListChange>, LedgerError> {
    let Some((state, signature)) = signed_list(db)?.filter(|(state, _)| state.number > held) else {
        return Ok(None);
    };
    let sql = "SELECT entry FROM revocation WHERE number > ?1 ORDER BY entry";
    let mut select = db.prepare_cached(sql)?;
    let added = select.query_map(params![held], |row| row.get(0).map(Entry))?;
    let added: Vec<Entry> = added.collect::<Result<_, _>>()?;
    Ok(Some(ListChange { state, signature, after: held, added: ListChange::pack(&added) }))
}

fn note(db: &Connection, contact: &Contact, now: Millis) -> Result<(), LedgerError> {
    let sql = "INSERT INTO peer (station, address, heard_at, vector) VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT (station) DO UPDATE SET address = excluded.address,
                   heard_at = excluded.heard_at, vector = excluded.vector";
    let vector = minicbor::to_vec(&contact.vector).unwrap_or_default();
    let row = params![contact.station.0, contact.address, now.0, vector];
    db.prepare_cached(sql)?.execute(row)?;
    Ok(())
}

fn contacts(db: &Connection) -> Result<Vec<(Contact, Millis)>, LedgerError> {
    let mut select = db.prepare_cached("SELECT station, address, heard_at, vector FROM peer")?;
    let rows = select.query_map([], |row| {
        let (id, bytes): ([u8; 16], Vec<u8>) = (row.get(0)?, row.get(3)?);
        let vector = minicbor::decode(&bytes).unwrap_or_default();
        let contact = Contact { station: StationId(id), address: row.get(1)?, vector };
        Ok((contact, Millis(row.get(2)?)))
    })?;
    Ok(rows.collect::<Result<_, _>>().optional()?.unwrap_or_default())
}
