//! What the desk does when somebody scans, touches, or stays away.

use admission::id::Slug;
use admission::roster::{self, Attendee};
use admission::rule::{Act, Caveat, Decision, Instruction, Pleased, Reason, Yes};
use ledger::LedgerError;
use ledger::facts::Recorded;
use ledger::jobs::JobId;

use crate::config::Confirm;
use crate::order::Refused;
use crate::scan::Token;
use crate::screen::{Placing, Touch};

use super::card::placing_at;
use super::door::{Guest, Judged, NOT_STORED, outcome};
use super::paper::{BADGE_OPEN, OpenBadge, moved};
use super::stage::{Due, Ended, Stage, Welcome};
use super::steward::LetIn;
use super::{Desk, Effect, Now, Outcome, Verdict};

impl Desk {
    pub(super) fn scanned(&mut self, token: Token, now: Now) {
        if token.is_blank() {
            return;
        }
        let outcome = self.answer_scan(&token, now);
        self.effects.push_back(Effect::Decided(outcome));
    }

    /// Decides a scan as things are now, and neither stores nor shows anything.
    pub(super) fn try_out(&mut self, token: &Token, now: Now) {
        if token.is_blank() {
            return;
        }
        let outcome = match self.judge(token, now) {
            Ok(Judged { decision, guest, .. }) => {
                let said = match (decision, &guest) {
                    (Decision::Admit(_), Some(_)) => (Verdict::Admit, None),
                    (Decision::Admit(_), None) => {
                        (Verdict::Refuse, Some(Reason::UnknownAttendee.code()))
                    }
                    (Decision::Refuse { reason, .. }, _) => (Verdict::Refuse, Some(reason.code())),
                    (Decision::Ask { reason, .. }, _) => (Verdict::Ask, Some(reason.code())),
                };
                outcome(token, said, guest.map(|guest| guest.attendee.id), None)
            }
            Err(error) => {
                tracing::error!(%error, "a scan cannot be decided");
                outcome(token, (Verdict::Refuse, Some(NOT_STORED)), None, None)
            }
        };
        self.effects.push_back(Effect::Decided(outcome));
    }

    /// Decides a scan, and stores what needs no confirmation.
    pub(super) fn answer_scan(&mut self, token: &Token, now: Now) -> Outcome {
        match self.confirm {
            Confirm::AtOnce => self.settle(token, now),
            Confirm::ByTouch => self.greet(token, now),
        }
    }

    /// Decides, stores and shows.
    fn settle(&mut self, token: &Token, now: Now) -> Outcome {
        match self.judge(token, now) {
            Ok(judged) => self.commit(token, judged, now),
            Err(error) => self.not_stored(token, None, &error, now),
        }
    }

    /// Decides and shows; what nobody has to confirm is stored at once.
    fn greet(&mut self, token: &Token, now: Now) -> Outcome {
        match self.judge(token, now) {
            Ok(Judged { decision: Decision::Admit(pleased), guest: Some(guest), .. })
                if pleased.act == Act::Enter && !self.duty.profile.is_staffed() =>
            {
                let admit = (Verdict::Admit, None);
                let outcome = outcome(token, admit, Some(guest.attendee.id), None);
                if pleased.collects && self.sends_on() {
                    // The screen that says where to go stays.
                    self.enter(Stage::Attract, now);
                    return outcome;
                }
                self.ask_whether_it_is_you(token, guest.attendee, pleased.collects, now);
                outcome
            }
            Ok(judged) => self.commit(token, judged, now),
            Err(error) => self.not_stored(token, None, &error, now),
        }
    }

    fn ask_whether_it_is_you(&mut self, token: &Token, attendee: Attendee, prints: bool, now: Now) {
        if let Stage::Confirm { token: asked, .. } = &self.standing.stage
            && asked.text() == token.text()
        {
            // A scanner reads a code that is held still again and again: the same question stays,
            // so that a touch on its way still answers it.
            return self.standing.touch(now.uptime);
        }
        let token = token.clone();
        self.enter(Stage::Confirm { token, attendee, prints }, now);
    }

