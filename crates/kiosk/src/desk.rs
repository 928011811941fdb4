//! The desk: the one loop of a station, and the only writer of its ledger.
//!
//! Everything that can happen is an [`Input`]; [`Desk::handle`] writes what must be written and
//! returns [`Effect`]s, values that its runner carries out. It touches no thread, no printer, no
//! network and no clock, so every story of a station can be told to it in a test.
//!
//! A scan goes through `door` (who is it, may they, and one transaction), `stage` knows the screens
//! and how long each waits, `steward` carries orders out, `paper` moves print jobs on, `unheard` keeps
//! those back that may have come out elsewhere, `view` draws what is shown.

mod answer;
mod card;
mod closing;
mod door;
mod elsewhere;
mod paper;
mod stage;
mod steward;
mod unheard;
mod view;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use admission::exchange::{Caller, Message, Nonce, PrinterNews};
use admission::fact::{Fact, Sealed};
use admission::id::{AttendeeId, FactId, StationId};
use admission::roster::Attendee;
use admission::rule::Caveat;
use admission::time::Millis;
use ed25519_dalek::SigningKey;
use ledger::jobs::JobId;
use ledger::lan::{self, Here, Took};
use ledger::local::{Contact, ReceiveError, Taken};
use ledger::proving::Proving;
use ledger::{Ledger, LedgerError};
use serde::Serialize;
use tokio::sync::oneshot;

use crate::config::Confirm;
use crate::duty::Duty;
use crate::order;
use crate::print::{Drawn, Order, Printed};
use crate::scan::Token;
use crate::screen::{Placing, Touch, View};
use crate::station::{FULL, Folder, Station};
use crate::wipe::Remains;

pub use closing::{CLOSED, CLOSED_SENTENCE, SHUT_DOWN, shut_down_sentence};
pub use door::NOT_STORED;

use door::Doorkeeper;
use stage::{Stage, Standing};

/// How long nobody has come before the ledger is tidied, and how often it is.
const TIDY_AFTER: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(60));

/// Everything that can happen to a station.
#[derive(Debug)]
pub enum Input {
    /// A scanner read something.
    Scanned(Token),
    /// A scanner that somebody tries read something: it is decided, and that is all.
    Tried(Token),
    /// A guest touched the screen.
    Touched {
        /// What.
        touch: Touch,
        /// [`View::number`] of the screen that was touched.
        number: u32,
    },
    /// A guest chose a language.
    Language(String),
    /// Time passed.
    Tick,
    /// The printer drew a badge, or could not.
    Rendered {
        /// Which job.
        job: JobId,
        /// Whether it can be printed.
        drawn: Drawn,
    },
    /// The printer is through with a badge.
    Printed {
        /// Which job.
        job: JobId,
        /// What became of it.
        outcome: Printed,
    },
    /// The printers are another way now.
    Printer(PrinterNews),
    /// A steward, or a program for one, gave an order.
    Ordered {
        /// What is asked for.
        order: Box<order::Order>,
        /// Takes what came of it, once that is stored.
        reply: oneshot::Sender<Result<order::Answer, order::Refused>>,
    },
    /// The exchange with the server, or with another station, needs the ledger.
    Exchange(Exchange),
    /// Somebody asks how far the work is.
    Progress(oneshot::Sender<Progress>),
    /// The station ends. Nothing new is sent to the printer.
    Stop,
}

/// What the exchange asks of the desk, each with the way back.
#[derive(Debug)]
pub enum Exchange {
    /// Say what is held here, and what the server lacks.
    Ask {
        /// How long the server may wait for news, in milliseconds.
        wait_ms: u32,
        /// Takes the question.
        reply: oneshot::Sender<Result<Asked, LedgerError>>,
    },
    /// Store some of the facts that the server's answer brought.
    Keep {
        /// Proved to be their authors', in order.
        facts: Vec<(Sealed, Fact)>,
        /// Takes how many were new.
        reply: oneshot::Sender<Result<usize, LedgerError>>,
    },
    /// Take the rest of the server's answer.
    Take {
        /// The answer.
        message: Box<Message>,
        /// How many facts of it were kept before.
        kept: usize,
        /// Takes what it brought.
        reply: oneshot::Sender<Result<Taken, ReceiveError>>,
    },
    /// The server did not answer.
    Lost {
        /// Whether somebody answered who does not know this station.
        unknown: bool,
    },
    /// The exchange with the other stations of this site needs the ledger.
    Lan(lan::Request),
}

