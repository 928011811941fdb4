//! The keys that bodies are made of: read from and written to one CBOR map.

use minicbor::{Decoder, Encoder};

use super::{Admission, MOST_LISTED, TripState, Visit};
use crate::fact::Written;
use crate::id::{AttendeeId, FactId, LogId, Seq, Serial, Slug};
use crate::pass::PassKind;
use crate::roster::Mode;
use crate::time::{Day, Millis};

/// Longest free text in a body, in bytes: the name of a bus, the code of a reason.
const LONGEST_TEXT: usize = 64;

/// Every key that a body may have, in order of its number.
#[derive(Default)]
pub(super) struct Fields {
    pub(super) rehearsal: bool,
    pub(super) activity: Option<Slug>,
    pub(super) day: Option<Day>,
    pub(super) pass: Option<PassKind>,
    pub(super) reason: Option<String>,
    pub(super) mode: Option<Mode>,
    pub(super) leg: u8,
    pub(super) again: Option<FactId>,
    pub(super) closes: Vec<FactId>,
    pub(super) fact: Option<FactId>,
    pub(super) why: Option<Slug>,
    pub(super) other: Option<AttendeeId>,
    pub(super) serials: Vec<Serial>,
    pub(super) category: Option<Slug>,
    pub(super) delegation: Option<Slug>,
    pub(super) state: Option<u8>,
    pub(super) bus: Option<String>,
    pub(super) heads: Option<u32>,
    pub(super) real: Option<Millis>,
    pub(super) proxy: bool,
    pub(super) was: Option<FactId>,
    pub(super) about: Vec<FactId>,
}

impl Fields {
    pub(super) fn set_visit(&mut self, visit: &Visit) {
        self.activity = Some(visit.activity.clone());
        (self.day, self.leg) = (Some(visit.day), visit.leg);
        self.mode = (visit.mode != Mode::Once).then_some(visit.mode);
    }

    pub(super) fn visit(&self) -> Option<Visit> {
        Some(Visit {
            activity: self.activity.clone()?,
            day: self.day?,
            mode: self.mode.unwrap_or(Mode::Once),
            leg: self.leg,
        })
    }

    pub(super) fn set_admission(&mut self, admission: &Admission) {
        self.set_visit(&admission.visit);
        (self.pass, self.again) = (admission.pass, admission.again);
    }

    pub(super) fn admission(&self) -> Option<Admission> {
        Some(Admission { visit: self.visit()?, pass: self.pass, again: self.again })
    }

    pub(super) fn set_state(&mut self, state: &TripState) {
        self.state = Some(match state {
            TripState::Excused => 0,
            TripState::OwnWay => 1,
            TripState::LeftEarly => 2,
            TripState::Moved(bus) => {
                self.bus = Some(bus.clone());
                3
            }
        });
    }

    pub(super) fn state(&self) -> Option<TripState> {
        match self.state? {
            0 => Some(TripState::Excused),
            1 => Some(TripState::OwnWay),
            2 => Some(TripState::LeftEarly),
            3 => Some(TripState::Moved(self.bus.clone()?)),
            _ => None,
        }
    }

    /// Writes what is there, in order of the keys; what is usual is left out.
    pub(super) fn write(&self, to: &mut Encoder<&mut Vec<u8>>) -> Written {
        to.map(self.entries())?;
        if self.rehearsal {
            to.u8(0)?.bool(true)?;
        }
        text(to, 1, self.activity.as_ref().map(Slug::as_str))?;
        number(to, 2, self.day.map(|day| day.0.into()))?;
        number(to, 3, self.pass.map(|pass| pass.number().into()))?;
        text(to, 4, self.reason.as_deref())?;
        number(to, 5, self.mode.map(|mode| mode_number(mode).into()))?;
        number(to, 6, (self.leg > 0).then_some(self.leg.into()))?;
        facts(to, 7, self.again.as_slice())?;
        facts(to, 8, &self.closes)?;
        facts(to, 9, self.fact.as_slice())?;
        text(to, 10, self.why.as_ref().map(Slug::as_str))?;
        if let Some(other) = &self.other {
            to.u8(11)?.bytes(&other.0)?;
        }
        if !self.serials.is_empty() {
            to.u8(12)?.array(length(&self.serials))?;
            for serial in &self.serials {
                to.bytes(&serial.0)?;
            }
        }
        text(to, 13, self.category.as_ref().map(Slug::as_str))?;
        text(to, 14, self.delegation.as_ref().map(Slug::as_str))?;
        number(to, 15, self.state.map(u64::from))?;
        text(to, 16, self.bus.as_deref())?;
        number(to, 17, self.heads.map(u64::from))?;
        if let Some(real) = self.real {
            to.u8(18)?.i64(real.0)?;
        }
        if self.proxy {
            to.u8(19)?.bool(true)?;
        }
        facts(to, 20, self.was.as_slice())?;
        facts(to, 21, &self.about)?;
        Ok(())
    }

    fn entries(&self) -> u64 {
        let there = [
            self.rehearsal,
            self.activity.is_some(),
            self.day.is_some(),
            self.pass.is_some(),
            self.reason.is_some(),
            self.mode.is_some(),
            self.leg > 0,
            self.again.is_some(),
            !self.closes.is_empty(),
            self.fact.is_some(),
            self.why.is_some(),
            self.other.is_some(),
            !self.serials.is_empty(),
            self.category.is_some(),
            self.delegation.is_some(),
            self.state.is_some(),
            self.bus.is_some(),
            self.heads.is_some(),
            self.real.is_some(),
            self.proxy,
            self.was.is_some(),
            !self.about.is_empty(),
        ];
        length(&there.iter().filter(|there| **there).collect::<Vec<_>>())
    }

