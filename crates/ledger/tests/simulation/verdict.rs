//! What must hold when everything has healed.

use std::collections::{BTreeMap, BTreeSet};

use admission::authority::disbelief;
use admission::exchange::MemberState;
use admission::fact::{Body, Fact};
use admission::id::AttendeeId;
use admission::presence::{self, Dossier};
use admission::roster::Status;
use ledger::{Ledger, LedgerError};

use crate::node::{Node, Tag, tag};
use crate::town::GUESTS;
use crate::world::{Confirmed, World};

/// I5: everybody holds what the server holds, to the last hash.
pub fn same_vectors(world: &World) -> Result<(), String> {
    let server = world.nodes[0].ledger().vector().unwrap();
    for (index, node) in living(world) {
        let own = node.ledger().vector().unwrap();
        if own != server {
            let logs: BTreeSet<_> = server.0.keys().chain(own.0.keys()).copied().collect();
            let differ = logs.iter().filter(|log| own.0.get(log) != server.0.get(log));
            let differ: Vec<String> = differ
                .map(|log| format!("{log}: {:?} and {:?}", own.seq(*log), server.seq(*log)))
                .collect();
            return Err(format!("I5: node {index} and the server differ at {differ:?}"));
        }
    }
    Ok(())
}

/// Everybody who was not told to shut down.
fn living(world: &World) -> impl Iterator<Item = (usize, &Node)> {
    world.nodes.iter().enumerate().filter(|(_, node)| !node.ended)
}

pub fn pronounce(world: &mut World) -> Result<(), String> {
    same_vectors(world)?;
    let facts = all_facts(world.nodes[0].ledger());
    each_is_there_once(world, &facts)?;
    who_belongs_is_the_organisers(world)?;
    let members = world.nodes[0].ledger().members().unwrap();
    let line = |author| members.iter().find(|member| member.id == author);
    let is_believed = |fact: &&Fact| disbelief(fact, line(fact.log.station())).is_none();
    let believed: Vec<&Fact> = facts.iter().filter(is_believed).collect();
    world.story.quarantined = (facts.len() - believed.len()) as u64;
    let folded = fold(&believed);
    for (index, node) in living(world) {
        is_whole(index, node)?;
        says_what_facts_say(index, node, &folded)?;
        nobody_comes_back(world, index)?;
        lists_are_the_organisers(world, index)?;
    }
    world.story.forks = facts.iter().filter(|fact| Body::moved_from(fact).is_some()).count() as u64;
    Ok(())
}

fn all_facts(ledger: &Ledger) -> Vec<Fact> {
    let mut facts = Vec::new();
    ledger
        .for_each_fact(|sealed| -> Result<(), LedgerError> {
            facts.push(sealed.read().unwrap());
            Ok(())
        })
        .unwrap();
    facts
}

/// I1 and the first half of I2: what a desk confirmed is there, and nothing is there twice.
fn each_is_there_once(world: &mut World, facts: &[Fact]) -> Result<(), String> {
    let mut times: BTreeMap<_, Vec<String>> = BTreeMap::new();
    for fact in facts {
        times.entry(tag(fact)).or_default().push(fact.id().to_string());
    }
    if let Some((tag, places)) = times.iter().find(|(_, places)| places.len() > 1) {
        return Err(format!("I2: {tag:?} is counted twice: {places:?}"));
    }
    let missing = |(tag, confirmed): &(&Tag, &Confirmed)| {
        !confirmed.lost_with_a_disk && !times.contains_key(*tag)
    };
    for (tag, _) in world.confirmed.iter().filter(missing) {
        // Its station's disk was put back and wrote something else there: only a neighbour has it,
        // byte for byte, and nobody can seal it anew.
        let aside =
            world.put_back.contains(&tag.0) && world.nodes.iter().any(|node| laid_aside(node, tag));
        if !aside {
            return Err(format!("I1: {tag:?} was confirmed and is nowhere"));
        }
        world.story.laid_aside += 1;
    }
    Ok(())
}

