//! `ippeveprinter` and CUPS: real programs, killed and emptied in the middle of a job.

use std::thread;

use super::*;
use crate::testing::cups::Cups;
use crate::testing::eve::Eve;
use crate::testing::{badge, eventually, fake};

const ALL: &str = "application/pdf,image/jpeg,image/pwg-raster";
const NAME: &str = "badge-K2-000001-1.pdf";

/// Prints in a thread of its own.
fn printing(address: String, patience: Patience) -> thread::JoinHandle<Printed> {
    thread::spawn(move || open(&address, patience).print(NAME, &badge()))
}

fn has(address: &str, condition: Condition) -> bool {
    open(address, CALM).state().conditions.contains(&condition)
}

#[test]
fn a_badge_comes_out_as_the_first_form_that_the_printer_takes() {
    for (formats, begins) in [
        (ALL, &b"%PDF-1"[..]),
        ("image/jpeg,image/pwg-raster", b"RaS2PwgRaster"),
        ("image/jpeg", b"\xff\xd8\xff"),
    ] {
        let eve = Eve::start(formats);
        let mut printer = open(&eve.address(), CALM);
        assert!(printer.state().ready, "{formats}");
        assert_eq!(printer.print(NAME, &badge()), Printed::Confirmed, "{formats}");
        let [document] = &eve.documents()[..] else { panic!("one document") };
        assert!(document.starts_with(begins), "{formats}");
        if formats == ALL {
            assert_eq!(*document, badge().pdf().unwrap(), "not one byte is another");
        }
    }
}

#[test]
fn a_form_may_be_wished_for_and_one_that_the_printer_refuses_is_said() {
    let eve = Eve::start("application/pdf");
    let wished = format!("{}?format=jpeg", eve.address());
    let said = reason(open(&wished, CALM).print(NAME, &badge()));
    assert!(said.starts_with("not: the printer does not take this paper or this format"), "{said}");
    assert!(eve.documents().is_empty());
    let eve = Eve::start("image/urf");
    let said = reason(open(&eve.address(), CALM).print(NAME, &badge()));
    assert!(said.starts_with("not: the printer takes neither PDF nor"), "{said}");
}

#[test]
fn two_stations_that_share_a_printer_both_print() {
    let eve = Eve::start(ALL);
    eve.put("hold");
    let first = printing(eve.address(), CALM);
    eventually("the first job", || has(&eve.address(), Condition::Busy));
    let second = printing(eve.address(), CALM);
    thread::sleep(Duration::from_millis(600));
    eve.take_away("hold");
    assert_eq!(first.join().unwrap(), Printed::Confirmed);
    assert_eq!(second.join().unwrap(), Printed::Confirmed);
    assert_eq!(eve.documents().len(), 2);
}

#[test]
fn paper_that_ends_in_the_middle_is_shown_and_the_badge_comes_when_there_is_new() {
    let eve = Eve::start(ALL);
    eve.put("empty");
    let waiting = printing(eve.address(), CALM);
    eventually("the printer to say so", || has(&eve.address(), Condition::PaperOut));
    let state = open(&eve.address(), CALM).state();
    assert_eq!((state.ready, &*state.sentence), (false, Condition::PaperOut.sentence()));
    eve.take_away("empty");
    assert_eq!(waiting.join().unwrap(), Printed::Confirmed);
    eventually("the printer to be ready", || open(&eve.address(), CALM).state().ready);
}

#[test]
fn a_job_that_waits_for_paper_is_cancelled_in_the_end_and_nobody_is_sure() {
    let eve = Eve::start(ALL);
    eve.put("empty");
    let patience = Patience { job: Duration::from_secs(2), ..CALM };
    let said = reason(printing(eve.address(), patience).join().unwrap());
    assert!(said.starts_with("unknown: the printer has no paper; put labels in"), "{said}");
    // Now it is known before: nothing is sent.
    assert!(has(&eve.address(), Condition::PaperOut));
    let before = eve.documents().len();
    let said = reason(open(&eve.address(), CALM).print(NAME, &badge()));
    assert_eq!(said, format!("not: {}", Condition::PaperOut.sentence()));
    assert_eq!(eve.documents().len(), before);
}

#[test]
fn a_printer_at_rest_whose_trays_are_empty_has_no_paper_and_one_empty_tray_is_little() {
    let eve = Eve::start(ALL);
    let conditions = || Vec::from_iter(open(&eve.address(), CALM).state().conditions);
    assert_eq!(conditions(), []);
    eve.fill([0, 0]);
    assert_eq!(conditions(), [Condition::PaperOut]);
    let said = reason(open(&eve.address(), CALM).print(NAME, &badge()));
    assert_eq!(said, format!("not: {}", Condition::PaperOut.sentence()));
    eve.fill([250, 0]);
    assert_eq!(conditions(), [Condition::PaperLow]);
    eve.fill([250, 25]);
    assert_eq!(conditions(), []);
}

