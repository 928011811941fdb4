//! Cases 46 to 52: files that an organiser may bring, given to the real server.
//!
//! The server runs with half a gigabyte of address space, so that a reader without bounds dies.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use crate::support::program::{Outcome, path, run_to_end};
use crate::support::{copy_templates, project};

/// Address space of the server, in kilobytes, and its time in seconds: only a hang takes that long.
const LIMITS: (&str, &str) = ("524288", "60");

/// Usual values of a person's row.
const USUAL: [(&str, &str); 7] = [
    ("number", "900001"),
    ("name_zh", "王伟"),
    ("category", "entrepreneur"),
    ("delegation", "hong-kong"),
    ("country_region", "HK"),
    ("language", "zh-Hans"),
    ("status", "confirmed"),
];

/// A server that was set up for the demo convention and knows nobody.
pub struct Office {
    folder: TempDir,
}

impl Office {
    pub fn open() -> Office {
        let office = Office { folder: TempDir::new().unwrap() };
        let convention = project("demo/convention.toml");
        office.server(&["init", "--convention", convention.to_str().unwrap()]).ok();
        office
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs a command of the server within the limits.
    pub fn server(&self, arguments: &[&str]) -> Outcome {
        let (program, data) = (path("yingbin-server"), self.path("server"));
        // Each of malloc's arenas takes address space, and every core would have its own.
        let script = format!(
            "export MALLOC_ARENA_MAX=2; ulimit -v {}; exec timeout {} \"$0\" \"$@\"",
            LIMITS.0, LIMITS.1
        );
        let head = ["-c", &script, program.to_str().unwrap(), "--data", data.to_str().unwrap()];
        run_to_end(Command::new("sh"), &[&head[..], arguments].concat(), "")
    }

    /// Writes a file and imports it.
    pub fn import(&self, bytes: &[u8]) -> Outcome {
        let list = self.path("list.csv");
        std::fs::write(&list, bytes).unwrap();
        self.server(&["import", list.to_str().unwrap()])
    }

    /// Imports what cannot be imported: a sentence, and nobody is on the list.
    #[track_caller]
    fn refuses(&self, bytes: &[u8], sentence: &str) {
        self.refused(&self.import(bytes), sentence);
    }

    #[track_caller]
    fn refused(&self, outcome: &Outcome, sentence: &str) {
        assert_eq!(outcome.code, 1, "{outcome:.400?}");
        assert!(outcome.err.contains(sentence), "{sentence:?} is not in {:.1000}", outcome.err);
        assert!(!outcome.err.contains("panicked"), "{}", outcome.err);
        assert!(outcome.err.lines().count() < 60, "nobody reads so much");
        assert_eq!(self.server(&["export", "roster"]).ok().out, "[]\n", "nothing was imported");
    }

    /// Imports what comes through a pipe, as long as somebody reads it.
    fn import_stream(
        &self,
        mut write: impl FnMut(&mut dyn Write) -> std::io::Result<()> + Send,
    ) -> Outcome {
        let pipe = self.path("pipe.csv");
        crate::support::program::system("mkfifo", &[pipe.to_str().unwrap()]);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let mut pipe = BufWriter::new(File::create(&pipe).unwrap());
                // The reader goes away early: that is the point.
                let _ = write(&mut pipe).and_then(|()| pipe.flush());
            });
            self.server(&["import", pipe.to_str().unwrap()])
        })
    }

    /// Writes a changed convention file beside the demo's templates, and sets a server up for it.
    #[track_caller]
    fn refuses_convention(&self, from: &str, to: &str, sentence: &str) {
        let folder = self.path("other");
        copy_templates(&folder);
        let text = std::fs::read_to_string(project("demo/convention.toml")).unwrap();
        assert!(text.contains(from), "{from}");
        std::fs::write(folder.join("convention.toml"), text.replacen(from, to, 1)).unwrap();
        let (file, data) = (folder.join("convention.toml"), folder.join("data"));
        let arguments =
            ["--data", data.to_str().unwrap(), "init", "--convention", file.to_str().unwrap()];
        let program = path("yingbin-server");
        let limited = [&["60", program.to_str().unwrap()][..], &arguments].concat();
        let outcome = run_to_end(Command::new("timeout"), &limited, "");
        assert_eq!(outcome.code, 1, "{outcome:.400?}");
        assert!(outcome.err.contains("convention.toml, line "), "{}", outcome.err);
        assert!(outcome.err.contains(sentence), "{sentence:?} is not in {}", outcome.err);
        assert!(!data.join("yingbin.db").exists(), "nothing was set up");
    }
}