    fn commit(&mut self, token: &Token, judged: Judged, now: Now) -> Outcome {
        let placing = placing_at(judged.case.as_deref());
        match (judged.decision, judged.guest) {
            (Decision::Admit(pleased), Some(guest)) => self.let_in(token, guest, &pleased, now),
            (Decision::Refuse { reason, next }, guest) => {
                self.send_away(token, guest, (reason, next), now)
            }
            (Decision::Ask { reason, .. }, guest) => {
                let attendee = guest.map(|guest| guest.attendee);
                let id = attendee.as_ref().map(|attendee| attendee.id);
                self.ask_somebody(token, reason, (attendee, placing), now);
                outcome(token, (Verdict::Ask, Some(reason.code())), id, None)
            }
            // The rule lets in nobody whom it does not know.
            (Decision::Admit(_), None) => {
                let reason = Reason::UnknownAttendee;
                self.send_away(token, None, (reason, reason.instruction()), now)
            }
        }
    }

    /// A steward answers on the screen; where nobody works the station, a colleague will help.
    fn ask_somebody(
        &mut self,
        token: &Token,
        reason: Reason,
        (attendee, placing): (Option<Attendee>, roster::Placing),
        now: Now,
    ) {
        if !self.duty.profile.is_staffed() {
            return self.help(reason.code(), attendee.as_ref(), now);
        }
        if let Stage::Ask { token: asked, .. } = &self.standing.stage
            && asked.text() == token.text()
        {
            return self.standing.touch(now.uptime);
        }
        let (token, said) = (token.clone(), Vec::new());
        self.enter(Stage::Ask { token, reason, attendee, placing, said }, now);
    }

    /// The steward said yes on the screen, to what stood there and to nothing else: what has come up
    /// since is a question of its own.
    fn let_in_by_touch(&mut self, token: &Token, said: Vec<Reason>, now: Now) {
        match self.judge(token, now) {
            Ok(judged) => match judged.open_objection(Yes::To(&said), now.clock) {
                Some(reason) => self.object(token, judged, (reason, said), now),
                None => self.let_in_as_said(judged, &said, now),
            },
            Err(error) => {
                self.not_stored(token, None, &error, now);
            }
        }
    }

    /// Puts an objection that the steward has not read yet on the screen; nothing is stored.
    fn object(
        &mut self,
        token: &Token,
        judged: Judged,
        (reason, said): (Reason, Vec<Reason>),
        now: Now,
    ) {
        let placing = placing_at(judged.case.as_deref());
        let attendee = judged.guest.map(|guest| guest.attendee);
        if !reason.yields_to_a_yes() && !reason.asks() {
            return self.help(reason.code(), attendee.as_ref(), now);
        }
        let token = token.clone();
        self.enter(Stage::Ask { token, reason, attendee, placing, said }, now);
    }

    fn let_in_as_said(&mut self, judged: Judged, said: &[Reason], now: Now) {
        let let_in =
            at_the_door().and_then(|why| self.let_in_anyway(judged, (Yes::To(said), &why), now));
        match let_in {
            Ok(LetIn { attendee, recorded, act, placing, caveat, .. }) => {
                let welcome = self.greeting(attendee, &act, (placing, caveat), now);
                self.welcome(welcome, recorded, now);
            }
            Err(Refused::Sentence(sentence)) => {
                // The question has no answer any more, such as a badge that two people have.
                tracing::info!(sentence, "not let in");
                self.help(Reason::UnboundBlank.code(), None, now);
            }
            Err(Refused::Ledger(error)) => {
                tracing::error!(%error, "a decision could not be stored");
                self.help(NOT_STORED, None, now);
            }
        }
    }

    fn let_in(&mut self, token: &Token, guest: Guest, pleased: &Pleased, now: Now) -> Outcome {
        let recorded = match self.admit(&guest, pleased, now) {
            Ok(recorded) => recorded,
            Err(error) => return self.not_stored(token, Some(&guest.attendee), &error, now),
        };
        let since = match pleased.act {
            Act::Again(_, since) => Some(since.rfc3339_in(&self.duty.zone)),
            Act::Enter | Act::Leave(_) => None,
        };
        let admit = (Verdict::Admit, None);
        let outcome = outcome(token, admit, Some(guest.attendee.id), Some(recorded.fact));
        let about = (pleased.placing.clone(), pleased.caveat);
        let welcome = self.greeting(guest.attendee, &pleased.act, about, now);
        self.welcome(welcome, recorded, now);
        let placing = Placing::of(&pleased.placing, self.duty.activity.collects);
        Outcome { caveat: pleased.caveat, since, placing, ..outcome }
    }

