//! Names with characters that no built-in face has, drawn as pictures from an organiser's own fonts.
//!
//! Server and stations draw with the same built-in faces and nothing else. So a name that needs more is
//! drawn once, where the fonts are, and its picture travels with the person.

use std::fmt::Write as _;
use std::sync::Arc;

use resvg::tiny_skia::{Pixmap, Transform};
use unicode_segmentation::UnicodeSegmentation;
use usvg::fontdb::{Database, ID, Source, Weight};
use usvg::{FontFamily, FontResolver, Options, Tree};

use crate::BadgeError;
use crate::faces::{Order, faces};
use crate::lines_of_name::{LEADING, lines};
use crate::markup::escaped;
use crate::room::Room;

/// Size of the letters in a picture before it is trimmed, in pixels.
const EM: f32 = 256.0;
/// Most pixels of a picture in width; a longer name is drawn smaller.
const WIDEST: f32 = 1800.0;
/// How much a regular face is thickened beside bold ones, in em.
const BOLDER: f32 = 0.03;

/// Fonts of an organiser for characters that no built-in face has.
#[derive(Clone)]
pub struct FontPack {
    database: Arc<Database>,
    faces: Vec<Own>,
}

#[derive(Clone, Copy)]
struct Own {
    id: ID,
    bold: bool,
}

/// Who draws a stretch of a name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Drawer {
    BuiltIn(&'static str),
    Own(usize),
}

impl FontPack {
    /// Reads font files (TrueType, OpenType, or collections of them); where several have a character,
    /// the first draws it.
    ///
    /// # Errors
    /// The place in `files` of one that is no font.
    pub fn read(files: Vec<Vec<u8>>) -> Result<FontPack, usize> {
        let mut database = (*faces().database()).clone();
        let mut own = Vec::new();
        for (place, file) in files.into_iter().enumerate() {
            let ids = database.load_font_source(Source::Binary(Arc::new(file)));
            if ids.is_empty() {
                return Err(place);
            }
            own.extend(ids);
        }
        let bold = |id| database.face(id).is_some_and(|face| face.weight >= Weight::SEMIBOLD);
        let own = own.into_iter().map(|id| Own { id, bold: bold(id) }).collect();
        Ok(FontPack { database: Arc::new(database), faces: own })
    }