/// The columns of the demo's list.
pub fn columns() -> Vec<String> {
    let text = std::fs::read_to_string(project("demo/attendees.csv")).unwrap();
    text.lines().next().unwrap().split(',').map(str::to_owned).collect()
}

/// A list with these rows; what a row does not say is usual.
pub fn list(rows: &[Vec<(&str, &str)>]) -> Vec<u8> {
    let columns = columns();
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&columns).unwrap();
    for row in rows {
        let cell = |column: &String| {
            let said = row.iter().chain(&USUAL).find(|(name, _)| name == column);
            said.map_or("", |(_, value)| *value)
        };
        writer.write_record(columns.iter().map(cell)).unwrap();
    }
    writer.into_inner().unwrap()
}

#[test]
fn case_46_names_of_files_that_lead_elsewhere() {
    let office = Office::open();
    let template = "badge = \"badges/badge.svg\"";
    let elsewhere = "name a template in the folder of this file";
    for (name, sentence) in [
        ("../../x", elsewhere),
        ("/etc/passwd", elsewhere),
        ("badges/../../x.svg", elsewhere),
        ("", elsewhere),
        ("CON", "cannot read"),
        ("a.b\\u0000.png", "put the template there or name another"),
        ("badges", "is a folder"),
    ] {
        office.refuses_convention(template, &format!("badge = \"{name}\""), sentence);
    }
    for id in ["../../x", "CON", "a.b\\u0000", "a/b", ".", ""] {
        office.refuses_convention(
            "id = \"hong-kong\"",
            &format!("id = \"{id}\""),
            "1 to 40 of a-z, 0-9 and -",
        );
    }
    for id in ["con", "nul", "com1", "lpt9"] {
        let named = format!("id = \"{id}\"");
        office.refuses_convention("id = \"hong-kong\"", &named, "Windows keeps this name");
    }
}

#[test]
fn case_47_one_line_of_a_gigabyte() {
    let office = Office::open();
    let sentence = "line 1, column 1: this line is longer than 262144 bytes";
    let outcome = office.import_stream(|to| {
        let piece = vec![b'x'; 1 << 20];
        (0..1024).try_for_each(|_| to.write_all(&piece))
    });
    office.refused(&outcome, sentence);
    // A file that only says that it has a gigabyte: all of it is zeros.
    let sparse = office.path("sparse.csv");
    File::create(&sparse).unwrap().set_len(1 << 30).unwrap();
    office.refused(&office.server(&["import", sparse.to_str().unwrap()]), sentence);
}

#[test]
fn case_47_five_million_rows() {
    let office = Office::open();
    let row = format!("900001{}\n", ",".repeat(21)).repeat(1000);
    let header = format!("{}\n", columns().join(","));
    let outcome = office.import_stream(|to| {
        to.write_all(header.as_bytes())?;
        (0..5000).try_for_each(|_| to.write_all(row.as_bytes()))
    });
    office.refused(
        &outcome,
        "line 1000101, column 1: the file has more than 1000100 lines; split it",
    );
}

#[test]
fn case_47_a_quote_that_never_ends() {
    let office = Office::open();
    let text = String::from_utf8(list(&[vec![], vec![("number", "900002")]])).unwrap();
    let open = text.replacen("900001,", "900001,\"", 1);
    office.refuses(
        open.as_bytes(),
        "line 2, column 2: a quotation mark that begins here is never closed",
    );
    let many = format!("{}{}", open, "900003,x\n".repeat(100_000));
    office.refuses(many.as_bytes(), "a quotation mark that begins here is never closed");
}

