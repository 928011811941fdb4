//! What happened, counted.

use std::fmt;

/// What happened, counted.
#[derive(Clone, Debug, Default)]
pub struct Story {
    pub facts: u64,
    pub messages: u64,
    pub lost: u64,
    /// Questions and answers between stations.
    pub neighbours: u64,
    pub sticks: u64,
    /// Sticks that were cut off.
    pub cut: u64,
    pub crashes: u64,
    pub clones: u64,
    pub rollbacks: u64,
    pub restores: u64,
    /// People who were taken off the list.
    pub erased: u64,
    /// Stations that were revoked while they worked.
    pub closed: u64,
    /// Stations that took over from another.
    pub spares: u64,
    /// Questions of stations that the server did not know.
    pub introduced: u64,
    /// Stations that were brought up to date before the others.
    pub updated: u64,
    /// Facts that only those can read.
    pub unreadable: u64,
    /// Facts that nobody believes.
    pub quarantined: u64,
    pub forks: u64,
    pub steps: u64,
    pub gone_with_a_disk: u64,
    pub laid_aside: u64,
    pub most_rounds: u64,
}

impl Story {
    pub fn add(&mut self, other: &Story) {
        self.facts += other.facts;
        self.messages += other.messages;
        self.lost += other.lost;
        self.neighbours += other.neighbours;
        self.sticks += other.sticks;
        self.cut += other.cut;
        self.crashes += other.crashes;
        self.clones += other.clones;
        self.rollbacks += other.rollbacks;
        self.restores += other.restores;
        self.erased += other.erased;
        self.closed += other.closed;
        self.spares += other.spares;
        self.introduced += other.introduced;
        self.updated += other.updated;
        self.unreadable += other.unreadable;
        self.quarantined += other.quarantined;
        self.forks += other.forks;
        self.steps += other.steps;
        self.gone_with_a_disk += other.gone_with_a_disk;
        self.laid_aside += other.laid_aside;
        self.most_rounds = self.most_rounds.max(other.most_rounds);
    }

    pub fn has_seen_everything(&self) -> bool {
        let seen = [
            self.facts,
            self.messages,
            self.lost,
            self.neighbours,
            self.sticks,
            self.cut,
            self.crashes,
            self.clones,
            self.rollbacks,
            self.restores,
            self.erased,
            self.closed,
            self.spares,
            self.introduced,
            self.updated,
            self.unreadable,
            self.quarantined,
            self.forks,
            self.steps,
        ];
        seen.iter().all(|count| *count > 0)
    }
}

impl fmt::Display for Story {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} facts, {} messages ({} lost, {} between neighbours), {} stick trips ({} cut off), \
             {} crashes, {} clones, {} rollbacks, {} restores, {} people erased, {} stations closed, {} spares, {} \
             introductions, {} updates, {} facts that only those can read, {} facts quarantined, {} \
             moved by forks, {} clocks set wrong, {} facts gone with a disk, {} laid aside, healed \
             in at most {} rounds",
            self.facts,
            self.messages,
            self.lost,
            self.neighbours,
            self.sticks,
            self.cut,
            self.crashes,
            self.clones,
            self.rollbacks,
            self.restores,
            self.erased,
            self.closed,
            self.spares,
            self.introduced,
            self.updated,
            self.unreadable,
            self.quarantined,
            self.forks,
            self.steps,
            self.gone_with_a_disk,
            self.laid_aside,
            self.most_rounds,
        )
    }
}
