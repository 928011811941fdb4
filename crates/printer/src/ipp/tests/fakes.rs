//! Printers that answer nonsense, hang, hang up, and never print.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

use ipp::model::{DelimiterTag, StatusCode};

use super::*;
use crate::testing::badge;
use crate::testing::fake::{self, Does, good, job};

const PRINT_JOB: u16 = 0x0002;
const CANCEL_JOB: u16 = 0x0008;
const GET_JOB: u16 = 0x0009;
const GET_JOBS: u16 = 0x000a;
const GET_PRINTER: u16 = 0x000b;

/// Prints on a fake, and says what became of it.
fn printed(answer: impl Fn(u16) -> Does + Clone + Send + 'static) -> Printed {
    let address = format!("ipp://127.0.0.1:{}/ipp/print", fake::ipp(answer));
    open(&address, HASTE).print("badge-K2-000001-1.pdf", &badge())
}

/// A printer that is good as long as nobody prints.
fn good_until(job: impl Fn(u16) -> Does + Clone + Send + 'static) -> Printed {
    printed(move |operation| match operation {
        GET_PRINTER => Does::Says(good()),
        other => job(other),
    })
}

fn refusing(status: StatusCode) -> Vec<u8> {
    fake::message(status, DelimiterTag::JobAttributes, &[])
}

#[test]
fn what_answers_nonsense_before_a_job_surely_did_not_print() {
    for nonsense in
        [&b""[..], b"<html>login</html>", &[1, 1, 0, 0, 0, 0, 0, 1, 4, 0x44, 0, 255], &[0xff; 3000]]
    {
        let said = reason(printed(move |_| Does::Says(nonsense.to_vec())));
        assert!(said.starts_with("not: what answers at this address"), "{said}");
    }
    let page = reason(printed(|_| Does::Status("302 Found", b"moved".to_vec())));
    assert!(page.starts_with("not: what answers at this address"), "{page}");
    let key = reason(printed(|_| Does::Status("401 Unauthorized", Vec::new())));
    assert!(key.starts_with("not: the printer wants a name and a password"), "{key}");
    let tls = reason(printed(|_| Does::Status("426 Upgrade Required", Vec::new())));
    assert!(tls.starts_with("not: the printer wants TLS"), "{tls}");
}

#[test]
fn what_answers_nonsense_to_a_job_may_have_printed() {
    for nonsense in [&b""[..], b"<html>done</html>"] {
        let said = reason(good_until(move |_| Does::Says(nonsense.to_vec())));
        assert!(said.starts_with("unknown: the printer fell silent while it took"), "{said}");
    }
    // It says that it took a job, and not which.
    let said = reason(good_until(|_| Does::Says(refusing(StatusCode::SuccessfulOk))));
    assert!(said.starts_with("unknown: "), "{said}");
    let said = reason(good_until(|_| Does::Status("500 Internal Server Error", Vec::new())));
    assert!(said.starts_with("unknown: "), "{said}");
}