#[test]
fn case_47_ten_thousand_columns() {
    let office = Office::open();
    office.refuses(vec!["number"; 10_000].join(",").as_bytes(), "10000 columns; the list has 22");
    let row = ",".repeat(9_999);
    let text = format!("{}\n{row}\n", columns().join(","));
    office.refuses(
        text.as_bytes(),
        "line 2, column 10000: this row has 10000 columns and the header 22",
    );
}

#[test]
fn case_47_other_encodings() {
    let office = Office::open();
    let text = String::from_utf8(list(&[vec![]])).unwrap();
    // 王伟 in GB18030.
    let gb18030 = super::passes::replaced(text.as_bytes(), "王伟".as_bytes(), b"\xcd\xf5\xce\xb0");
    office.refuses(&gb18030, "line 2, column 8: the file is not UTF-8 but probably GB18030 (GBK)");
    office.refuses(&gb18030, "CSV UTF-8");
    let mixed = [text.as_bytes(), &gb18030].concat();
    office.refuses(&mixed, "line 4, column 8: up to here the file is UTF-8");
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    office.refuses(&utf16, "line 1, column 1: the file is UTF-16LE, not UTF-8");
    let marked = [&[0xFF, 0xFE][..], &utf16].concat();
    office.refuses(&marked, "line 1, column 1: the file is UTF-16LE, not UTF-8");
    let latin = super::passes::replaced(text.as_bytes(), "王伟".as_bytes(), b"Jos\xe9 ");
    office.refuses(&latin, "is not UTF-8; save it as UTF-8");
}

#[test]
fn case_47_zero_bytes_and_columns_twice() {
    let office = Office::open();
    let zero = list(&[vec![("name_zh", "王\0伟")]]);
    office.refuses(&zero, "line 2, column 2 (name_zh): the control character U+0000; delete it");
    let text = String::from_utf8(list(&[vec![]])).unwrap();
    let twice = text.replacen("name_latin", "name_zh", 1);
    office.refuses(twice.as_bytes(), "line 1, column 3: the column name_zh is there twice");
    office.refuses(b"", "the file is empty; its first line must be: number,");
    office.refuses(text.replace(',', ";").as_bytes(), "columns are separated by ';'");
    office.refuses(text.replace(',', "\t").as_bytes(), "columns are separated by '\\t'");
}

/// Whatever is wrong with it, and however often.
#[test]
fn case_47_a_convention_file_without_end() {
    let office = Office::open();
    let site = "[[site]]\nid = \"hall\"";
    let many = format!("{}{site}", "[[site]]\nid = \"?\"\ntitle = { en = \"x\" }\n".repeat(20_000));
    office.refuses_convention(site, &many, "and 150 more; nothing was changed");
    let large = format!("{}\n{site}", "# no end\n".repeat(1 << 17));
    office.refuses_convention(site, &large, "the file is larger than 1048576 bytes");
    let deep = format!("x = {}\n{site}", "[".repeat(200_000));
    office.refuses_convention(site, &deep, "line ");
}

/// Workbooks are not read yet: whatever is in one, its first bytes are enough.
#[test]
fn case_48_a_workbook_is_named_and_not_opened() {
    let office = Office::open();
    let workbook = [&b"PK\x03\x04\x14\0\x06\0"[..], &[0; 500]].concat();
    office.refuses(&workbook, "the file is an Excel workbook (.xlsx)");
    office.refuses(&workbook, "in Excel choose Save as, CSV UTF-8");
}

#[test]
fn case_49_an_old_workbook_is_named_and_not_opened() {
    let office = Office::open();
    let workbook = [&[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1][..], &[0xFF; 500]].concat();
    office.refuses(&workbook, "an old or encrypted Excel workbook (.xls)");
}

