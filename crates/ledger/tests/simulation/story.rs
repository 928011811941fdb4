//! What happened, counted.

use std::fmt;

/// Makes [`Story`] of its counts: the name of each, and how it is told.
macro_rules! counts {
    ($($name:ident: $told:literal,)*) => {
        /// What happened, counted.
        #[derive(Clone, Debug, Default)]
        pub struct Story {
            $(pub $name: u64,)*
            pub gone_with_a_disk: u64,
            pub laid_aside: u64,
            pub most_rounds: u64,
        }

        impl Story {
            /// What must happen sooner or later, or the seeds are of no use.
            fn counts(&self) -> impl Iterator<Item = (u64, &'static str)> {
                [$((self.$name, $told)),*].into_iter()
            }

            pub fn add(&mut self, other: &Story) {
                $(self.$name += other.$name;)*
                self.gone_with_a_disk += other.gone_with_a_disk;
                self.laid_aside += other.laid_aside;
                self.most_rounds = self.most_rounds.max(other.most_rounds);
            }
        }
    };
}

counts! {
    facts: "facts",
    messages: "messages",
    neighbours: "of them between neighbours",
    lost: "lost",
    sticks: "stick trips",
    cut: "of them cut off",
    crashes: "crashes",
    clones: "clones",
    rollbacks: "rollbacks",
    restores: "restores",
    erased: "people erased",
    closed: "stations revoked at work",
    spares: "spares that took over",
    introduced: "questions of stations that the server did not know",
    updated: "stations brought up to date before the others",
    unreadable: "facts that only those can read",
    quarantined: "facts that nobody believes",
    forks: "facts moved by forks",
    steps: "clocks set wrong",
}

impl Story {
    pub fn has_seen_everything(&self) -> bool {
        self.counts().all(|(count, _)| count > 0)
    }
}

impl fmt::Display for Story {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (count, told) in self.counts() {
            write!(f, "{count} {told}, ")?;
        }
        let Story { gone_with_a_disk, laid_aside, most_rounds, .. } = self;
        write!(
            f,
            "{gone_with_a_disk} facts gone with a disk, {laid_aside} laid aside, healed in at most \
             {most_rounds} rounds"
        )
    }
}