    fn send_away(
        &mut self,
        token: &Token,
        guest: Option<Guest>,
        (reason, next): (Reason, Instruction),
        now: Now,
    ) -> Outcome {
        let stored = self.refuse(guest.as_ref(), reason, now);
        let attendee = guest.map(|guest| guest.attendee);
        match stored {
            Ok(fact) => {
                let id = attendee.as_ref().map(|attendee| attendee.id);
                let outcome = outcome(token, (Verdict::Refuse, Some(reason.code())), id, fact);
                self.turn_away((reason, next), attendee, now);
                outcome
            }
            Err(error) => self.not_stored(token, attendee.as_ref(), &error, now),
        }
    }

    /// Puts together what the screens say about somebody who was let in or out.
    fn greeting(
        &self,
        attendee: Attendee,
        act: &Act,
        (placing, caveat): (roster::Placing, Option<Caveat>),
        now: Now,
    ) -> Box<Welcome> {
        let since = match act {
            Act::Again(_, since) => Some(*since),
            Act::Enter | Act::Leave(_) => None,
        };
        let next = self.where_next(&attendee, now);
        Box::new(Welcome { attendee, placing, next, since, caveat })
    }

    fn welcome(&mut self, welcome: Box<Welcome>, recorded: Recorded, now: Now) {
        let stage = match recorded.job {
            Some(job) => Stage::Printing { welcome, job, picture: false, ended: None },
            None => Stage::Done { welcome, picture: None, ask_badge: None },
        };
        self.enter(stage, now);
    }

    fn turn_away(
        &mut self,
        (reason, next): (Reason, Instruction),
        attendee: Option<Attendee>,
        now: Now,
    ) {
        match (reason, attendee) {
            (Reason::AlreadyIn, Some(attendee)) if next == Instruction::GoIn => {
                match &self.standing.stage {
                    // The code is still in front of the scanner while its badge prints,
                    Stage::Printing { welcome, .. } if welcome.attendee.id == attendee.id => {}
                    // or while the page asks for the badge, which a code cannot answer.
                    Stage::Done { welcome, ask_badge: Some(_), .. }
                        if welcome.attendee.id == attendee.id
                            && self.confirm == Confirm::ByTouch =>
                    {
                        self.standing.touch(now.uptime);
                    }
                    _ => self.was_here_before(attendee, now),
                }
            }
            (reason, attendee) => {
                self.help(reason.code(), attendee.as_ref(), now);
            }
        }
    }

    /// Somebody who was registered before comes again: the badge may be what is missing.
    fn was_here_before(&mut self, attendee: Attendee, now: Now) {
        if !self.duty.activity.collects {
            return self.enter(Stage::AlreadyIn { attendee }, now);
        }
        let whose = (attendee.id, self.rehearsal || attendee.test);
        let job = match self.open_badge(whose, now) {
            Ok(OpenBadge::No) => return self.enter(Stage::AlreadyIn { attendee }, now),
            Ok(OpenBadge::NeedsSomebody) => return self.help(BADGE_OPEN, Some(&attendee), now),
            Ok(OpenBadge::Comes(job)) => {
                self.is_asked_for(job);
                Ok(Some(job))
            }
            Ok(OpenBadge::Asks(job)) => return self.ask_for_badge(attendee, job, now),
            Ok(OpenBadge::Prints(_)) if self.sends_on() => {
                return self.enter(Stage::Attract, now);
            }
            Ok(OpenBadge::Prints(of)) => match moved() {
                Some(why) => self.order_again(whose, (of, why), now).map(|done| done.job),
                None => Ok(None),
            },
            Err(error) => Err(error),
        };
        match job {
            Ok(Some(job)) => {
                let welcome =
                    self.greeting(attendee, &Act::Enter, (roster::Placing::default(), None), now);
                self.enter(Stage::Printing { welcome, job, picture: false, ended: None }, now);
            }
            Ok(None) => self.help(BADGE_OPEN, Some(&attendee), now),
            Err(error) => {
                tracing::error!(%error, "what is known of a badge cannot be read or stored");
                self.help(NOT_STORED, Some(&attendee), now);
            }
        }
    }

