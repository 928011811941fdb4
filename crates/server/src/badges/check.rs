//! `badge check`: draws everybody's badge as a kiosk would, and tells what is wrong with it.

use std::collections::BTreeMap;
use std::path::Path;
use std::path::PathBuf;

use anyhow::ensure;
use badge::{Badge, BadgeError};
use serde::Serialize;

use super::people::{Guest, Studio, read};
use crate::complaint::{Complaint, MOST};
use crate::import::{COLUMNS, badges::unprintable};
use crate::progress::Progress;
use crate::{answer, parallel};

/// What to check.
#[derive(Clone, Debug)]
pub struct Request {
    /// A template; without it, the convention's own.
    pub template: Option<PathBuf>,
    /// The list; without it, the imported one.
    pub roster: Option<PathBuf>,
    /// Resolution of the printer.
    pub dpi: u32,
}

/// One thing that is wrong with somebody's badge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Finding {
    number: String,
    name: String,
    /// The line of the list, if it was a file.
    line: Option<usize>,
    /// The column of the list whose text it is.
    column: Option<&'static str>,
    problem: &'static str,
    text: String,
}

/// Checks, prints a JSON line for each finding and words on standard error.
///
/// # Errors
/// A sentence, if anything is wrong or a file cannot be read.
pub fn run(data: &Path, request: &Request) -> anyhow::Result<()> {
    let Summary { badges, wrong, json, told, remarks } = check_all(data, request)?;
    for remark in remarks {
        eprintln!("note: badge template, {remark}");
    }
    answer(&json)?;
    told.iter().take(MOST).for_each(|told| eprintln!("{told}"));
    let more = told.len().saturating_sub(MOST);
    if more > 0 {
        eprintln!("and {more} more");
    }
    ensure!(wrong == 0, "{wrong} of {badges} badges are not right");
    eprintln!("{badges} badges are right, for a printer of {} dpi.", request.dpi);
    Ok(())
}

/// What a check found.
#[derive(Debug)]
pub(super) struct Summary {
    /// How many badges there are.
    pub(super) badges: usize,
    /// How many of them something is wrong with.
    pub(super) wrong: usize,
    /// A line for each finding.
    pub(super) json: String,
    /// The same in words.
    pub(super) told: Vec<String>,
    /// What is no mistake and worth knowing.
    pub(super) remarks: Vec<String>,
}

/// Checks, and says nothing.
pub(super) fn check_all(data: &Path, request: &Request) -> anyhow::Result<Summary> {
    let (convention, guests) = read(data, request.roster.as_deref(), None)?;
    let studio = Studio::open(convention, request.template.as_deref())?;
    let found = check(&studio, &guests, request.dpi);
    let wrong = found.iter().filter(|of_one| !of_one.is_empty()).count();
    let findings = once_per_text(found.into_iter().flatten().collect());
    let lines = findings.iter().map(|finding| serde_json::to_string(finding).map(|l| l + "\n"));
    let file = request.roster.as_ref().map(|file| file.display().to_string());
    Ok(Summary {
        badges: guests.len(),
        wrong,
        json: lines.collect::<Result<String, _>>()?,
        told: findings.iter().map(|finding| told(finding, file.as_deref())).collect(),
        remarks: studio.remarks().map(str::to_owned).collect(),
    })
}

fn check(studio: &Studio, guests: &[Guest], dpi: u32) -> Vec<Vec<Finding>> {
    let progress = Progress::of(guests.len(), "badges");
    parallel::map(guests, |guest| {
        let found = wrong_with(studio, guest, dpi);
        progress.advance(1);
        found
    })
}

fn wrong_with(studio: &Studio, guest: &Guest, dpi: u32) -> Vec<Finding> {
    let finding = |column, problem, text| Finding {
        number: guest.number.clone(),
        name: guest.name().to_owned(),
        line: guest.line,
        column,
        problem,
        text,
    };
    let badge = match studio.draw(guest) {
        None => return vec![finding(None, "no_badge", "there is nothing to print".to_owned())],
        Some(Ok(badge)) => badge,
        Some(Err(error)) => {
            let found = unprintable(&error, &guest.attendee);
            let column = COLUMNS.get(found.column).copied();
            return vec![finding(column, kind(&error), found.text)];
        }
    };
    let mut found: Vec<Finding> = badge
        .clipped()
        .into_iter()
        .map(|text| {
            let said = format!("the text {text} is cut off; move it into the paper and its clip");
            finding(None, "clipped", said)
        })
        .collect();
    found.extend(studio.faults(guest).iter().map(|said| finding(None, "unseen", said.clone())));
    let small = badge.sides().find_map(|side: &Badge| side.refuse_small_code(dpi).err());
    found.extend(small.map(|error| finding(None, kind(&error), error.to_string())));
    found
}

/// What is wrong with the template itself is told once, and not of everybody.
fn once_per_text(findings: Vec<Finding>) -> Vec<Finding> {
    let mut seen: BTreeMap<(&'static str, String), usize> = BTreeMap::new();
    let mut kept: Vec<(Finding, Option<(&'static str, String)>)> = Vec::new();
    for finding in findings {
        if finding.column.is_some() || finding.problem == "no_badge" {
            kept.push((finding, None));
            continue;
        }
        let key = (finding.problem, finding.text.clone());
        let times = seen.entry(key.clone()).or_default();
        *times = times.saturating_add(1);
        if *times == 1 {
            kept.push((finding, Some(key)));
        }
    }
    let counted = |(mut finding, key): (Finding, Option<_>)| {
        let others = key.and_then(|key| seen.get(&key)).map_or(0, |times| times.saturating_sub(1));
        if others > 0 {
            finding.text = format!("{} (and so {others} more)", finding.text);
        }
        finding
    };
    kept.into_iter().map(counted).collect()
}

fn kind(error: &BadgeError) -> &'static str {
    match error {
        BadgeError::MissingGlyph { .. } => "missing_glyph",
        BadgeError::ControlCharacter { .. } => "control_character",
        BadgeError::DoesNotFit { .. } => "does_not_fit",
        BadgeError::CodeTooSmall { .. } => "code_too_small",
        _ => "template",
    }
}

fn told(finding: &Finding, file: Option<&str>) -> String {
    let Finding { number, name, line, column, text, .. } = finding;
    let text = format!("{number} {name}: {text}");
    match (file, line, column) {
        (Some(file), Some(line), Some(heading)) => {
            let column = COLUMNS.iter().position(|known| known == heading);
            Complaint {
                file: file.to_owned(),
                line: *line,
                column: column.map_or(1, |column| column.saturating_add(1)),
                heading: (*heading).to_owned(),
                text,
            }
            .to_string()
        }
        (Some(file), Some(line), None) => {
            format!("{file}, line {line}: {text}").replace(char::is_control, "\u{FFFD}")
        }
        _ => text.replace(char::is_control, "\u{FFFD}"),
    }
}
