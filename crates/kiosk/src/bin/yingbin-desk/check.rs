//! `check`: is everything that is stored whole?

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use admission::id::FactId;
use kiosk::order::Lists;
use kiosk::{Clock, Station, StationError};
use ledger::ballast::{self, Ballast, Room};
use ledger::restore::Loss;
use ledger::{Ledger, LedgerError, backup, restore, wal};
use serde::Serialize;

use crate::print_line;

/// Check the database, every log's chain and signatures, what is derived from them, and the key.
///
/// Reads only, and works beside a running desk. Ends with 1 if anything is wrong.
#[derive(clap::Args)]
#[command(
    after_help = r#"Prints {"facts","logs","complaints","print_jobs","waiting","moved","quarantined","lists","restored","disk","lan"};
quarantined has the records that are kept and count nowhere, and why; lists has the number of every
list that the station goes by, and how long ago the server confirmed them; restored what damage to
the ledger may have cost; disk the room that is left and the age of the newest backup beside it;
 lan where it listened last, and the stations of its site that it met there:
 {"name","address","seconds_ago","lacks","has_more"}.

Example:
  yingbin-desk --data /srv/k1 check"#
)]
pub(crate) struct Check {}

/// What is wrong when the server holds other facts at places of this station's log.
const COPIED: &str = "another copy of this folder has worked as this station; connect it to the server \
                      (sync), or take a bundle there and read its answer, until nothing waits any \
                      more: it goes on in a log of its own";

#[derive(Serialize)]
struct Report {
    facts: u64,
    logs: u64,
    complaints: Vec<String>,
    print_jobs: BTreeMap<&'static str, u64>,
    waiting: u64,
    /// Facts that moved to a log of their own, because another copy of this folder had worked.
    moved: u64,
    /// Facts that are kept and not believed, and why.
    quarantined: BTreeMap<FactId, String>,
    lists: Lists,
    restored: Vec<Loss>,
    disk: Disk,
    lan: Neighbours,
}

/// The other stations of this site, as far as this one met them on the LAN.
#[derive(Serialize)]
struct Neighbours {
    /// Where this station listened last; none: it never did.
    address: Option<String>,
    peers: Vec<Neighbour>,
}

#[derive(Serialize)]
struct Neighbour {
    name: String,
    address: String,
    seconds_ago: u64,
    /// Records that it lacked when it was heard last.
    lacks: u64,
    /// Records that it had then and that are not here.
    has_more: u64,
}

impl Neighbours {
    fn of(ledger: &Ledger) -> Result<Neighbours, LedgerError> {
        let (address, met) = ledger.met_on_lan()?;
        let now = Clock::Machine.now();
        let peers = met.into_iter().map(|met| Neighbour {
            name: met.name,
            address: met.address,
            seconds_ago: u64::try_from(now.since(met.heard_at)).unwrap_or(0).div_euclid(1000),
            lacks: met.lacks,
            has_more: met.has_more,
        });
        Ok(Neighbours { address, peers: peers.collect() })
    }
}

/// The disk of the folder; sizes in bytes.
#[derive(Serialize)]
struct Disk {
    free: Option<u64>,
    room: Option<Room>,
    /// Whether the reserve for a full disk is there.
    ballast: bool,
    write_ahead_log: u64,
    /// Of the newest in the folder `backup`; `null` if there is none.
    backup_seconds_ago: Option<i64>,
}

impl Check {
    pub(crate) fn run(self, data: &Path) -> anyhow::Result<ExitCode> {
        self.look(data).map_err(|error| {
            let ledger = match error.downcast_ref() {
                Some(StationError::Ledger(error)) => Some(error),
                _ => error.downcast_ref(),
            };
            if !ledger.is_some_and(restore::is_damage) {
                return error;
            }
            anyhow::anyhow!("{error:#}; start the station: it puts its newest good backup back")
        })
    }