    /// Reads the map, passing over keys that a later version added.
    ///
    /// Keys ascend and each stands once, so that no two readers can take different values from one
    /// map.
    pub(super) fn read(bytes: &[u8]) -> Option<Fields> {
        let mut from = Decoder::new(bytes);
        let mut fields = Fields::default();
        let mut before = None;
        for _ in 0..from.map().ok()?? {
            let key = Some(from.u8().ok()?);
            if key <= before {
                return None;
            }
            before = key;
            fields.read_one(key?, &mut from)?;
        }
        (from.position() == bytes.len()).then_some(fields)
    }

    fn read_one(&mut self, key: u8, from: &mut Decoder<'_>) -> Option<()> {
        match key {
            0 => self.rehearsal = from.bool().ok()?,
            1 => self.activity = Some(read_slug(from)?),
            2 => self.day = Some(Day(from.u32().ok()?)),
            3 => self.pass = Some(PassKind::from_number(from.u8().ok()?)?),
            4 => self.reason = Some(read_text(from)?),
            5 => self.mode = Some(mode_of(from.u8().ok()?)?),
            6 => self.leg = from.u8().ok()?,
            7 => self.again = Some(read_one_fact(from)?),
            8 => self.closes = read_facts(from)?,
            9 => self.fact = Some(read_one_fact(from)?),
            10 => self.why = Some(read_slug(from)?),
            11 => self.other = Some(AttendeeId::try_from(from.bytes().ok()?).ok()?),
            12 => self.serials = read_serials(from)?,
            13 => self.category = Some(read_slug(from)?),
            14 => self.delegation = Some(read_slug(from)?),
            15 => self.state = Some(from.u8().ok()?),
            16 => self.bus = Some(read_text(from)?),
            17 => self.heads = Some(from.u32().ok()?),
            18 => self.real = Some(Millis(from.i64().ok()?)),
            19 => self.proxy = from.bool().ok()?,
            20 => self.was = Some(read_one_fact(from)?),
            21 => self.about = read_facts(from)?,
            _ => from.skip().ok()?,
        }
        Some(())
    }
}

fn length<T>(list: &[T]) -> u64 {
    u64::try_from(list.len()).unwrap_or(u64::MAX)
}

fn text(to: &mut Encoder<&mut Vec<u8>>, key: u8, value: Option<&str>) -> Written {
    if let Some(value) = value {
        to.u8(key)?.str(value)?;
    }
    Ok(())
}

fn number(to: &mut Encoder<&mut Vec<u8>>, key: u8, value: Option<u64>) -> Written {
    if let Some(value) = value {
        to.u8(key)?.u64(value)?;
    }
    Ok(())
}

/// A list of facts is flat: log, seq, log, seq.
fn facts(to: &mut Encoder<&mut Vec<u8>>, key: u8, list: &[FactId]) -> Written {
    if list.is_empty() {
        return Ok(());
    }
    to.u8(key)?.array(length(list).saturating_mul(2))?;
    for fact in list {
        to.bytes(&fact.log.0)?.u64(fact.seq.0)?;
    }
    Ok(())
}

fn read_text(from: &mut Decoder<'_>) -> Option<String> {
    let text = from.str().ok()?;
    (text.len() <= LONGEST_TEXT).then(|| text.to_owned())
}

fn read_slug(from: &mut Decoder<'_>) -> Option<Slug> {
    from.str().ok()?.parse().ok()
}

fn read_facts(from: &mut Decoder<'_>) -> Option<Vec<FactId>> {
    let items = usize::try_from(from.array().ok()??).ok()?;
    let pairs = items.checked_div(2)?;
    if pairs.checked_mul(2)? != items || pairs > MOST_LISTED {
        return None;
    }
    let one = |from: &mut Decoder<'_>| {
        let log = LogId::try_from(from.bytes().ok()?).ok()?;
        Some(FactId { log, seq: Seq(from.u64().ok()?) })
    };
    (0..pairs).map(|_| one(from)).collect()
}

fn read_one_fact(from: &mut Decoder<'_>) -> Option<FactId> {
    match read_facts(from)?.as_slice() {
        [fact] => Some(*fact),
        _ => None,
    }
}

fn read_serials(from: &mut Decoder<'_>) -> Option<Vec<Serial>> {
    let items = usize::try_from(from.array().ok()??).ok()?;
    if items > MOST_LISTED {
        return None;
    }
    (0..items).map(|_| Serial::try_from(from.bytes().ok()?).ok()).collect()
}

fn mode_number(mode: Mode) -> u8 {
    match mode {
        Mode::Once => 0,
        Mode::Daily => 1,
        Mode::Reentry => 2,
        Mode::Board => 3,
    }
}

fn mode_of(number: u8) -> Option<Mode> {
    match number {
        0 => Some(Mode::Once),
        1 => Some(Mode::Daily),
        2 => Some(Mode::Reentry),
        3 => Some(Mode::Board),
        _ => None,
    }
}