/// A question for the server.
#[derive(Debug)]
pub struct Asked {
    /// Sealed.
    pub question: Vec<u8>,
    /// By what its answer is believed.
    pub proving: Arc<Proving>,
}

/// How far the work of a station is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Badges that are neither printed nor given up.
    pub badges: u64,
    /// Whether one of them is at the printer now.
    pub printing: bool,
    /// Own facts that the server has not confirmed.
    pub waiting: u64,
    /// Whether the last contact with the server succeeded; `None` before the first attempt.
    pub online: Option<bool>,
    /// What is left here, once the server has ordered the station to shut down.
    pub shut_down: Option<Remains>,
    /// Whether the station serves nobody, because it no longer belongs.
    pub closed: bool,
}

/// What the runner is to do.
#[derive(Debug)]
pub enum Effect {
    /// Show this.
    Show(Box<View>),
    /// The scan of this input was decided, and what had to be stored is.
    Decided(Outcome),
    /// Draw this badge, and report it as rendered.
    Draw(Box<Order>),
    /// Print the badge that was drawn, and report it as printed.
    Print(JobId),
    /// There is news for the server and for the other stations.
    Wake,
    /// Something came from elsewhere, which other stations may lack.
    Heard,
    /// Nobody is here any more: drop every picture of a badge.
    ForgetPictures,
}

/// The answer to one scan, as commands print it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// Whether to let in.
    pub decision: Verdict,
    /// Why not.
    pub reason: Option<&'static str>,
    /// Whose pass it is, if it is one of ours and known.
    pub attendee: Option<AttendeeId>,
    /// The fact that was stored; none for foreign codes, repeats and what a person must confirm.
    pub fact: Option<FactId>,
    /// What the station cannot know about an admission.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caveat: Option<Caveat>,
    /// Since when the person was in already, where a second scan lets in; RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Where an admitted person sits or rides here, if that is written anywhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub placing: Option<Placing>,
    /// Microseconds from the scanned text to the stored decision.
    pub micros: u64,
}

/// The short form of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum Verdict {
    /// Let in.
    Admit,
    /// Not let in.
    Refuse,
    /// A person must decide; nothing is stored.
    Ask,
}

/// The present moment: what the clock shows, and how long the station has been running.
///
/// Screens wait by the second, which no correction of the clock can turn back.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    /// The clock, rehearsed or real.
    pub clock: Millis,
    /// Time since the start.
    pub uptime: Duration,
}

/// How a station works today.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    /// Whether everything is only rehearsed.
    pub rehearsal: bool,
    /// Whether a person set the clock, so that nobody asks whether it is right.
    pub clock_is_set: bool,
    /// Who confirms a scan.
    pub confirm: Confirm,
}

/// A station at work.
pub struct Desk {
    ledger: Ledger,
    key: SigningKey,
    caller: Caller,
    /// Of the last question.
    proving: Option<Arc<Proving>>,
    duty: Duty,
    rehearsal: bool,
    clock_is_set: bool,
    confirm: Confirm,
    door: Doorkeeper,
    standing: Standing,
    paper: paper::Queue,
    unheard: unheard::Unheard,
    /// How the printers are; nothing while nobody has looked.
    printer: Option<PrinterNews>,
    online: Option<bool>,
    stopping: bool,
    /// When somebody last wanted something, and when the ledger was last tidied.
    busy_at: Duration,
    tidied_at: Duration,
    /// The server has ordered the station to shut down, and this is left.
    shut_down: Option<Remains>,
    /// The list of stations says that this one no longer belongs.
    closed: bool,
    help_codes: u32,
    shown: Option<Box<View>>,
    /// What this input led to so far.
    effects: VecDeque<Effect>,
    // Last, so that the folder is let go when the ledger is closed.
    folder: Folder,
}