    fn look(self, data: &Path) -> anyhow::Result<ExitCode> {
        let station = Station::read(data)?;
        station.ledger.hold_still()?;
        let findings = station.ledger.check()?;
        let jobs = station.ledger.count_jobs()?;
        let disputed = disputes(&station.ledger)?;
        let key = station.check_key(data).err().map(|error| error.to_string());
        let copied = copies(&station.ledger)?;
        let losses = station.ledger.losses()?;
        let disk = disk(data);
        let found =
            findings.complaints.into_iter().chain(disputed).chain(alarms(data, &losses, &disk));
        let complaints = key.into_iter().chain(found).chain(copied).collect();
        let report = Report {
            facts: findings.facts,
            logs: findings.logs,
            complaints,
            print_jobs: jobs.into_iter().map(|(state, count)| (state.name(), count)).collect(),
            waiting: station.ledger.waiting()?,
            moved: station.ledger.moved_facts()?,
            quarantined: station.ledger.quarantined()?,
            lists: station.ledger.lists(Clock::Machine.now())?.into(),
            restored: losses,
            disk,
            lan: Neighbours::of(&station.ledger)?,
        };
        print_line(&report)?;
        for complaint in &report.complaints {
            eprintln!("yingbin-desk: {complaint}");
        }
        for loss in report.restored.iter().filter(|loss| !is_to_be_looked_into(data, loss)) {
            eprintln!("yingbin-desk: {loss}");
        }
        if let (Some(room @ (Room::Low | Room::VeryLow)), Some(free)) =
            (report.disk.room, report.disk.free)
        {
            eprintln!("yingbin-desk: {}", room.sentence(free));
        }
        eprintln!("yingbin-desk: {}", told(&report.lists));
        Ok(ExitCode::from(u8::from(!report.complaints.is_empty())))
    }
}

/// Says whose folder works in more than one copy, as far as it was heard.
fn copies(ledger: &Ledger) -> Result<Vec<String>, LedgerError> {
    let (me, copied) = (ledger.own_log()?.station(), ledger.copied_stations()?);
    let names: BTreeMap<_, _> =
        ledger.members()?.into_iter().map(|member| (member.id, member.name)).collect();
    let own = ledger.is_forked()? || copied.contains(&me);
    let others = copied.iter().filter(|id| **id != me).filter_map(|id| names.get(id));
    let others = others.map(|name| {
        format!(
            "the folder of {name} works in two copies, and what one of them records is not known \
             here: end one of the two, and connect both and this station to the server"
        )
    });
    Ok(own.then(|| COPIED.to_owned()).into_iter().chain(others).collect())
}

fn disk(data: &Path) -> Disk {
    let free = ballast::free(data);
    let age = backup::age(&data.join(backup::FOLDER), Clock::Machine.now());
    Disk {
        free,
        room: free.map(Room::of),
        ballast: Ballast::of(data).is_there(),
        write_ahead_log: wal::size(&data.join(kiosk::station::LEDGER)),
        backup_seconds_ago: age.and_then(|age| age.checked_div(1000)),
    }
}

/// Tells whether records are missing, or may be and the damaged file lies here still.
fn is_to_be_looked_into(data: &Path, loss: &Loss) -> bool {
    let lies_here = !loss.aside.is_empty() && data.join(&loss.aside).is_dir();
    loss.missing() > 0 || (loss.known.is_none() && lies_here)
}

/// Says what is missing after damage, and what will be trouble soon.
fn alarms(data: &Path, losses: &[Loss], disk: &Disk) -> Vec<String> {
    let missing = losses.iter().filter(|loss| is_to_be_looked_into(data, loss));
    let missing = missing.map(ToString::to_string);
    let log = disk.write_ahead_log;
    let grows = (log > wal::ALARM).then(|| {
        format!("the write-ahead log has {} MB: end programs that hold it open", log >> 20)
    });
    missing.chain(grows).collect()
}

/// Says which blanks two people have.
fn disputes(ledger: &Ledger) -> Result<Vec<String>, LedgerError> {
    let mut complaints = Vec::new();
    for serial in ledger.disputed_blanks(false)? {
        let whose: Vec<String> =
            ledger.bound_to(serial, false)?.iter().map(ToString::to_string).collect();
        complaints.push(format!(
            "one blank badge was given to {}: replace both badges",
            whose.join(" and to ")
        ));
    }
    Ok(complaints)
}

/// Says in one line how old every list is.
fn told(lists: &Lists) -> String {
    let parts: Vec<String> =
        lists.roster.iter().map(|(site, revision)| format!("{site} {revision}")).collect();
    let ages = &lists.seconds_ago;
    format!(
        "roster {} ({}), keys {} ({}), revocations {} ({}), policy {}; {} blanks left",
        parts.join(", "),
        confirmed(ages.roster),
        lists.key_set,
        confirmed(ages.key_set),
        lists.revocations,
        confirmed(ages.revocations),
        lists.policy,
        lists.blanks
    )
}

fn confirmed(seconds_ago: Option<u64>) -> String {
    match seconds_ago {
        Some(seconds) => format!("confirmed {seconds} s ago"),
        None => "never confirmed".to_owned(),
    }
}
