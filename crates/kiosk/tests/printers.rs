//! `yingbin-desk printers`, as people and scripts use it.

use std::net::TcpListener;
use std::process::{Command, Output};

use serde_json::{Value, json};

fn desk(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_yingbin-desk")).args(arguments).output().expect("it starts")
}

fn answer(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).expect("a JSON object")
}

#[test]
fn a_test_page_goes_to_a_folder_and_the_answer_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let address = format!("folder:{}", dir.path().display());
    let done = desk(&["printers", "test", &address, "--size", "62x100"]);
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    let expected = json!({"address": address, "printed": "confirmed", "reason": null});
    assert_eq!(answer(&done), expected);
    let page = std::fs::read(dir.path().join("test-page.pdf")).unwrap();
    assert!(page.starts_with(b"%PDF-1"));
    let done = desk(&["printers", "state", &address]);
    assert_eq!((done.status.code(), answer(&done)["ready"].clone()), (Some(0), json!(true)));
}

#[test]
fn a_printer_that_is_not_there_is_an_answer_and_a_failure() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let address = format!("ipp://127.0.0.1:{port}/ipp/print");
    let done = desk(&["printers", "state", &address]);
    assert_eq!(done.status.code(), Some(1));
    assert_eq!(answer(&done)["conditions"], json!(["offline"]));
    assert!(String::from_utf8_lossy(&done.stderr).contains("the printer does not answer"));
    let done = desk(&["printers", "test", &address]);
    assert_eq!(
        (done.status.code(), answer(&done)["printed"].clone()),
        (Some(1), json!("not_printed"))
    );
}

#[test]
fn only_a_folder_that_takes_badges_now_is_chosen_and_no_category_twice() {
    let dir = tempfile::tempdir().unwrap();
    let station = dir.path().join("k1");
    std::fs::create_dir(&station).unwrap();
    // All that makes it an enrolled station's for a choice of printers.
    std::fs::write(station.join("ledger.db"), "").unwrap();
    let choose = |arguments: &[&str]| {
        let mut program = Command::new(env!("CARGO_BIN_EXE_yingbin-desk"));
        program.current_dir(dir.path()).args(["--data", "k1", "printers", "use"]).args(arguments);
        program.output().expect("it starts")
    };
    for arguments in [&["folder:stick/badges"][..], &["--instead", "folder:stick/badges"]] {
        let done = choose(arguments);
        assert_eq!(done.status.code(), Some(1), "{arguments:?}");
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(
            said.contains("nothing was chosen: the folder") && said.contains("plug in"),
            "{said}"
        );
        assert!(!station.join("printers.json").exists());
    }
    let twice = ["--for", "vip=cups:A", "--for", "vip=cups:B"];
    let done = choose(&twice);
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.code() == Some(1) && said.contains("vip is there twice"), "{said}");
    // What is no ledger yet has no categories either.
    assert!(said.contains("whether there are such categories cannot be looked up"), "{said}");
    let done = choose(&["folder:badges"]);
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    let whole = format!("folder:{}", dir.path().join("badges").display());
    assert_eq!(answer(&done)["usual"], whole.as_str());
}

#[test]
fn what_is_no_printer_and_a_folder_that_is_missing_are_wrong_use() {
    for arguments in [
        &["printers", "state", "lpt1"][..],
        &["printers", "test", "zpl://h", "--size", "9"],
        &["check"],
    ] {
        let done = desk(arguments);
        assert_eq!(done.status.code(), Some(2), "{arguments:?}");
        assert!(done.stdout.is_empty());
    }
    let said = desk(&["check"]).stderr;
    assert!(String::from_utf8_lossy(&said).contains("--data DIR is missing"));
}