impl Desk {
    /// Puts a station to work. What was on its way to the printer when it ended last is in doubt.
    ///
    /// # Errors
    /// [`LedgerError`] if the ledger cannot be used.
    pub fn new(
        station: Station,
        duty: Duty,
        manner: Manner,
        now: Now,
    ) -> Result<Desk, LedgerError> {
        let Station { mut ledger, key, folder, .. } = station;
        let doubted = ledger.doubt_sent_jobs(now.clock)?;
        if !doubted.is_empty() {
            tracing::warn!(
                doubted = doubted.len(),
                "badges may or may not have been printed; ask at the printer"
            );
        }
        let me: StationId = ledger.own_log()?.station();
        let caller = Caller::new(me, ledger.server()?.id);
        let mut desk = Desk {
            ledger,
            key,
            caller,
            proving: None,
            duty,
            rehearsal: manner.rehearsal,
            clock_is_set: manner.clock_is_set,
            confirm: manner.confirm,
            door: Doorkeeper::default(),
            standing: Standing::new(now.uptime),
            paper: paper::Queue::default(),
            unheard: unheard::Unheard::default(),
            printer: None,
            online: None,
            stopping: false,
            busy_at: now.uptime,
            tidied_at: now.uptime,
            shut_down: None,
            closed: false,
            help_codes: 0,
            shown: None,
            effects: VecDeque::new(),
            folder,
        };
        doubted.iter().for_each(|job| desk.say_open(job, now));
        desk.wait_for_word(now)?;
        desk.heed_members(now);
        Ok(desk)
    }

    /// Lets one thing happen and returns what is to be done, in order.
    pub fn handle(&mut self, input: Input, now: Now) -> Vec<Effect> {
        if let Some(remains) = self.shut_down {
            self.stay_shut(input, remains);
            self.show(now);
            return self.effects.drain(..).collect();
        }
        match &input {
            Input::Tick => self.tidy_while_idle(now),
            Input::Exchange(_) | Input::Progress(_) => {}
            _ => self.busy_at = now.uptime,
        }
        match input {
            input if self.closed => self.stay_closed(input, now),
            Input::Scanned(token) => self.scanned(token, now),
            Input::Tried(token) => self.try_out(&token, now),
            Input::Touched { touch, number } => self.touched(touch, number, now),
            Input::Language(tag) => self.choose_language(tag, now),
            Input::Tick => {}
            Input::Rendered { job, drawn } => self.drawn(job, drawn, now),
            Input::Printed { job, outcome } => self.printed(job, outcome, now),
            Input::Printer(news) => self.hear_of_printer(news, now),
            // Whoever gave it may have gone; what it did stands.
            Input::Ordered { order, reply } => drop(reply.send(self.obey(*order, now))),
            Input::Exchange(step) => self.exchange(step, now),
            Input::Progress(reply) => drop(reply.send(self.progress())),
            Input::Stop => self.stopping = true,
        }
        self.let_time_pass(now);
        self.end_waiting_for_word(now);
        self.feed_printer(now);
        self.show(now);
        self.effects.drain(..).collect()
    }

    /// Returns what is shown.
    pub fn view(&self, now: Now) -> View {
        match &self.shown {
            Some(view) => (**view).clone(),
            None => self.draw(now),
        }
    }

    fn show(&mut self, now: Now) {
        let view = Box::new(self.draw(now));
        if self.shown.as_ref() != Some(&view) {
            self.shown = Some(view.clone());
            self.effects.push_back(Effect::Show(view));
        }
    }

    /// Opens another screen.
    fn enter(&mut self, stage: Stage, now: Now) {
        if matches!(stage, Stage::Attract) {
            self.effects.push_back(Effect::ForgetPictures);
        }
        self.standing.enter(stage, now.uptime);
    }

    /// Sends a guest to the help desk with a code that the log explains.
    fn help(&mut self, reason: &'static str, whose: Option<&Attendee>, now: Now) {
        self.help_codes = self.help_codes.checked_rem(999).unwrap_or(0).saturating_add(1);
        let code = format!("{}-{:03}", self.duty.station, self.help_codes);
        let test = whose.is_some_and(|attendee| attendee.test);
        let whose = whose.map(|attendee| tracing::field::display(attendee.id));
        tracing::info!(code, reason, attendee = whose, "sent to the help desk");
        self.enter(Stage::Help { reason, code, test }, now);
    }

    /// Writes to the ledger; on a full disk the ballast is thrown off and it is written once more.
    fn write<T>(
        &mut self,
        write: impl Fn(&mut Ledger, &SigningKey) -> Result<T, LedgerError>,
    ) -> Result<T, LedgerError> {
        match write(&mut self.ledger, &self.key) {
            Err(error) if error.is_full(self.folder.dir()) && self.folder.ballast().throw_off() => {
                tracing::error!("{FULL}");
                write(&mut self.ledger, &self.key)
            }
            done => done,
        }
    }

