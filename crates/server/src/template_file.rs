//! Reads a badge template from its folder: the drawing, its back, and the pictures that they link.
//!
//! The result is one text with everything in it, which travels to the stations. No other time is a picture read from a file.

use std::path::Path;

use badge::Template;
use badge::template::{LARGEST_PICTURE, embed};

use crate::beside::{self, Unread, is_inside};
use crate::complaint::Complaints;
use crate::incoming::{Bounds, Purpose, read_text};

/// Largest badge template with its back and its pictures, in bytes: it travels to every station.
const LARGEST: usize = 1 << 20;

/// Reads a template that lies at `folder`/`name`, and draws it once.
///
/// # Errors
/// What is wrong and what to do, in a sentence that names the file.
pub(crate) fn read(folder: &Path, name: &str) -> Result<String, String> {
    if !is_inside(name) {
        return Err("name a template in the folder of this file, such as badges/badge.svg".into());
    }
    let front = side(folder, name)?;
    let back = back_of(name);
    let svg = match folder.join(&back).exists() {
        true => Template::joined(&front, &tried(side(folder, &back)?, &back)?),
        false => front,
    };
    if svg.len() > LARGEST {
        return Err(format!(
            "{name}: {} bytes with its back and its pictures, of at most {LARGEST}; scale the pictures down",
            svg.len()
        ));
    }
    tried(svg, name)
}

fn tried(svg: String, name: &str) -> Result<String, String> {
    Template::parse(&svg).map(|_| svg).map_err(|error| format!("{name}: {error}"))
}

/// Returns the name of the file of the other side: `badge-back.svg` for `badge.svg`.
fn back_of(name: &str) -> String {
    match name.rsplit_once('.') {
        Some((stem, ending)) if !ending.contains('/') => format!("{stem}-back.{ending}"),
        _ => format!("{name}-back"),
    }
}

/// Reads one file and puts its pictures in.
fn side(folder: &Path, name: &str) -> Result<String, String> {
    let path = folder.join(name);
    let bounds = Bounds::bytes(u64::try_from(LARGEST).unwrap_or(u64::MAX));
    let svg = read_text(&path, Purpose::Template, bounds).map_err(unreadable)?;
    let beside = path.parent().unwrap_or(folder).to_owned();
    embed(&svg, |picture| read_picture(&beside, picture))
        .map_err(|error| format!("{name}: {error}"))
}

/// Reads a picture in the folder of the template or below, wherever links in it lead.
fn read_picture(folder: &Path, name: &str) -> Result<Vec<u8>, String> {
    beside::read(folder, name, LARGEST_PICTURE).map_err(|why| match why {
        Unread::Outside => "it lies outside of the template's folder".to_owned(),
        other => other.to_string(),
    })
}

/// What is wrong inside a template says its own cure.
fn unreadable(error: anyhow::Error) -> String {
    match error.downcast_ref::<Complaints>().and_then(|found| found.0.first()) {
        Some(found) => found.to_string(),
        None => format!("{error:#}; put the template there or name another"),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::testing::TEMPLATE;

    /// A red PNG of one pixel.
    const PNG: &[u8] = &[
        137, 80, 78, 71, 13, 10, 26, 10, 0, 0, 0, 13, 73, 72, 68, 82, 0, 0, 0, 1, 0, 0, 0, 1, 8, 2,
        0, 0, 0, 144, 119, 83, 222, 0, 0, 0, 12, 73, 68, 65, 84, 120, 156, 99, 56, 193, 192, 0, 0,
        2, 92, 0, 201, 67, 200, 18, 70, 0, 0, 0, 0, 73, 69, 78, 68, 174, 66, 96, 130,
    ];

    fn with_picture(href: &str) -> String {
        TEMPLATE
            .replace("</svg>", &format!("<image width=\"9\" height=\"9\" href=\"{href}\"/></svg>"))
    }

    #[test]
    fn a_picture_and_a_back_beside_the_template_travel_in_it() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("badge.svg"), with_picture("logo.png")).unwrap();
        fs::write(dir.path().join("badge-back.svg"), TEMPLATE).unwrap();
        fs::write(dir.path().join("logo.png"), PNG).unwrap();
        let svg = read(dir.path(), "badge.svg").unwrap();
        assert!(svg.contains("data:image/png;base64,iVBOR"));
        assert_eq!(svg, Template::joined(svg.split('\u{C}').next().unwrap(), TEMPLATE));
    }

    #[test]
    fn a_picture_outside_of_the_folder_is_never_read() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("badges");
        fs::create_dir(&folder).unwrap();
        fs::write(dir.path().join("secret.png"), PNG).unwrap();
        std::os::unix::fs::symlink(dir.path().join("secret.png"), folder.join("link.png")).unwrap();
        for href in
            ["../secret.png", "/etc/hostname", "link.png", "x/../../secret.png", "..\\secret.png"]
        {
            fs::write(folder.join("badge.svg"), with_picture(href)).unwrap();
            let refused = read(&folder, "badge.svg").unwrap_err();
            assert!(refused.contains("badge.svg: badge template, line 14"), "{refused}");
            assert!(refused.contains("outside of the template's folder"), "{refused}");
        }
        fs::write(folder.join("badge.svg"), with_picture("none.png")).unwrap();
        assert!(read(&folder, "badge.svg").unwrap_err().contains("there is no such file"));
    }

    #[test]
    fn nobody_waits_for_a_pipe_beside_a_template() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("badge.svg"), TEMPLATE).unwrap();
        crate::testing::pipe(&dir.path().join("badge-back.svg"));
        let refused = read(dir.path(), "badge.svg").unwrap_err();
        assert!(
            refused.contains("badge-back.svg: it is a folder, a pipe or a device"),
            "{refused}"
        );
        fs::write(dir.path().join("badge.svg"), with_picture("badge-back.svg")).unwrap();
        assert!(read(dir.path(), "badge.svg").unwrap_err().contains("it is no file"));
    }

    #[test]
    fn a_mistake_on_the_back_names_its_file() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("badge.svg"), TEMPLATE).unwrap();
        let wrong = TEMPLATE.replace("</svg>", "<script/></svg>");
        fs::write(dir.path().join("badge-back.svg"), wrong).unwrap();
        let refused = read(dir.path(), "badge.svg").unwrap_err();
        assert!(refused.starts_with("badge-back.svg: badge template, line 14"), "{refused}");
    }
}