#[test]
fn a_printer_that_is_killed_in_the_middle_leaves_the_badge_in_doubt() {
    let mut eve = Eve::start(ALL);
    eve.put("hold");
    let patience = Patience { silence: Duration::from_secs(1), ..CALM };
    let waiting = printing(eve.address(), patience);
    eventually("the job", || has(&eve.address(), Condition::Busy));
    eve.kill();
    let said = reason(waiting.join().unwrap());
    assert!(said.starts_with("unknown: the printer fell silent while it printed"), "{said}");
    let said = reason(open(&eve.address(), HASTE).print(NAME, &badge()));
    assert!(said.starts_with("not: the printer does not answer"), "{said}");
    eve.take_away("hold");
    eve.revive();
    assert_eq!(open(&eve.address(), CALM).print(NAME, &badge()), Printed::Confirmed);
}

#[test]
fn a_printer_that_hangs_gets_no_badge_and_one_that_hangs_in_the_middle_leaves_it_in_doubt() {
    let eve = Eve::start(ALL);
    eve.freeze();
    let said = reason(open(&eve.address(), HASTE).print(NAME, &badge()));
    assert!(said.starts_with("not: the printer does not answer"), "{said}");
    eve.thaw();
    eve.put("hold");
    let patience =
        Patience { answer: Duration::from_secs(1), silence: Duration::from_secs(1), ..CALM };
    let waiting = printing(eve.address(), patience);
    eventually("the job", || has(&eve.address(), Condition::Busy));
    eve.freeze();
    let said = reason(waiting.join().unwrap());
    assert!(said.starts_with("unknown: the printer fell silent while it printed"), "{said}");
}

/// The operation number of Print-Job.
const PRINT_JOB: u16 = 0x0002;

#[test]
fn a_job_of_which_the_answer_got_lost_is_found_by_its_name_and_followed() {
    let eve = Eve::start(ALL);
    let address = format!("ipp://localhost:{}/ipp/print", fake::lossy(eve.port, PRINT_JOB));
    // One that has ended before it is looked for, and one that still prints.
    assert_eq!(open(&address, CALM).print(NAME, &badge()), Printed::Confirmed);
    eve.put("hold");
    let waiting =
        printing(address.clone(), Patience { silence: Duration::from_millis(500), ..CALM });
    eventually("the job", || has(&eve.address(), Condition::Busy));
    thread::sleep(Duration::from_millis(2500));
    assert!(!waiting.is_finished(), "it has found it, and follows it");
    eve.take_away("hold");
    assert_eq!(waiting.join().unwrap(), Printed::Confirmed);
    assert_eq!(eve.documents().len(), 2);
    // A printer that is gone then tells nobody.
    let mut eve = eve;
    eve.put("hold");
    let patience = Patience { silence: Duration::from_secs(1), ..CALM };
    let waiting =
        printing(address.clone(), Patience { answer: Duration::from_secs(1), ..patience });
    eventually("the job", || has(&eve.address(), Condition::Busy));
    eve.kill();
    let said = reason(waiting.join().unwrap());
    assert!(said.starts_with("unknown: the printer fell silent while it"), "{said}");
}

#[test]
fn a_queue_of_cups_lists_the_job_of_which_the_answer_got_lost() {
    let (eve, cups) = (Eve::start(ALL), Cups::start());
    cups.add("Badge", &eve.address());
    let port = fake::lossy(cups.port, PRINT_JOB);
    let address = format!("ipp://localhost:{port}/printers/Badge");
    assert_eq!(open(&address, CALM).print(NAME, &badge()), Printed::Confirmed);
    assert_eq!(eve.documents().len(), 1);
}

#[test]
fn a_queue_of_cups_prints_and_one_that_is_stopped_is_not_given_a_badge() {
    let (eve, cups) = (Eve::start(ALL), Cups::start());
    cups.add("Badge", &eve.address());
    let address = format!("ipp://localhost:{}/printers/Badge", cups.port);
    let printed = open(&address, CALM).print(NAME, &badge());
    assert_eq!(printed, Printed::Confirmed);
    assert_eq!(eve.documents().len(), 1);
    eve.put("empty");
    let waiting = printing(address.clone(), CALM);
    eventually("the queue to tell of the paper", || has(&address, Condition::PaperOut));
    assert!(!open(&address, CALM).state().ready);
    eve.take_away("empty");
    assert_eq!(waiting.join().unwrap(), Printed::Confirmed);
    cups.run("cupsdisable", &["Badge"]);
    let said = reason(open(&address, CALM).print(NAME, &badge()));
    assert_eq!(said, format!("not: {}", Condition::Paused.sentence()));
    cups.run("cupsenable", &["Badge"]);
    cups.run("cupsreject", &["Badge"]);
    let said = reason(open(&address, CALM).print(NAME, &badge()));
    assert_eq!(said, format!("not: {}", Condition::Rejecting.sentence()));
}