    /// Lets the write-ahead log be written back while nobody waits for the desk.
    fn tidy_while_idle(&mut self, now: Now) {
        let idle = now.uptime.saturating_sub(self.busy_at);
        let since = now.uptime.saturating_sub(self.tidied_at);
        if idle < TIDY_AFTER.0 || since < TIDY_AFTER.1 {
            return;
        }
        self.tidied_at = now.uptime;
        if let Err(error) = self.ledger.tidy() {
            tracing::warn!(%error, "the write-ahead log cannot be written back now");
        }
    }

    fn progress(&self) -> Progress {
        // Of what was destroyed nothing is printed or brought any more.
        let is_open = self.shut_down.is_none();
        Progress {
            badges: if is_open { self.open_jobs() } else { 0 },
            printing: is_open && self.is_printing(),
            waiting: if is_open { self.ledger.waiting().unwrap_or(0) } else { 0 },
            online: self.online,
            shut_down: self.shut_down,
            closed: self.closed,
        }
    }

    fn exchange(&mut self, step: Exchange, now: Now) {
        match step {
            Exchange::Ask { wait_ms, reply } => drop(reply.send(self.ask(wait_ms, now))),
            Exchange::Keep { facts, reply } => {
                let kept = self.ledger.keep_part(facts, self.list_clock(now));
                self.effects.push_back(Effect::Heard);
                let _ = reply.send(kept);
            }
            Exchange::Take { message, kept, reply } => {
                let contact = Contact { now: self.list_clock(now), rehearsal: self.rehearsal };
                let taken = self.ledger.take_opened(
                    &mut self.caller,
                    (&message, kept),
                    (&self.key, contact),
                );
                self.online = Some(taken.is_ok());
                if taken.is_ok() {
                    self.hears_from_one_with(&message.vector);
                }
                if taken.as_ref().is_ok_and(|taken| taken.news) {
                    self.renew_duty();
                }
                self.heed_members(now);
                if let Ok(Taken { shut_down: Some(state), .. }) = &taken {
                    self.shut_down(*state, now);
                }
                self.effects.push_back(Effect::Heard);
                // The exchange may have been given up meanwhile; what it brought is stored.
                let _ = reply.send(taken);
            }
            Exchange::Lost { unknown } => {
                self.caller.lost();
                if unknown {
                    self.caller.forgotten();
                }
                self.online = Some(false);
            }
            Exchange::Lan(request) => {
                if let lan::Request::Note(contact) = &request {
                    self.hears_of(contact);
                }
                let took = self.ledger.lan(request, self.list_clock(now));
                if took.lists {
                    self.renew_duty();
                    self.heed_members(now);
                }
                if took != Took::default() {
                    self.effects.push_back(Effect::Heard);
                }
            }
        }
    }

    /// Returns whom the LAN is to talk to, and how far this station is; one that was shut down talks to
    /// nobody.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be read.
    pub(crate) fn here(&self, before: Option<&Here>) -> Result<Here, LedgerError> {
        match before {
            Some(before) if self.shut_down.is_some() => Ok(before.alone()),
            before => self.ledger.here(before),
        }
    }

    fn ask(&mut self, wait_ms: u32, now: Now) -> Result<Asked, LedgerError> {
        let mut nonce = [0; 16];
        getrandom::fill(&mut nonce)
            .map_err(|_| LedgerError::Damaged("this machine has no randomness".to_owned()))?;
        let question = (Nonce(nonce), wait_ms);
        let question = self.ledger.ask(&mut self.caller, question, &self.key, now.clock)?;
        let before = self.proving.as_deref().map(Proving::here);
        let proving = Arc::new(self.ledger.proving(before)?);
        self.proving = Some(Arc::clone(&proving));
        Ok(Asked { question, proving })
    }

    /// Reads the policy anew. One that this station cannot serve leaves it at what it does.
    fn renew_duty(&mut self) {
        let wanted = self.duty.activity.id.clone();
        let (policy, keys) = match (self.ledger.policy(), self.ledger.issuing_keys()) {
            (Ok(Some(policy)), Ok(keys)) => (policy, keys),
            (Ok(None), _) => return,
            (Err(error), _) | (_, Err(error)) => {
                return tracing::error!(%error, "cannot read the policy");
            }
        };
        match Duty::new(&policy, keys, Some(&wanted)) {
            Ok(duty) => self.duty = duty,
            Err(error) => tracing::error!(%error, "the new policy does not fit; keeping the old"),
        }
    }
}

#[cfg(test)]
mod tests;