    /// Asks once more whether the badge is there that a printer took without a word.
    fn ask_for_badge(&mut self, attendee: Attendee, job: JobId, now: Now) {
        let about = (roster::Placing::default(), None);
        let welcome = self.greeting(attendee, &Act::Enter, about, now);
        self.enter(Stage::Done { welcome, picture: None, ask_badge: Some(job) }, now);
    }

    /// The ledger failed: nobody is let in on a decision that is not kept.
    fn not_stored(
        &mut self,
        token: &Token,
        attendee: Option<&Attendee>,
        error: &LedgerError,
        now: Now,
    ) -> Outcome {
        tracing::error!(%error, "a decision could not be stored");
        let id = attendee.map(|attendee| attendee.id);
        self.help(NOT_STORED, attendee, now);
        outcome(token, (Verdict::Refuse, Some(NOT_STORED)), id, None)
    }

    pub(super) fn touched(&mut self, touch: Touch, number: u32, now: Now) {
        // Aimed at a screen that is gone: perhaps at another person's question.
        if number != self.standing.number {
            return;
        }
        let too_soon = self.standing.is_too_soon(now.uptime);
        self.standing.touch(now.uptime);
        if too_soon {
            return;
        }
        match (touch, &self.standing.stage) {
            (Touch::ThisIsMe, Stage::Confirm { token, .. }) => {
                let token = token.clone();
                // Decided again: the minute of hesitation may have changed the answer.
                self.settle(&token, now);
            }
            (Touch::LetIn, Stage::Ask { token, reason, said, .. }) if reason.yields_to_a_yes() => {
                let token = token.clone();
                let said = said.iter().copied().chain([*reason]).collect();
                self.let_in_by_touch(&token, said, now);
            }
            (Touch::Finished, Stage::Done { ask_badge: Some(job), .. }) => {
                let job = *job;
                self.badge_is_here(job, now);
                self.enter(Stage::Attract, now);
            }
            (
                Touch::NotMe,
                Stage::Confirm { .. }
                | Stage::Ask { .. }
                | Stage::Done { .. }
                | Stage::AlreadyIn { .. }
                | Stage::Help { .. },
            )
            | (
                Touch::Finished,
                Stage::Done { .. } | Stage::AlreadyIn { .. } | Stage::Help { .. },
            ) => self.enter(Stage::Attract, now),
            (Touch::NoBadge, Stage::Done { ask_badge: Some(job), welcome, .. }) => {
                let (job, attendee) = (*job, welcome.attendee.clone());
                self.badge_is_missing(job, now);
                self.help(super::paper::PRINT_FAILED, Some(&attendee), now);
            }
            (Touch::NoBadge, stage @ (Stage::Done { .. } | Stage::AlreadyIn { .. })) => {
                let attendee = stage.attendee().cloned();
                self.help(super::paper::PRINT_FAILED, attendee.as_ref(), now);
            }
            _ => {}
        }
    }

    pub(super) fn choose_language(&mut self, tag: String, now: Now) {
        if self.duty.convention.languages.contains(&tag) {
            self.standing.language = Some(tag);
            self.standing.touch(now.uptime);
        }
    }

    /// Does what is due by now.
    pub(super) fn let_time_pass(&mut self, now: Now) {
        match self.standing.due(now.uptime) {
            Due::Nothing => {}
            Due::Clear => self.enter(Stage::Attract, now),
            Due::ForgetLanguage => self.standing.language = None,
            Due::EndPrinting(ended) => self.end_printing(ended, now),
        }
    }

    fn end_printing(&mut self, ended: Ended, now: Now) {
        match std::mem::replace(&mut self.standing.stage, Stage::Attract) {
            Stage::Printing { welcome, job, picture, .. } => {
                let ask_badge = (ended == Ended::InDoubt).then_some(job);
                let picture = picture.then_some(job);
                self.enter(Stage::Done { welcome, picture, ask_badge }, now);
            }
            other => self.standing.stage = other,
        }
    }
}

/// Why a steward lets in by a touch.
fn at_the_door() -> Result<Slug, Refused> {
    "at-the-door".parse().map_err(|_| Refused::Sentence(String::new()))
}