#[test]
fn case_51_numbers_phones_and_addresses() {
    let office = Office::open();
    let bad: [(&[(&str, &str)], &str); 13] = [
        (&[("number", "９００００１")], "(number): the digits are full-width"),
        (&[("number", "90000１")], "(number): the digits are full-width"),
        (&[("number", "+90001")], "(number): a registration number has six digits"),
        (&[("phone", "139 0000 OOOO")], "(phone): a phone has digits only"),
        (&[("phone", "电话13900000000")], "(phone): a phone has digits only"),
        (&[("other_phones", "110;12")], "(other_phones): a phone has 3 to 15 digits"),
        (&[("email", "wang.example.com")], "(email): an e-mail address looks like"),
        (&[("email", "a@b@c")], "(email): an e-mail address looks like"),
        (&[("email", "a@b..com")], "(email): an e-mail address looks like"),
        (&[("email", "a@-b.com")], "(email): an e-mail address looks like"),
        (&[("email", "<a@b.com>")], "(email): write the e-mail address alone"),
        (
            &[("email", "ｗang@example.com")],
            "(email): letters or signs of the e-mail address are full",
        ),
        (&[("sector", "trade\u{7}")], "(sector): the control character U+0007; delete it"),
    ];
    for (row, sentence) in bad {
        office.refuses(&list(&[row.to_vec()]), "line 2, column ");
        office.refuses(&list(&[row.to_vec()]), sentence);
    }
    let twice = list(&[vec![], vec![("name_zh", "李明")]]);
    office.refuses(&twice, "line 3, column 1 (number): line 2 has the same number");

    let rows = [
        vec![("phone", "＋８６　１３９  ００００\u{a0}００００ "), ("email", " wang@example.com ")],
        vec![("number", "900002"), ("phone", "+86 139 0000 0000"), ("sector", "外星贸易 = new!")],
    ];
    office.import(&list(&rows)).ok();
    let roster = office.server(&["export", "roster"]).ok().json();
    assert_eq!(roster[0]["phone"], "+86 139 0000 0000", "evened out");
    assert_eq!(roster[0]["email"], "wang@example.com");
    assert_eq!(roster[1]["phone"], "+86 139 0000 0000", "shared phones are allowed");
    assert_eq!(roster[1]["sector"], "外星贸易 = new!", "an unknown sector is a text");
}

/// Days stand in the convention file only.
#[test]
fn case_51_days_that_never_were() {
    let office = Office::open();
    let day = "first_day = 2023-09-25";
    for wrong in ["1900-02-29", "2023-02-30", "45194", "\"2023-09-25\"", "0000-00-00"] {
        office.refuses_convention(day, &format!("first_day = {wrong}"), "line ");
    }
}

#[test]
fn case_52_identity_numbers_are_refused_as_columns_and_as_values() {
    let office = Office::open();
    let text = String::from_utf8(list(&[vec![]])).unwrap();
    let (header, rows) = text.split_once('\n').unwrap();
    for heading in ["身份证号码", "证件号", "passport", "Passport No", "id_number", "护照号"]
    {
        let with = format!("{header},{heading}\n{},x\n", rows.trim_end());
        office
            .refuses(with.as_bytes(), "line 1, column 23: numbers of identity cards and passports");
    }
    for (column, value) in [
        ("name_latin", "11010519491231002X"),
        ("sector", "身份证：110105 19491231 002x"),
        ("post_zh", "１１０１０５１９４９１２３１００２Ｘ"),
        ("given", "110105\u{ad}19491231\u{200d}002X"),
        ("liaison", "110105491231002"),
        ("enterprise_en", "护照 E12345678"),
        ("sector", "A123456(3)"),
        ("post_en", "H12345678"),
    ] {
        let outcome = office.import(&list(&[vec![], vec![("number", "900002"), (column, value)]]));
        office.refused(&outcome, "line 3, column ");
        office.refused(&outcome, "this looks like the number of an identity card");
        assert!(
            !outcome.err.contains("491231") && !outcome.err.contains("12345"),
            "and is not shown again: {}",
            outcome.err
        );
    }
}

/// What `export` gives, `import` takes, also into a fresh folder.
#[test]
fn an_exported_list_is_a_list() {
    let (office, other) = (Office::open(), Office::open());
    let demo = project("demo/attendees.csv");
    office.server(&["import", demo.to_str().unwrap()]).ok();
    let table = office.server(&["export", "roster", "--format", "csv"]).ok().out;
    let again = office.import(table.as_bytes()).ok().json();
    assert_eq!((again["new"].as_u64(), again["changed"].as_u64()), (Some(0), Some(0)));
    other.import(table.as_bytes()).ok();
    assert_eq!(other.server(&["export", "roster", "--format", "csv"]).ok().out, table);
}
