//! A desk at work: its thread, its hands, and the handle by which others speak to it.
//!
//! Threads: the desk, which alone writes; the printer, and whoever looks how it is; the exchange with
//! the server; that with the other stations. They speak by message.
//! Another cares for the folder: backups, ballast, room.
//! The desk's inbox holds [`INBOX`] messages. Printer and exchanges wait for room, because what they
//! say must arrive; a scan or a touch that finds no room is dropped, because a desk that is so far
//! behind would answer it when the person has gone, and the person will simply try again.

mod care;

use std::io;
use std::path::Path;
use std::sync::mpsc::{
    Receiver, RecvTimeoutError, Sender, SyncSender, TrySendError, channel, sync_channel,
};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use ed25519_dalek::SigningKey;
use ledger::LedgerError;
use ledger::backup;
use ledger::care::{Cared, Watch};
use ledger::carrier::{CarrierError, Http};
use ledger::clock::Clock;
use ledger::jobs::JobId;
use ledger::lan::{self, Here, Listener};
use printer::OpenError;
use tokio::sync::{Notify, oneshot, watch};

use crate::config::{Lan, Options, PrinterAddress};
use crate::desk::{Desk, Effect, Exchange, Input, Manner, Now, Outcome};
use crate::duty::{Duty, DutyError};
use crate::order::{Answer, Order, Refused};
use crate::print::{self, Choice, ChoiceError, Picture, Printers, Report, Work};
use crate::scan::Token;
use crate::screen::{Touch, View};
use crate::station::{Station, StationError};
use crate::sync::{Bell, Courier};

pub use crate::desk::Progress;

/// Room in the desk's inbox.
const INBOX: usize = 64;
/// How often the desk looks at the clock while nothing happens.
const TICK: Duration = Duration::from_millis(200);
/// How often the printers are asked how they are.
const LOOKS: Duration = Duration::from_secs(3);
/// How long a station that ends waits for a badge that is just printing.
const LAST_BADGE: Duration = Duration::from_secs(3);

