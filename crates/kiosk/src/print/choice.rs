//! Which printers a station was told to use; it remembers them in its folder.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use admission::id::Slug;
use admission::roster::Category;
use printer::Address;
use serde::{Deserialize, Serialize};

/// The file in the station's folder.
const FILE: &str = "printers.json";

/// The printers that a station remembers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Choice {
    /// For most badges; without it, the folder `badges` beside the ledger.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usual: Option<Address>,
    /// Takes what another printer surely did not print.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instead: Option<Address>,
    /// For badges of these categories, by the category's id.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", rename = "for")]
    pub by_category: BTreeMap<String, Address>,
}

/// Why the choice cannot be read or kept, in a sentence.
#[derive(Debug, thiserror::Error)]
pub enum ChoiceError {
    /// The file is not what was written.
    #[error("{file} cannot be understood ({reason}); choose the printers again: printers use")]
    Malformed {
        /// The file.
        file: String,
        /// What is wrong.
        reason: String,
    },
    /// The folder fails.
    #[error("{file}: {reason}")]
    Disk {
        /// The file.
        file: String,
        /// What the system said.
        reason: io::Error,
    },
    /// The convention has no such category.
    #[error("{category} is no category of this convention; there are {known}")]
    Category {
        /// What was written.
        category: Slug,
        /// The convention's own.
        known: String,
    },
    /// One category with two printers.
    #[error("{0} is there twice; each category has one printer")]
    Twice(Slug),
}

impl Choice {
    /// Returns the printer for badges of a category, if it has one of its own.
    pub fn of(&self, category: &Slug) -> Option<&Address> {
        self.by_category.get(category.as_str())
    }

    /// Gives categories printers of their own; `known` are the convention's, if it is known here.
    ///
    /// # Errors
    /// [`ChoiceError`] if one is no category, or is there twice; then nothing is changed.
    pub fn give(
        &mut self,
        printers: Vec<(Slug, Address)>,
        known: Option<&[Category]>,
    ) -> Result<(), ChoiceError> {
        let mut given = BTreeMap::new();
        for (category, address) in printers {
            if let Some(known) = known
                && !known.iter().any(|one| one.id == category)
            {
                let known: Vec<&str> = known.iter().map(|one| one.id.as_str()).collect();
                return Err(ChoiceError::Category { category, known: known.join(", ") });
            }
            if given.insert(category.to_string(), address).is_some() {
                return Err(ChoiceError::Twice(category));
            }
        }
        self.by_category.extend(given);
        Ok(())
    }

    /// Reads what a station's folder remembers; nothing if nothing was chosen.
    ///
    /// # Errors
    /// [`ChoiceError`] if it cannot be read.
    pub fn read(dir: &Path) -> Result<Choice, ChoiceError> {
        let path = dir.join(FILE);
        let file = path.display().to_string();
        match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map_err(|error| ChoiceError::Malformed { file, reason: error.to_string() }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Choice::default()),
            Err(reason) => Err(ChoiceError::Disk { file, reason }),
        }
    }

    /// Remembers it: whole or not at all.
    ///
    /// # Errors
    /// [`ChoiceError`] if the folder cannot be written to.
    pub fn keep(&self, dir: &Path) -> Result<(), ChoiceError> {
        let (path, part) = (dir.join(FILE), dir.join(format!("{FILE}.part")));
        let disk = |reason| ChoiceError::Disk { file: path.display().to_string(), reason };
        let text = serde_json::to_vec_pretty(self).map_err(|error| disk(error.into()))?;
        let mut file = fs::File::create(&part).map_err(disk)?;
        io::Write::write_all(&mut file, &text).and_then(|()| file.sync_all()).map_err(disk)?;
        fs::rename(&part, &path).map_err(disk)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{convention, slug};

    #[test]
    fn a_printer_is_for_a_category_that_there_is_and_for_each_once() {
        let known = convention().categories;
        let printers = |ids: &[&str]| -> Vec<(Slug, Address)> {
            ids.iter().map(|id| (slug(id), format!("cups:{id}").parse().unwrap())).collect()
        };
        let mut choice = Choice::default();
        let said = |choice: &mut Choice, ids: &[&str]| {
            choice.give(printers(ids), Some(&known)).unwrap_err().to_string()
        };
        assert_eq!(
            said(&mut choice, &["entrepreneur", "entrepeneur"]),
            "entrepeneur is no category of this convention; there are entrepreneur"
        );
        assert!(said(&mut choice, &["entrepreneur", "entrepreneur"]).contains("there twice"));
        assert_eq!(choice, Choice::default(), "nothing of it is taken");
        choice.give(printers(&["entrepreneur"]), Some(&known)).unwrap();
        // Where the convention is not known yet, nobody can say.
        choice.give(printers(&["honour"]), None).unwrap();
        assert_eq!(choice.by_category.len(), 2);
        choice.give(vec![(slug("honour"), "cups:b".parse().unwrap())], None).unwrap();
        assert_eq!(choice.of(&slug("honour")), "cups:b".parse().ok().as_ref(), "chosen anew");
    }

    #[test]
    fn what_was_chosen_is_remembered_and_what_is_damaged_says_so() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Choice::read(dir.path()).unwrap(), Choice::default());
        let choice = Choice {
            usual: Some("zpl://10.0.0.20:9100".parse().unwrap()),
            instead: Some("folder:/srv/badges".parse().unwrap()),
            by_category: [("honour".to_owned(), "cups:colour".parse().unwrap())].into(),
        };
        choice.keep(dir.path()).unwrap();
        assert_eq!(Choice::read(dir.path()).unwrap(), choice);
        for damaged in ["", "{", r#"{"usual":"fax:7"}"#, r#"{"printer":"cups:a"}"#] {
            fs::write(dir.path().join(FILE), damaged).unwrap();
            let said = Choice::read(dir.path()).unwrap_err().to_string();
            assert!(said.contains("choose the printers again"), "{said}");
        }
    }
}
