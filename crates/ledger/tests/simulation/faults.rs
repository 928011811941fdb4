//! What goes wrong, as a seed draws it.

use crate::chance::Chance;

/// Three days.
pub const END: i64 = 3 * 24 * 3_600_000;
/// Hours at which people come, all at once; each rush lasts [`RUSH`].
pub const RUSHES: [i64; 9] = [1, 4, 9, 25, 28, 33, 49, 52, 57];
pub const RUSH: i64 = 240_000;

/// A time at which something happens: mostly while people come.
pub fn some_time(chance: &mut Chance) -> i64 {
    let rush = RUSHES[chance.place(RUSHES.len())] * 3_600_000;
    rush + chance.span(0, RUSH)
}

/// A stretch of time in which nothing gets from some to others.
pub struct Cut {
    from: i64,
    to: i64,
    here: Vec<usize>,
    there: Vec<usize>,
    both_ways: bool,
    /// Only answers are lost: a connection that is half open.
    answers_only: bool,
}

impl Cut {
    fn draw(chance: &mut Chance, nodes: usize) -> Cut {
        let from = some_time(chance);
        let length = if chance.percent(50) { chance.span(10_000, RUSH) } else { END / 4 };
        let mut here: Vec<usize> = (0..nodes).filter(|_| chance.percent(40)).collect();
        if chance.percent(40) {
            // A site, or everybody, without the server.
            here = vec![0];
        }
        let there = (0..nodes).filter(|node| !here.contains(node)).collect();
        Cut {
            from,
            to: from + length,
            here,
            there,
            both_ways: chance.percent(60),
            answers_only: chance.percent(25),
        }
    }

    fn stops(&self, now: i64, (from, to): (usize, usize), is_answer: bool) -> bool {
        if !(self.from..self.to).contains(&now) || (self.answers_only && !is_answer) {
            return false;
        }
        let out = self.here.contains(&from) && self.there.contains(&to);
        let back = self.there.contains(&from) && self.here.contains(&to);
        out || (self.both_ways && back)
    }
}

/// How bad the network of a seed is.
pub struct Weather {
    pub slowest: i64,
    pub drop: u64,
    pub twice: u64,
    cuts: Vec<Cut>,
}

impl Weather {
    pub fn draw(chance: &mut Chance, nodes: usize) -> Weather {
        Weather {
            slowest: chance.span(10, 30_000),
            drop: chance.below(41),
            twice: chance.below(31),
            cuts: (0..chance.below(5)).map(|_| Cut::draw(chance, nodes)).collect(),
        }
    }

    pub fn stops(&self, now: i64, way: (usize, usize), is_answer: bool) -> bool {
        self.cuts.iter().any(|cut| cut.stops(now, way, is_answer))
    }
}

/// A clock that runs off, and was set wrong for a while.
#[derive(Clone, Default)]
pub struct BadClock {
    /// Parts in a million.
    pub drift: i64,
    /// From when to when it is off by how much.
    pub step: Option<(i64, i64, i64)>,
}

const TEN_YEARS: i64 = 10 * 365 * 24 * 3_600_000;

impl BadClock {
    pub fn draw(chance: &mut Chance) -> BadClock {
        let drift = chance.span(-500, 501);
        let step = chance.percent(8).then(|| {
            let from = some_time(chance);
            let by = if chance.percent(50) { TEN_YEARS } else { -TEN_YEARS };
            (from, from + chance.span(RUSH, END), by)
        });
        BadClock { drift, step }
    }

    pub fn error(&self, now: i64) -> i64 {
        let stepped = self.step.filter(|(from, to, _)| (*from..*to).contains(&now));
        now * self.drift / 1_000_000 + stepped.map_or(0, |(_, _, by)| by)
    }
}