/// Why a station does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// It cannot serve what it should.
    #[error(transparent)]
    Duty(#[from] DutyError),
    /// The machine lacks what a printer takes.
    #[error(transparent)]
    Printer(#[from] OpenError),
    /// What the folder remembers of printers cannot be read.
    #[error(transparent)]
    Choice(#[from] ChoiceError),
    /// The place on the LAN is not to be had.
    #[error(
        "cannot listen for other stations at {address}: {reason}; choose another place with --lan \
         ADDR:PORT"
    )]
    Lan {
        /// Where.
        address: String,
        /// What the system said.
        reason: io::Error,
    },
    /// The server's address is no good.
    #[error(transparent)]
    Carrier(#[from] CarrierError),
    /// The ledger cannot be used.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The folder cannot be used.
    #[error(transparent)]
    Station(#[from] StationError),
    /// The system gives no thread.
    #[error("the system gives no thread: {0}")]
    Thread(io::Error),
}

/// A running station, for whoever scans and shows. Clones speak to the same station.
#[derive(Clone)]
pub struct Handle {
    shared: Arc<Shared>,
}

struct Shared {
    inbox: SyncSender<Message>,
    view: Mutex<View>,
    picture: Picture,
    bell: Bell,
    desk: Mutex<Option<JoinHandle<()>>>,
}

struct Message {
    input: Input,
    /// Takes what a scan was decided to be.
    decided: Option<oneshot::Sender<Outcome>>,
}

impl Handle {
    /// Returns what is shown.
    pub fn view(&self) -> View {
        self.shared.view.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Hands over what a scanner read. Never waits.
    pub fn scanned(&self, text: String) {
        self.offer(Input::Scanned(Token::assemble(&text)));
    }

    /// Hands over a touch on the screen with that number. Never waits.
    pub fn touched(&self, touch: Touch, number: u32) {
        self.offer(Input::Touched { touch, number });
    }

    /// Hands over a guest's choice of a language. Never waits.
    pub fn language(&self, tag: String) {
        self.offer(Input::Language(tag));
    }

    /// Scans and waits for the stored decision; `None` if nothing was scanned or the desk ended.
    pub fn decide(&self, text: &str) -> Option<Outcome> {
        self.wait_for(Input::Scanned(Token::assemble(text)))
    }

    /// Returns what a scan would be decided to be now, and neither stores nor shows anything; `None` if
    /// nothing was scanned or the desk ended.
    pub fn try_out(&self, text: &str) -> Option<Outcome> {
        self.wait_for(Input::Tried(Token::assemble(text)))
    }

    fn wait_for(&self, input: Input) -> Option<Outcome> {
        let (decided, outcome) = oneshot::channel();
        self.shared.inbox.send(Message { input, decided: Some(decided) }).ok()?;
        outcome.blocking_recv().ok()
    }

    /// Gives an order and waits until it is carried out and stored; `None` if the desk ended.
    pub fn order(&self, order: Order) -> Option<Result<Answer, Refused>> {
        let (reply, answer) = oneshot::channel();
        let input = Input::Ordered { order: Box::new(order), reply };
        self.shared.inbox.send(Message::from(input)).ok()?;
        answer.blocking_recv().ok()
    }

    /// Returns the picture of the badge with this job number, while it is on the screen.
    pub fn badge_png(&self, job: i64) -> Option<Vec<u8>> {
        self.shared.picture.of(JobId(job))
    }

    /// Returns how far printing and exchange are; `None` if the desk ended.
    pub fn progress(&self) -> Option<Progress> {
        let (reply, progress) = oneshot::channel();
        self.shared.inbox.send(Message::from(Input::Progress(reply))).ok()?;
        progress.blocking_recv().ok()
    }

    /// Ends the station: a badge that is just printing is finished, the ledger is closed.
    /// What else is queued prints at the next start.
    pub fn stop(&self) {
        // A desk that has ended takes no message, and that is what was wanted.
        let _ = self.shared.inbox.send(Message::from(Input::Stop));
        let desk = self.shared.desk.lock().unwrap_or_else(PoisonError::into_inner).take();
        if desk.is_some_and(|desk| desk.join().is_err()) {
            tracing::error!("the desk ended badly");
        }
    }

    fn offer(&self, input: Input) {
        match self.shared.inbox.try_send(Message::from(input)) {
            Ok(()) | Err(TrySendError::Disconnected(_)) => {}
            Err(TrySendError::Full(_)) => tracing::warn!("the desk is far behind; input dropped"),
        }
    }
}

impl From<Input> for Message {
    fn from(input: Input) -> Message {
        Message { input, decided: None }
    }
}

/// Starts a station. `on_view` is called from the desk's thread with everything that is to be shown.
///
/// # Errors
/// [`StartError`], in a sentence that says the cure; then nothing runs.
pub fn start(
    station: Station,
    options: Options,
    on_view: Box<dyn Fn(&View) + Send>,
) -> Result<Handle, StartError> {
    let keys = station.ledger.issuing_keys()?;
    let duty = Duty::new(&station.policy, keys, options.activity.as_ref())?;
    let http = Http::to(&station.ledger.server()?)?;
    let open_printers = || open_printers(&station, options.printer.as_ref());
    let (printers, watched) = (open_printers()?, open_printers()?);
    let site = options.lan.map(|settings| Site::open(&station, settings)).transpose()?;
    let templates = duty.convention.templates.values().cloned().collect();
    let time = Timepiece { clock: options.clock, since: Instant::now() };
    let (inbox, messages) = sync_channel(INBOX);
    let picture = Picture::default();
    // One badge is in hand at a time: an order to draw and one to print.
    let (orders, work) = sync_channel(2);
    let (look, looks) = sync_channel(1);
    let bell = Bell::new(Notify::new());
    let (stop, stopped) = watch::channel(false);

    let manner = Manner {
        rehearsal: options.rehearsal,
        clock_is_set: matches!(options.clock, Clock::Set { .. }),
        confirm: options.confirm,
    };
    let (cared, folder) =
        (station.cared(options.backups.as_deref())?, station.folder.dir().to_owned());
    let desk = Desk::new(station, duty, manner, time.now())?;
    let view = Mutex::new(desk.view(time.now()));
    let shared = Arc::new(Shared {
        inbox,
        view,
        picture: picture.clone(),
        bell: Arc::clone(&bell),
        desk: Mutex::new(None),
    });

    let printing = spawn("printer", {
        let (inbox, picture) = (shared.inbox.clone(), picture.clone());
        move || {
            let orders = (&work, Some(look));
            print::work(printers, templates, orders, &picture, |report| {
                let _ = inbox.send(Message::from(reported(report)));
            });
        }
    })?;
    // Nobody waits for its end: it may be asking a printer that hangs.
    spawn("printers", {
        let inbox = shared.inbox.clone();
        move || {
            print::watch(watched, LOOKS, &looks, |report| {
                let _ = inbox.send(Message::from(reported(report)));
            });
        }
    })?;
    let courier = Courier {
        http,
        tell: {
            let inbox = shared.inbox.clone();
            move |input| inbox.send(Message::from(input)).is_ok()
        },
        bell,
        stop: stopped.clone(),
    };
    let exchanging = spawn("exchange", move || courier.run())?;
    let lan = site.map(|site| site.work(shared.inbox.clone(), stopped)).transpose()?;
    let (at_work, over) = channel();
    let caring = spawn("care", move || care::run(&folder, Watch::of(cared), &over))?;
    let at_work = Some(at_work);
    let hands =
        Hands { orders: Some(orders), printing, stop, exchanging, lan, picture, at_work, caring };
    let loop_of_the_desk = {
        let shared = Arc::clone(&shared);
        move || Loop { desk, hands, time, shared, on_view }.run(&messages)
    };
    let desk = spawn("desk", loop_of_the_desk)?;
    *shared.desk.lock().unwrap_or_else(PoisonError::into_inner) = Some(desk);
    Ok(Handle { shared })
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, StartError> {
    thread::Builder::new().name(name.to_owned()).spawn(body).map_err(StartError::Thread)
}

/// Opens the printers that the folder remembers; one that was named now is the usual one.
fn open_printers(
    station: &Station,
    named: Option<&PrinterAddress>,
) -> Result<Printers, StartError> {
    let choice = Choice::read(station.folder.dir())?;
    let own = PrinterAddress::Folder(station.badges());
    let usual = named.or(choice.usual.as_ref()).unwrap_or(&own);
    Ok(Printers::open(&choice, usual, station.name())?)
}

pub(crate) fn reported(report: Report) -> Input {
    match report {
        Report::Drawn(job, drawn) => Input::Rendered { job, drawn },
        Report::Printed(job, outcome) => Input::Printed { job, outcome },
        Report::Printer(news) => Input::Printer(news),
    }
}

/// What tells the desk the time.
#[derive(Clone, Copy)]
struct Timepiece {
    clock: Clock,
    since: Instant,
}

impl Timepiece {
    fn now(&self) -> Now {
        Now { clock: self.clock.now(), uptime: self.since.elapsed() }
    }
}

/// What the desk's thread works with.
struct Hands {
    orders: Option<SyncSender<Work>>,
    printing: JoinHandle<()>,
    stop: watch::Sender<bool>,
    exchanging: JoinHandle<()>,
    lan: Option<Neighbours>,
    picture: Picture,
    /// Gone when the station ends.
    at_work: Option<Sender<()>>,
    caring: JoinHandle<()>,
}

/// The exchange with the other stations of this site, at work.
struct Neighbours {
    /// Takes how far this station is.
    here: watch::Sender<Arc<Here>>,
    exchanging: JoinHandle<()>,
}

/// The exchange with the other stations of this site, before it begins.
struct Site {
    key: SigningKey,
    here: Here,
    settings: Lan,
    listener: Listener,
}

impl Site {
    /// Takes the place where the station is to listen.
    fn open(station: &Station, settings: Lan) -> Result<Site, StartError> {
        let listener = lan::bind(&settings).map_err(|reason| {
            let address =
                settings.listen.map_or_else(|| "every address".to_owned(), |at| at.to_string());
            StartError::Lan { address, reason }
        })?;
        Ok(Site { key: station.key.clone(), here: station.ledger.here(None)?, settings, listener })
    }

    fn work(
        self,
        inbox: SyncSender<Message>,
        stop: watch::Receiver<bool>,
    ) -> Result<Neighbours, StartError> {
        let Site { key, here, settings, listener } = self;
        let (sender, here) = watch::channel(Arc::new(here));
        let tell = move |request| {
            inbox.send(Message::from(Input::Exchange(Exchange::Lan(request)))).is_ok()
        };
        let exchange = lan::Lan { key, here, tell, stop, settings };
        let exchanging = spawn("lan", move || exchange.run(listener))?;
        Ok(Neighbours { here: sender, exchanging })
    }
}

struct Loop {
    desk: Desk,
    hands: Hands,
    time: Timepiece,
    shared: Arc<Shared>,
    on_view: Box<dyn Fn(&View) + Send>,
}

impl Loop {
    fn run(mut self, messages: &Receiver<Message>) {
        self.act(Input::Tick, None);
        loop {
            match messages.recv_timeout(TICK) {
                Ok(Message { input: Input::Stop, .. }) => break,
                Ok(Message { input, decided }) => self.act(input, decided),
                Err(RecvTimeoutError::Timeout) => self.act(Input::Tick, None),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        self.finish(messages);
    }

    fn act(&mut self, input: Input, mut decided: Option<oneshot::Sender<Outcome>>) {
        let mut news = false;
        for effect in self.desk.handle(input, self.time.now()) {
            match effect {
                Effect::Show(view) => self.show(*view),
                Effect::Decided(outcome) => {
                    if let Some(decided) = decided.take() {
                        // Whoever asked may have gone; the decision stands.
                        let _ = decided.send(outcome);
                    }
                }
                Effect::Draw(order) => self.hands.order(Work::Draw(order)),
                Effect::Print(job) => self.hands.order(Work::Print(job)),
                Effect::Wake => {
                    self.shared.bell.notify_one();
                    news = true;
                }
                Effect::Heard => news = true,
                Effect::ForgetPictures => self.hands.picture.forget(),
            }
        }
        // Last: whoever scanned has the answer already.
        if news {
            self.tell_site();
        }
    }

    /// Tells the exchange with the other stations how far this one is now.
    fn tell_site(&self) {
        let Some(lan) = &self.hands.lan else { return };
        let before = Arc::clone(&lan.here.borrow());
        match self.desk.here(Some(&before)) {
            Ok(here) if here == *before => {}
            Ok(here) => drop(lan.here.send_replace(Arc::new(here))),
            Err(error) => tracing::error!(%error, "other stations do not hear the news"),
        }
    }

    fn show(&self, view: View) {
        (self.on_view)(&view);
        *self.shared.view.lock().unwrap_or_else(PoisonError::into_inner) = view;
    }

    /// Lets the printer finish the badge it has, ends the exchange and closes the ledger.
    fn finish(mut self, messages: &Receiver<Message>) {
        self.act(Input::Stop, None);
        // The receiver may be gone already, which ends the exchange as well.
        let _ = self.hands.stop.send(true);
        self.hands.orders = None;
        self.hands.at_work = None;
        let deadline = Instant::now().checked_add(LAST_BADGE);
        let in_time = || deadline.is_none_or(|deadline| Instant::now() < deadline);
        while !self.hands.have_finished() && in_time() {
            if let Ok(Message { input, decided }) = messages.recv_timeout(Duration::from_millis(10))
            {
                self.act(input, decided);
            }
        }
        // What they said last.
        while let Ok(Message { input, decided }) = messages.try_recv() {
            self.act(input, decided);
        }
        if !self.hands.have_finished() {
            tracing::warn!("the printer does not finish, or a backup; its badge is in doubt");
        }
    }
}

impl Station {
    fn cared(&self, backups: Option<&Path>) -> Result<Cared, StationError> {
        let own = self.folder.dir().join(backup::FOLDER);
        Ok(Cared {
            file: self.folder.ledger_file(),
            key: Some(self.folder.ledger_key()?),
            backups: backups.map_or(own, Path::to_owned),
            // The desk does that, and stores the guest's record after all.
            throws_off: false,
        })
    }
}

impl Hands {
    fn order(&self, work: Work) {
        if let Some(orders) = &self.orders {
            print::queue(orders, work);
        }
    }

    fn have_finished(&self) -> bool {
        let hands = [&self.printing, &self.exchanging, &self.caring];
        let lan = self.lan.iter().map(|lan| &lan.exchanging);
        hands.into_iter().chain(lan).all(JoinHandle::is_finished)
    }
}

#[cfg(test)]
mod tests;
