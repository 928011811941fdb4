//! Whose badges are meant, and the templates they are drawn with.

use std::collections::BTreeMap;
use std::path::Path;

use admission::id::Slug;
use admission::roster::{Attendee, Convention, Status};
use anyhow::{Context, ensure};
use badge::{Badge, BadgeError, Template, Texts};

use crate::complaint::Complaints;
use crate::folder::{Folder, convention};
use crate::{import, template_file};

/// Somebody who is confirmed, and the line of the list on which that stands.
pub(super) struct Guest {
    pub(super) number: String,
    /// `None` for somebody on the list as it was imported.
    pub(super) line: Option<usize>,
    pub(super) attendee: Attendee,
}

impl Guest {
    /// Returns the name that stands largest on the badge.
    pub(super) fn name(&self) -> &str {
        let person = self.attendee.person.as_ref();
        person.map_or("", |p| if p.name.is_empty() { &p.latin } else { &p.name })
    }
}

/// Guests and what their badges are drawn with, as a kiosk draws them.
pub(super) struct Studio {
    pub(super) convention: Convention,
    designs: BTreeMap<String, Design>,
    /// Takes the place of everybody's own template.
    only: Option<Design>,
}

/// A template, and what on it nobody would see.
struct Design {
    template: Template,
    faults: Vec<String>,
}

impl From<Template> for Design {
    fn from(template: Template) -> Design {
        let faults = template.faults();
        Design { template, faults }
    }
}

impl Studio {
    /// Opens the convention's own templates, or the one in a file.
    pub(super) fn open(convention: Convention, template: Option<&Path>) -> anyhow::Result<Studio> {
        let read = |svg: &String| Template::parse(svg).context("a stored badge template");
        let designs = match template {
            Some(_) => BTreeMap::new(),
            None => {
                let stored = convention.templates.iter();
                let read = stored.map(|(name, svg)| Ok((name.clone(), read(svg)?.into())));
                read.collect::<anyhow::Result<_>>()?
            }
        };
        let only = template.map(from_file).transpose()?.map(Design::from);
        Ok(Studio { convention, designs, only })
    }

    /// Returns what is drawn otherwise than the drawing program shows it.
    pub(super) fn remarks(&self) -> impl Iterator<Item = &str> {
        let all = self.designs.values().chain(&self.only);
        all.flat_map(|design| design.template.remarks()).map(String::as_str)
    }

    /// Returns what nobody would see of somebody's badge, or see twice, by fault of the template.
    pub(super) fn faults(&self, guest: &Guest) -> &[String] {
        self.design(guest).map_or(&[], |design| &design.faults)
    }

    /// Draws the badge of somebody; `None` where there is nothing to print.
    pub(super) fn draw(&self, guest: &Guest) -> Option<Result<Badge, BadgeError>> {
        let (texts, template) = self.texts(guest)?;
        Some(template.fill(&texts))
    }

    /// Returns what stands on a badge, and its template.
    pub(super) fn texts(&self, guest: &Guest) -> Option<(Texts, &Template)> {
        let texts = Texts::of(&guest.attendee, &self.convention)?;
        Some((texts, &self.design(guest)?.template))
    }

    fn design(&self, guest: &Guest) -> Option<&Design> {
        let category = self.convention.category(&guest.attendee.category)?;
        self.only.as_ref().or_else(|| self.designs.get(&category.template))
    }
}

fn from_file(path: &Path) -> anyhow::Result<Template> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let name = path.file_name().and_then(|name| name.to_str());
    let name = name.with_context(|| format!("{} is no file", path.display()))?;
    let svg = template_file::read(folder, name).map_err(anyhow::Error::msg)?;
    Ok(Template::parse(&svg)?)
}

/// Tells what is wrong with a list to somebody who changes nothing by looking at it.
fn only_looked(error: anyhow::Error) -> anyhow::Error {
    match error.downcast_ref::<Complaints>() {
        Some(found) => anyhow::Error::msg(found.told("mend the list and try again")),
        None => error,
    }
}

/// Reads who is confirmed, of a file as `import` reads it or of the list that was imported; by delegation and number, so that
/// what is printed can be sorted into trays as it comes.
pub(super) fn read(
    data: &Path,
    roster: Option<&Path>,
    delegation: Option<&Slug>,
) -> anyhow::Result<(Convention, Vec<Guest>)> {
    let folder = Folder::open(data)?;
    let ledger = folder.ledger_to_read()?;
    let convention = convention(&ledger)?;
    if let Some(id) = delegation {
        ensure!(
            convention.delegation(id).is_some(),
            "no delegation is called {id}; the convention file has their names"
        );
    }
    let all: Vec<(Option<usize>, _)> = match roster {
        Some(file) => {
            let drafted = import::drafted(&folder, &ledger, file).map_err(only_looked)?;
            drafted.into_iter().map(|(line, entry)| (Some(line), entry)).collect()
        }
        None => ledger.entries()?.into_iter().map(|entry| (None, entry)).collect(),
    };
    let guests = all.into_iter().map(|(line, entry)| Guest {
        number: entry.number,
        line,
        attendee: entry.attendee,
    });
    let mut guests: Vec<Guest> = guests
        .filter(|guest| guest.attendee.status == Status::Confirmed)
        .filter(|guest| delegation.is_none_or(|wanted| guest.attendee.delegation == *wanted))
        .collect();
    guests.sort_by(|a, b| {
        (&a.attendee.delegation, &a.number).cmp(&(&b.attendee.delegation, &b.number))
    });
    Ok((convention, guests))
}