#[test]
fn who_hangs_before_a_job_did_not_print_and_who_hangs_on_it_may_have() {
    let begun = Instant::now();
    let said = reason(printed(|_| Does::Hangs));
    assert!(said.starts_with("not: the printer does not answer"), "{said}");
    let said = reason(good_until(|_| Does::Hangs));
    assert!(said.starts_with("unknown: the printer fell silent while it took"), "{said}");
    let said = reason(good_until(|operation| match operation {
        PRINT_JOB => Does::Says(job(5, Some(0), true)),
        _ => Does::Hangs,
    }));
    assert!(said.starts_with("unknown: the printer fell silent while it printed"), "{said}");
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[test]
fn who_hangs_up_before_a_job_did_not_print_and_who_hangs_up_on_it_may_have() {
    let said = reason(printed(|_| Does::HangsUp));
    assert!(said.starts_with("not: the printer does not answer"), "{said}");
    let said = reason(good_until(|_| Does::HangsUp));
    assert!(said.starts_with("unknown: the printer fell silent while it took"), "{said}");
}

#[test]
fn a_job_of_which_no_answer_came_is_not_taken_for_another_that_the_printer_lists() {
    for listed in ["badge-K2-000001-1", "badge-K2-000001-1-0000000000000000", ""] {
        let said = reason(good_until(move |operation| match operation {
            PRINT_JOB => Does::HangsUp,
            GET_JOBS => Does::Says(fake::list(listed)),
            _ => Does::Says(job(9, Some(1), true)),
        }));
        assert!(said.starts_with("unknown: the printer fell silent while it took"), "{said}");
    }
}

#[test]
fn who_refuses_a_job_did_not_print_unless_something_broke() {
    for (status, says) in [
        (StatusCode::ClientErrorDocumentFormatNotSupported, "not: the printer does not take this"),
        (StatusCode::ClientErrorNotAuthorized, "not: the printer does not let this station"),
        (StatusCode::ServerErrorNotAcceptingJobs, "not: the printer takes no jobs"),
        (StatusCode::ServerErrorInternalError, "unknown: "),
        (StatusCode::ServerErrorDeviceError, "unknown: "),
        (StatusCode::ServerErrorJobCanceled, "unknown: "),
    ] {
        let said = reason(good_until(move |_| Does::Says(refusing(status))));
        assert!(said.starts_with(says), "{status}: {said}");
    }
}

#[test]
fn a_busy_printer_is_asked_again_until_it_takes_the_job() {
    let asked = Arc::new(AtomicUsize::new(0));
    let printed = good_until({
        let asked = Arc::clone(&asked);
        move |operation| match operation {
            PRINT_JOB if asked.fetch_add(1, Ordering::SeqCst) < 3 => {
                Does::Says(refusing(StatusCode::ServerErrorBusy))
            }
            _ => Does::Says(job(9, Some(1), true)),
        }
    });
    assert_eq!((printed, asked.load(Ordering::SeqCst)), (Printed::Confirmed, 4));
}

/// A printer that keeps a job in this state until it is cancelled.
fn stuck(state: i32, begun: bool, cancels: bool) -> String {
    let cancelled = Arc::new(AtomicBool::new(false));
    reason(good_until(move |operation| match operation {
        CANCEL_JOB if cancels => {
            cancelled.store(true, Ordering::SeqCst);
            Does::Says(refusing(StatusCode::SuccessfulOk))
        }
        CANCEL_JOB => Does::Says(refusing(StatusCode::ClientErrorNotPossible)),
        _ if cancelled.load(Ordering::SeqCst) => Does::Says(job(7, Some(0), begun)),
        _ => Does::Says(job(state, Some(0), begun)),
    }))
}

#[test]
fn who_takes_a_job_and_never_prints_is_given_up_and_the_job_is_cancelled() {
    let said = stuck(3, false, true);
    assert!(said.starts_with("not: the printer took too long"), "{said}");
    let said = stuck(5, true, true);
    assert!(
        said.contains("unknown: the printer took too long; the job was cancelled after"),
        "{said}"
    );
    let said = stuck(3, false, false);
    assert!(said.contains("could not be cancelled"), "{said}");
}

#[test]
fn a_job_that_ended_counts_only_with_a_printed_side() {
    let ends = |state, sides, begun| good_until(move |_| Does::Says(job(state, sides, begun)));
    assert_eq!(ends(9, Some(1), true), Printed::Confirmed);
    assert_eq!(ends(9, None, true), Printed::Confirmed);
    assert!(reason(ends(9, Some(0), true)).starts_with("unknown: "));
    assert!(reason(ends(8, Some(0), true)).starts_with("unknown: the printer gave the job up"));
    assert!(reason(ends(8, Some(0), false)).starts_with("not: the printer gave the job up"));
    assert!(reason(ends(7, Some(0), true)).starts_with("unknown: somebody cancelled"));
    assert!(reason(ends(7, Some(0), false)).starts_with("not: somebody cancelled"));
    let forgotten = good_until(|operation| match operation {
        GET_JOB => Does::Says(refusing(StatusCode::ClientErrorNotFound)),
        _ => Does::Says(job(5, Some(0), true)),
    });
    assert!(reason(forgotten).starts_with("unknown: "));
}

#[test]
fn nobody_at_the_address_is_said_to_be_switched_off() {
    let mut printer =
        open(&format!("ipp://127.0.0.1:{}/", crate::testing::eve::free_port()), HASTE);
    let said = reason(printer.print("badge-K2-000001-1.pdf", &badge()));
    assert!(said.starts_with("not: the printer does not answer; switch it on"), "{said}");
    assert_eq!(printer.state().stopped_by(), Some(Condition::Offline));
}

#[test]
fn a_printer_with_its_own_certificate_is_believed_by_its_fingerprint_and_no_other() {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let fingerprint = {
        use sha2::Digest;
        data_encoding::HEXLOWER.encode(&sha2::Sha256::digest(made.cert.der()))
    };
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let config = Arc::new(config);
    let plain = fake::ipp(|operation| match operation {
        GET_PRINTER => Does::Says(good()),
        _ => Does::Says(job(9, Some(1), true)),
    });
    let port = fake::listen(move |stream| {
        let tls = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
        fake::forward(rustls::StreamOwned::new(tls, stream), plain);
    });
    let print = |choices: &str| {
        let address = format!("ipps://localhost:{port}/ipp/print{choices}");
        open(&address, HASTE).print("badge-K2-000001-1.pdf", &badge())
    };
    let said = reason(print(""));
    assert!(said.starts_with("not: ") && said.contains(&format!("?pin={fingerprint}")), "{said}");
    let said = reason(print(&format!("?pin={}", "00".repeat(32))));
    assert!(said.contains(&fingerprint), "{said}");
    assert_eq!(print(&format!("?pin={fingerprint}")), Printed::Confirmed);
}

#[test]
fn a_queue_that_rests_remembers_what_its_printer_said_and_is_given_a_badge_all_the_same() {
    let said = |state: i32, queue: bool| {
        let keyword = |word: &str| IppValue::new_keyword(word).unwrap();
        let mut values = vec![
            ("printer-state", IppValue::Enum(state)),
            ("printer-state-reasons", keyword("media-empty-error")),
        ];
        values.extend(
            queue.then(|| ("cups-version", IppValue::new_text_without_language("2.4.2").unwrap())),
        );
        let says =
            fake::message(StatusCode::SuccessfulOk, DelimiterTag::PrinterAttributes, &values);
        let address = format!("ipp://127.0.0.1:{}/", fake::ipp(move |_| Does::Says(says.clone())));
        let state = open(&address, HASTE).state();
        assert!(state.conditions.contains(&Condition::PaperOut));
        state.ready
    };
    assert_eq!((said(3, true), said(4, true), said(3, false)), (true, false, false));
}
