//! The ledger's side: what a peer is told, what is taken from one, and who was met.

use std::collections::BTreeMap;
use std::sync::Arc;

use admission::exchange::{Held, MemberState, Message, Sifted, Vector};
use admission::id::StationId;
use admission::revocation::{Entry, ListChange, ListState};
use admission::time::Millis;
use minicbor::bytes::ByteVec;

use super::{Contact, Here, Lacks, Lists, Members, Peer, Request, Said, Took};
use crate::db::{Db, places};
use crate::error::LedgerError;
use crate::fork::copied;
use crate::open::Ledger;
use crate::{printers, setting};

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
        let number = self.members_number()?;
        let known = before.filter(|before| before.members.number == number);
        Ok(Here {
            members: match known {
                Some(before) => Arc::clone(&before.members),
                None => Arc::new(self.lan_members(number)?),
            },
            own_log: self.own_log()?,
            vector: self.vector()?,
            lists: Lists {
                keys: self.keys_number()?,
                revocations: signed_list(&self.db)?.map_or(0, |(state, _)| state.number),
                members: number,
            },
            printer: self.own_printer()?,
        })
    }

    /// Unpacks the membership list: whose facts are theirs, and who stands at this site.
    fn lan_members(&self, number: u64) -> Result<Members, LedgerError> {
        let own = self.own_log()?.station();
        let all = self.members()?;
        let (peers, closed) = (BTreeMap::new(), BTreeMap::new());
        let convention = self.server()?.convention;
        let authors = all.iter().filter_map(|member| Some((member.id, member.key()?))).collect();
        let mut members = Members { number, convention, authors, peers, closed };
        // Whoever does not belong has no neighbours.
        let me = all.iter().find(|member| member.id == own);
        let Some(me) = me.filter(|me| me.state == MemberState::Active) else { return Ok(members) };
        for member in all.iter().filter(|member| member.site == me.site && member.id != own) {
            let Some(key) = member.key() else { continue };
            let peer = Peer { id: member.id, name: member.name.clone(), key };
            match member.state {
                MemberState::Active => members.peers.insert(member.id, peer),
                MemberState::Revoked | MemberState::Replaced => {
                    members.closed.insert(member.id, peer)
                }
            };
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
            Request::Keep { facts, reply } => {
                let kept = self.keep_part(facts, now);
                let facts = *kept.as_ref().unwrap_or(&0);
                let _ = reply.send(kept);
                Took { facts, lists: false }
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
            keys: self.keys_number()?,
            revocations: self.revocations()?,
            members: self.members_number()?,
            attachments: self.attachments(&lacks.attachments)?,
            wanted: self.wanted()?,
            printer: if lacks.printer { self.own_printer()? } else { None },
            ..Held::default()
        };
        Ok(Said {
            held,
            keys: self.keys_after(lacks.lists.keys)?.map(ByteVec::from),
            revocations: list_after(&self.db, lacks.lists.revocations)?,
            members: self.members_after(lacks.lists.members)?.map(ByteVec::from),
        })
    }

    /// Stores what a peer brought: what any station may pass on, and attachments.
    fn take_from_peer(
        &mut self,
        message: &Message,
        sifted: Sifted,
        now: Millis,
    ) -> Result<Took, LedgerError> {
        let passed_on = self.take_of_member(message, |_| Ok(sifted), now)?;
        self.take_attachments(&message.attachments)?;
        if let Some(news) = &message.printer {
            printers::note(&self.db, message.from, news, now)?;
        }
        Ok(Took { facts: passed_on.sifted.fresh.len(), lists: passed_on.lists })
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

/// Keeps what the server signed about the revocation list, so that the list can be handed on.
pub(crate) fn keep_signature(db: &Db, change: &ListChange) -> Result<(), LedgerError> {
    let bytes = [change.signature.as_slice(), &minicbor::to_vec(&change.state).unwrap_or_default()];
    setting::write(db, setting::REVOCATIONS_SIGNED, &bytes.concat())
}

fn signed_list(db: &Db) -> Result<Option<(ListState, [u8; 64])>, LedgerError> {
    let Some(bytes) = setting::read(db, setting::REVOCATIONS_SIGNED)? else { return Ok(None) };
    let damaged = || LedgerError::Damaged("the signature of the revocation list".to_owned());
    let (signature, state) = bytes.split_first_chunk::<64>().ok_or_else(damaged)?;
    Ok(Some((minicbor::decode(state).map_err(|_| damaged())?, *signature)))
}

/// Returns what was added to the revocation list since `held`, as the server signed the whole.
pub(crate) fn list_after(db: &Db, held: u64) -> Result<Option<ListChange>, LedgerError> {
    let Some((state, signature)) = signed_list(db)?.filter(|(state, _)| state.number > held) else {
        return Ok(None);
    };
    let sql = "SELECT entry FROM revocation WHERE /*its*/ number > ?1 ORDER BY entry";
    let added = db.query(sql, &places![held], |row| row.get(0).map(Entry))?;
    Ok(Some(ListChange { state, signature, after: held, added: ListChange::pack(&added) }))
}

fn note(db: &Db, contact: &Contact, now: Millis) -> Result<(), LedgerError> {
    let sql = "INSERT INTO peer (/*key*/ station, address, heard_at, vector)
               VALUES (/*own*/ ?1, ?2, ?3, ?4)
               ON CONFLICT (/*key*/ station) DO UPDATE SET address = excluded.address,
                   heard_at = excluded.heard_at, vector = excluded.vector";
    let vector = minicbor::to_vec(&contact.vector).unwrap_or_default();
    db.execute(sql, &places![contact.station.0, contact.address, now.0, vector])?;
    // Two copies of one length bring nothing, and say it here alone.
    copied::note_by(db, contact.station, &contact.vector)
}

fn contacts(db: &Db) -> Result<Vec<(Contact, Millis)>, LedgerError> {
    let sql = "SELECT station, address, heard_at, vector FROM peer WHERE /*its*/ true";
    db.query(sql, &[], |row| {
        let vector = minicbor::decode(&row.get::<Vec<u8>>(3)?).unwrap_or_default();
        let contact = Contact { station: StationId(row.get(0)?), address: row.get(1)?, vector };
        Ok((contact, Millis(row.get(2)?)))
    })
}