    /// Draws a name bold and black on nothing, as PNG, trimmed to its ink: in one line, a long one in up to three.
    ///
    /// Returns nothing where the built-in faces have every character, for then it is no picture's work.
    ///
    /// # Errors
    /// [`BadgeError::MissingGlyph`] if these fonts do not have a character either.
    pub fn picture(&self, name: &str, language: &str) -> Result<Option<Vec<u8>>, BadgeError> {
        let rare: Vec<char> = name.chars().filter(|&c| !faces().can_draw(c)).collect();
        if rare.is_empty() {
            return Ok(None);
        }
        let missing: Vec<char> =
            rare.into_iter().filter(|&c| self.drawer_of(c).is_none()).collect();
        if !missing.is_empty() {
            return Err(BadgeError::MissingGlyph { field: "name".to_owned(), characters: missing });
        }
        let tree = self.tree(&self.drawing(name, Order::for_language(language).for_text(name)))?;
        let ink = tree.root().abs_stroke_bounding_box();
        let scale = (WIDEST / ink.width()).min(1.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a few hundred pixels"
        )]
        let side = |length: f32| (length * scale).ceil() as u32;
        let broken = || BadgeError::Drawing("a name without ink".to_owned());
        let mut canvas = Pixmap::new(side(ink.width()), side(ink.height())).ok_or_else(broken)?;
        let place = Transform::from_translate(-ink.left(), -ink.top()).post_scale(scale, scale);
        resvg::render(&tree, place, &mut canvas.as_mut());
        let png = canvas.encode_png().map_err(|error| BadgeError::Drawing(error.to_string()))?;
        Ok(Some(png))
    }

    /// Returns the face of the pack that has a character.
    fn drawer_of(&self, c: char) -> Option<usize> {
        self.faces.iter().position(|own| {
            let has = |data: &[u8], index| {
                let face = ttf_parser::Face::parse(data, index).ok();
                face.is_some_and(|face| face.glyph_index(c).is_some())
            };
            self.database.with_face_data(own.id, has) == Some(true)
        })
    }

    fn drawing(&self, name: &str, order: Order) -> String {
        let lines: String = (0_u8..)
            .zip(lines(name))
            .map(|(n, line)| {
                let (y, spans) = (f32::from(n) * LEADING * EM, self.spans(&line, order));
                format!(r#"<text xml:space="preserve" y="{y}" text-anchor="middle" font-size="{EM}" font-weight="700">{spans}</text>"#)
            })
            .collect();
        format!(r#"<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1">{lines}</svg>"#)
    }

    fn spans(&self, name: &str, order: Order) -> String {
        let mut runs: Vec<(Drawer, String)> = Vec::new();
        for cluster in name.graphemes(true) {
            let rare = cluster.chars().find(|&c| !faces().can_draw(c));
            let drawer = match rare.and_then(|c| self.drawer_of(c)) {
                Some(own) => Drawer::Own(own),
                None => {
                    let run = faces().runs(cluster, order).into_iter().next();
                    Drawer::BuiltIn(run.map_or("Noto Sans", |run| run.family.name()))
                }
            };
            match runs.last_mut() {
                Some((last, text)) if *last == drawer => text.push_str(cluster),
                _ => runs.push((drawer, cluster.to_owned())),
            }
        }
        let (mut spans, mut missing) = (String::new(), 0.0);
        for (drawer, text) in runs {
            let room = self.room(drawer, &text).shifted(missing);
            missing = room.after;
            let (text, room) = (escaped(&text), room.attribute(EM));
            let _ = match drawer {
                Drawer::BuiltIn(family) => {
                    write!(spans, r#"<tspan font-family="{family}"{room}>{text}</tspan>"#)
                }
                Drawer::Own(own) => {
                    write!(
                        spans,
                        r#"<tspan font-family="own-{own}"{room}{}>{text}</tspan>"#,
                        self.ink(own)
                    )
                }
            };
        }
        spans
    }

    /// Returns what a stretch lacks between its letters; those of built-in faces are too few to matter.
    fn room(&self, drawer: Drawer, text: &str) -> Room {
        let own = match drawer {
            Drawer::Own(own) => self.faces.get(own),
            Drawer::BuiltIn(_) => None,
        };
        let in_face = |data: &[u8], index| Room::in_face(text, data, index);
        own.and_then(|own| self.database.with_face_data(own.id, in_face)).unwrap_or_default()
    }

    /// Bold stays bold: a face that has no bold is drawn with a line around its strokes.
    fn ink(&self, own: usize) -> String {
        match self.faces.get(own) {
            Some(Own { bold: false, .. }) => {
                let width = EM * BOLDER;
                format!(r##" stroke="#000" stroke-width="{width}" stroke-linejoin="round""##)
            }
            _ => String::new(),
        }
    }

    fn tree(&self, svg: &str) -> Result<Tree, BadgeError> {
        let faces_of_own: Vec<ID> = self.faces.iter().map(|own| own.id).collect();
        let built_in = faces().resolver(Order::for_language("zh"));
        let resolver = FontResolver {
            select_font: Box::new(move |font, database| {
                let own = font.families().iter().find_map(|name| match name {
                    FontFamily::Named(name) => name.strip_prefix("own-")?.parse::<usize>().ok(),
                    _ => None,
                });
                match own {
                    Some(own) => faces_of_own.get(own).copied(),
                    None => (built_in.select_font)(font, database),
                }
            }),
            select_fallback: Box::new(|_, _, _| None),
        };
        let options = Options {
            font_resolver: resolver,
            fontdb: Arc::clone(&self.database),
            ..Options::default()
        };
        Tree::from_str(svg, &options).map_err(|error| BadgeError::Drawing(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::arithmetic_side_effects, reason = "counts of a few thousand pixels")]

    use super::*;

    /// Three characters of Hanazono Mincho B (GlyphWiki; free to use, copy and change).
    const RARE: &[u8] = include_bytes!("../tests/data/rare.ttf");

    fn pack() -> FontPack {
        FontPack::read(vec![RARE.to_vec()]).unwrap_or_else(|place| panic!("file {place}"))
    }

    /// Returns the share of dark pixels in the inner half of each of three equally wide characters:
    /// the box that stands for a missing one is empty there.
    fn ink(png: &[u8]) -> [f32; 3] {
        let picture = image::load_from_memory(png).unwrap().into_rgba8();
        let (wide, high) = (picture.width() / 3, picture.height());
        [0, 1, 2].map(|part| {
            let inner = image::imageops::crop_imm(
                &picture,
                part * wide + wide / 4,
                high / 4,
                wide / 2,
                high / 2,
            );
            let inner = inner.to_image();
            let dark = inner.pixels().filter(|p| p.0[3] > 128 && p.0[0] < 64).count();
            f32::from(u16::try_from(dark * 1000 / inner.pixels().len()).unwrap()) / 1000.0
        })
    }

    #[test]
    fn a_rare_character_is_drawn_from_the_pack_and_the_others_as_always() {
        let png = pack().picture("王𪻐𡒄", "zh-Hans").unwrap().unwrap();
        if let Ok(folder) = std::env::var("YINGBIN_LOOK") {
            std::fs::write(std::path::Path::new(&folder).join("rare.png"), &png).unwrap();
        }
        let shares = ink(&png);
        assert!(shares.iter().all(|&share| share > 0.2 && share < 0.7), "{shares:?}");
    }

    #[test]
    fn a_regular_face_is_thickened_beside_bold_ones() {
        let pack = pack();
        assert!(pack.ink(0).contains("stroke"), "the face has no bold");
    }

    #[test]
    fn what_the_built_in_faces_have_is_no_picture_s_work() {
        assert_eq!(pack().picture("王伟", "zh-Hans"), Ok(None));
    }

    #[test]
    fn what_nobody_has_is_named() {
        let missing =
            BadgeError::MissingGlyph { field: "name".to_owned(), characters: vec!['\u{2EBF0}'] };
        assert_eq!(pack().picture("王𪻐\u{2EBF0}", "zh-Hans"), Err(missing));
    }

    #[test]
    fn a_file_that_is_no_font_is_named_by_its_place() {
        let read = FontPack::read(vec![RARE.to_vec(), b"no font".to_vec()]);
        assert_eq!(read.err(), Some(1));
    }

    #[test]
    fn a_long_name_is_drawn_on_three_lines_and_whole() {
        let png = pack().picture(&"𪻐".repeat(30), "zh-Hans").unwrap().unwrap();
        let picture = image::load_from_memory(&png).unwrap();
        assert!(picture.width() <= 1801, "{}", picture.width());
        let shape = picture.width() as f32 / picture.height() as f32;
        assert!((2.8..3.3).contains(&shape), "ten characters by three lines: {shape}");
    }
}