fn laid_aside(node: &Node, wanted: &Tag) -> bool {
    let branches = node.ledger().branches().unwrap();
    branches.iter().any(|sealed| tag(&sealed.read().unwrap()) == *wanted)
}

fn fold(facts: &[&Fact]) -> BTreeMap<AttendeeId, Dossier> {
    let real = facts.iter().copied().filter(|fact| !Body::of(fact).rehearsal);
    let real: Vec<&Fact> = real.collect();
    let people = (1..=GUESTS).map(|number| AttendeeId([number; 16]));
    people.map(|who| (who, presence::fold(who, real.iter().copied()))).collect()
}

/// I2 and I4: what a ledger says is the fold of all facts, so all say the same.
fn says_what_facts_say(
    index: usize,
    node: &Node,
    folded: &BTreeMap<AttendeeId, Dossier>,
) -> Result<(), String> {
    let ledger = node.ledger();
    for (who, dossier) in folded {
        if ledger.dossier(*who, false).unwrap() != *dossier {
            return Err(format!("I4: node {index} says something else of {who}"));
        }
    }
    let expected: usize =
        folded.values().flat_map(|dossier| dossier.presences.values()).map(BTreeMap::len).sum();
    match ledger.arrivals(false).unwrap().len() {
        shown if shown == expected => Ok(()),
        shown => Err(format!("I2: node {index} counts {shown} arrivals and not {expected}")),
    }
}

/// I3: logs without gaps, chains that hold, projections that can be built again.
fn is_whole(index: usize, node: &Node) -> Result<(), String> {
    let findings = node.ledger().check().unwrap();
    match findings.complaints.is_empty() {
        true => Ok(()),
        false => Err(format!("I3: node {index}: {:?}", findings.complaints)),
    }
}

/// I6: whom a disk knew to be revoked stays so.
pub fn nobody_comes_back(world: &World, index: usize) -> Result<(), String> {
    let node = &world.nodes[index];
    let back = node.revoked.iter().find(|serial| !node.ledger().is_revoked(**serial).unwrap());
    match back {
        Some(serial) if index > 0 => Err(format!("I6: {serial} opens doors again at node {index}")),
        _ => Ok(()),
    }
}

/// I6, after everybody has heard the organiser's last word.
fn lists_are_the_organisers(world: &World, index: usize) -> Result<(), String> {
    let ledger = world.nodes[index].ledger();
    for serial in &world.revoked {
        if !ledger.is_revoked(*serial).unwrap() {
            return Err(format!("I6: node {index} does not know that {serial} is revoked"));
        }
    }
    let listed = |number: u8| ledger.attendee(AttendeeId([number; 16])).unwrap();
    if let Some(back) = world.erased.iter().find(|number| listed(**number).is_some()) {
        return Err(format!("I6: {back} was erased, and node {index} has them"));
    }
    for number in (1..=GUESTS).filter(|number| !world.erased.contains(number)) {
        let status = listed(number).map(|attendee| attendee.status);
        let expected = match world.cancelled.contains(&number) {
            true => Status::Cancelled,
            false => Status::Confirmed,
        };
        if status != Some(expected) {
            return Err(format!("I6: node {index} holds {number} to be {status:?}"));
        }
    }
    Ok(())
}

/// Who was revoked or replaced is so for everybody, and has shut down; nobody else has.
fn who_belongs_is_the_organisers(world: &World) -> Result<(), String> {
    let members = world.nodes[0].ledger().members().unwrap();
    for member in &members {
        let expected = world.closed.get(&member.id.0[0]).copied().unwrap_or(MemberState::Active);
        if member.state != expected {
            return Err(format!("I6: the server has {} as {:?}", member.name, member.state));
        }
    }
    for (index, node) in living(world) {
        if world.closed.contains_key(&node.number) {
            return Err(format!("I6: node {index} was closed and works on"));
        }
        if node.ledger().members().unwrap() != members {
            return Err(format!("I6: node {index} has another list of stations than the server"));
        }
    }
    Ok(())
}
