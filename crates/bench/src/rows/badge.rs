//! Row `badge`: the demo's template with six texts and a code, on one core.
//!
//! The people are the demo's own, all scripts among them. Filling the template counts; reading it
//! does not, because a station reads it once. Afterwards ReportLab draws the same texts with the same
//! fonts.

use std::time::Instant;

use anyhow::Context;
use badge::{Badge, Template, Texts, document, zpl};

use crate::Bench;
use crate::report::{Figure, Of, millis};
use crate::reportlab::{self, Times};
use crate::town::Town;

/// Most that a badge may take in one document of many, and alone, in milliseconds.
const BUDGET: (f64, f64) = (5.0, 20.0);
/// Most that the dots of a label may take, in milliseconds.
const DOTS_BUDGET: f64 = 12.0;
/// Width of the demo's badge at 300 dpi, in pixels: 90 mm.
const WIDTH: u32 = 1063;
/// Pages of one document.
const PAGES: u32 = 200;

pub fn run(bench: &Bench) -> anyhow::Result<Vec<Figure>> {
    let town = Town::found(bench)?;
    let template = town.convention.templates.values().next().context("the demo has no template")?;
    let template = Template::parse(template)?;
    let count = bench.size(PAGES, 4);
    let texts: Vec<Texts> = (0..count)
        .filter_map(|number| Texts::of(&town.attendee(number * 4), &town.convention))
        .collect();
    // The first badge loads the faces, which a station does before anybody comes.
    let first = texts.first().context("nobody has a badge")?;
    template.fill(first)?.png(WIDTH)?;
    let bulk = (0..bench.size(7, 1))
        .map(|_| in_bulk(&template, &texts))
        .collect::<Result<Vec<f64>, _>>()?;
    let alone = each(&template, &texts, |badge| badge.pdf())?;
    let picture = each(&template, &texts, |badge| badge.png(WIDTH))?;
    let dots = each(&template, &texts, |badge| Ok(zpl(&badge.bits(300)?)))?;
    let peer = peer(bench, &texts);
    let bulk = Figure::new("PDF, a badge in one document", "ms", &bulk);
    let alone = Figure::new("PDF, one alone", "ms", &alone);
    Ok(vec![
        beside(bulk, &peer, |times| &times.bulk).at_most(Of::Median, BUDGET.0),
        beside(alone, &peer, |times| &times.alone).at_most(Of::Median, BUDGET.1),
        Figure::new("PNG at 300 dpi", "ms", &picture),
        Figure::new("ZPL, dots at 300 dpi", "ms", &dots).at_most(Of::Median, DOTS_BUDGET),
    ])
}

/// Lets ReportLab draw the same, or says why it cannot: our own figures stand without it.
fn peer(bench: &Bench, texts: &[Texts]) -> Result<Times, String> {
    let python = bench.python.as_ref().map_err(String::clone)?;
    let rounds = bench.size(3, 1);
    reportlab::draw(python, texts, rounds).map_err(|error| format!("{error:#}"))
}

fn beside(figure: Figure, peer: &Result<Times, String>, of: fn(&Times) -> &[f64]) -> Figure {
    match peer {
        Ok(times) => figure.beside("ReportLab", of(times)),
        Err(reason) => figure.without_peer(reason.clone()),
    }
}

/// Fills and draws one document; returns the milliseconds of one badge in it.
fn in_bulk(template: &Template, texts: &[Texts]) -> anyhow::Result<f64> {
    let began = Instant::now();
    let badges = texts.iter().map(|texts| template.fill(texts)).collect::<Result<Vec<_>, _>>()?;
    let pdf = document(&badges)?;
    anyhow::ensure!(pdf.starts_with(b"%PDF"), "that is no document");
    Ok(began.elapsed().as_secs_f64() * 1000.0 / texts.len() as f64)
}

/// Fills and draws one after the other; returns the milliseconds of each.
fn each(
    template: &Template,
    texts: &[Texts],
    draw: impl Fn(&Badge) -> Result<Vec<u8>, badge::BadgeError>,
) -> anyhow::Result<Vec<f64>> {
    let times = texts.iter().map(|texts| {
        let began = Instant::now();
        draw(&template.fill(texts)?)?;
        Ok(began.elapsed())
    });
    Ok(millis(&times.collect::<anyhow::Result<Vec<_>>>()?))
}
