//! Badge templates: SVG drawings with placeholders, from any drawing program.
//!
//! A template is an SVG file whose `width` and `height` are the paper's, in `mm`. Anything may be drawn in it with shapes,
//! gradients, fixed texts and pictures (`docs/badges.md` is written for designers). What changes from badge to badge:
//!
//! ```svg
//! <text id="name" data-lines="2" data-min="30" style="font-size:18px;text-anchor:middle">{{ name }}</text>
//! <rect id="name-box" x="6" y="30" width="78" height="34"/>
//! <g data-box="70 380 760 300" data-align="middle">
//!   <text data-fit="name" data-lines="2" data-min="55" font-size="180" font-weight="700" text-anchor="middle">{{ name }}</text>
//!   <text data-fit="second_name" data-gap="12" font-size="60" text-anchor="middle">{{ second_name }}</text>
//! </g>
//! <rect data-code="pass" x="300" y="850" width="300" height="300" fill="#FFFFFF"/>
//! <rect y="1200" width="900" height="100" fill="{{ band }}"/>
//! <g data-page="back">…</g>
//! ```
//!
//! - A text stands in a box: a `<rect>` whose id is that of the text, or of a group of texts, with `-box` behind it (it is not
//!   printed); or `<g data-box="x y width height">` around it; or the rectangle that it was drawn in (`shape-inside`). Ids may
//!   be Inkscape's labels or Illustrator's names as well. The texts of a box are a column; `data-align` (`start`, `middle`,
//!   `end`) says where they stand in its height. A text without content leaves no gap.
//! - `data-fit`, or else the id, names the text in complaints. Its font size is the largest size, `data-min` the smallest in
//!   percent of it (55), `data-lines` the most lines (1; for a text alone in a rectangle as many as it is high), `data-wrap` the
//!   size in percent below which a further line is better (75), `data-gap` the room above it (0), `data-leading` the distance
//!   of lines (1.25 em, or `line-height`), `data-loose` the room between the characters of a Han name of two, as in 王 芳,
//!   and how much larger one of a single character is (0 em). Size, weight, anchor, letter spacing and colours come from attributes, `style` or a
//!   style sheet; nothing else is looked at.
//! - `<rect data-code="pass">`, or a rectangle with the id `code`, is the paper of the QR code, its quiet zone included.
//! - `<g data-page="back">`, a group with the id `back`, or an Inkscape layer of that name is the other side; or it is a file of
//!   its own, `badge-back.svg` beside `badge.svg` ([`Template::joined`]).
//! - `<rect id="photo">` is where the photo goes, and an `<image>` of that name as well: the photo fills it, the edge of the
//!   rectangle is drawn over it. Without a photo nothing is drawn there. `{% if photo %}` tells whether there is one.
//! - A picture of the name ([`Texts::name_image`]) takes the place of a text that is `{{ name }}` alone: as high as its letters,
//!   where they would stand, in their colour.
//! - Placeholders: `name`, `second_name`, `post`, `enterprise`, `second_enterprise`, `place`, `convention`, `second_convention`,
//!   `category`, `second_category`, `table`; they may stand only in texts of a box. The colours `band` and `on_band` (what is
//!   read best on the band) may stand in attributes. `{% if post %}` and the like work as in Jinja.
//!
//! What is refused, and why, is in `safety`.

mod boxes;
mod drawing;
#[cfg(test)]
mod drawn;
mod error;
mod pages;
mod person;
mod pictures;
mod places;
mod remarks;
mod safety;
mod style;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use roxmltree::{Document, Node, ParsingOptions};

use crate::BadgeError;
use crate::badge::Badge;
use crate::code::Code;
use crate::faces::Order;
use crate::picture;
use crate::texts::{Texts, colour, evened, printable, readable_on};
use drawing::Drawing;
pub use error::TemplateError;
pub(crate) use person::{NAME_IMAGE, Pictures};
use person::{PHOTO, PICTURED};
pub(crate) use pictures::resolver;
pub use pictures::{LARGEST_FILE as LARGEST_PICTURE, embed};

/// A template that has been checked and can be filled.
#[derive(Clone, Debug)]
pub struct Template {
    /// The front, and the back where it is a file of its own.
    files: Vec<String>,
    remarks: Vec<String>,
}

/// Placeholder → text, ready to print.
pub(crate) type Values = BTreeMap<&'static str, String>;

impl Template {
    /// Reads a template, and draws it once with sample texts so that mistakes show here and not at a door.
    ///
    /// `svg` is what [`Template::joined`] makes of two files, or one file.
    pub fn parse(svg: &str) -> Result<Template, TemplateError> {
        if svg.trim().is_empty() {
            return Err(TemplateError::Xml("the file is empty".to_owned()));
        }
        let files = svg.split(pages::PAGE_BREAK).map(without_doctype);
        let files = files.collect::<Result<_, _>>()?;
        let mut template = Template { files, remarks: Vec::new() };
        for file in &template.files {
            template.remarks.extend(refuse_loose_placeholders(file)?);
        }
        match template.fill(&sample()).and_then(|badge| badge.try_pictures()) {
            Ok(()) => Ok(template),
            Err(BadgeError::Template(error)) => Err(error),
            Err(error) => Err(TemplateError::Sample(error.to_string())),
        }
    }

    /// Returns the text of a template whose back is a file of its own.
    pub fn joined(front: &str, back: &str) -> String {
        format!("{front}{}{back}", pages::PAGE_BREAK)
    }

    /// Returns what is drawn otherwise than the designer's program shows it, each with its line.
    pub fn remarks(&self) -> &[String] {
        &self.remarks
    }

    /// Returns what would be printed and could not be seen: places that are hidden, see-through, of no size or beside the card,
    /// and ids that stand there twice; each with its line, in a sentence with a cure.
    pub fn faults(&self) -> Vec<String> {
        let texts = sample();
        let pictures = Pictures::of(texts.photo.as_ref(), None);
        let order = Order::for_language(&texts.language);
        let code = Code::new(&texts.pass).ok();
        let looked = values(&texts, pictures).and_then(|values| {
            self.each_side(&values, pictures, |drawing| drawing.faults(code.as_ref(), order))
        });
        // What cannot be drawn at all has been refused.
        looked.unwrap_or_default().into_iter().flatten().collect()
    }

    /// Takes a template of our own, which tests have drawn.
    pub(crate) fn built_in(svg: &str) -> Template {
        Template { files: vec![svg.to_owned()], remarks: Vec::new() }
    }

    /// Draws the badge with these texts, or says which of them cannot be printed.
    pub fn fill(&self, texts: &Texts) -> Result<Badge, BadgeError> {
        let pictures = Pictures::of(texts.photo.as_ref(), texts.name_image.as_ref());
        self.compose_with(&values(texts, pictures)?, pictures, &texts.pass, &texts.language)
    }

    /// Draws the template with values that have been checked.
    pub(crate) fn compose(
        &self,
        values: &Values,
        pass: &str,
        language: &str,
    ) -> Result<Badge, BadgeError> {
        self.compose_with(values, Pictures::default(), pass, language)
    }

    fn compose_with(
        &self,
        values: &Values,
        pictures: Pictures,
        pass: &str,
        language: &str,
    ) -> Result<Badge, BadgeError> {
        let code = if pass.is_empty() { None } else { Some(Code::new(pass)?) };
        let order = Order::for_language(language);
        let drawn =
            self.each_side(values, pictures, |drawing| drawing.fitted(code.as_ref(), order))?;
        Badge::of_sides(drawn).map_err(BadgeError::from)
    }

    fn each_side<T>(
        &self,
        values: &Values,
        pictures: Pictures,
        draw: impl Fn(Drawing) -> Result<T, BadgeError>,
    ) -> Result<Vec<T>, BadgeError> {
        let mut drawn = Vec::new();
        for file in &self.files {
            for side in pages::sides(rendered(file, values)?)? {
                drawn.push(draw(Drawing::read(&side, pictures)?)?);
            }
        }
        Ok(drawn)
    }
}

/// Returns what stands for each placeholder, or says which text cannot be printed.
fn values(texts: &Texts, pictures: Pictures) -> Result<Values, BadgeError> {
    let mut values = Values::new();
    for (field, text) in texts.printed() {
        let value = match field == "name" && pictures.shape().is_some() {
            true => format!("{PICTURED}{}{PICTURED}", evened(field, text)?),
            false => printable(field, text)?,
        };
        values.insert(field, value);
    }
    values.insert(PHOTO, texts.photo.as_ref().map(|_| PHOTO).unwrap_or_default().to_owned());
    let band = colour("band", &texts.band)?;
    values.insert("on_band", readable_on(&band).to_owned());
    values.insert("band", band);
    Ok(values)
}

/// Puts blanks for the document type that some programs write; one that declares entities is refused.
fn without_doctype(source: &str) -> Result<String, TemplateError> {
    let Some(start) = source.find("<!DOCTYPE") else { return Ok(source.to_owned()) };
    let (before, rest) = source.split_at(start);
    let end = rest.find(['>', '[']).unwrap_or(rest.len());
    let (declared, after) = rest.split_at(end);
    let Some(after) = after.strip_prefix('>') else {
        let line = before.matches('\n').count().saturating_add(1);
        let what = "a document type with entities";
        let cure = "save as plain SVG, or delete everything from <!DOCTYPE to ]>";
        return Err(TemplateError::forbidden(u32::try_from(line).unwrap_or(1), what, cure));
    };
    let blank: String = declared.chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect();
    Ok(format!("{before}{blank} {after}"))
}

/// The longest a filled template may become, in bytes, and the most steps that filling it may take: loops end.
const LONGEST: usize = 4 << 20;
const MOST_STEPS: u64 = 100_000;

fn rendered(source: &str, values: &Values) -> Result<String, TemplateError> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(MOST_STEPS));
    let refused = |error: minijinja::Error| TemplateError::Placeholder(told(source, &error));
    let template = environment.template_from_named_str("badge", source).map_err(refused)?;
    let mut out = Bounded(Vec::new());
    template.render_captured_to(values, &mut out).map_err(|error| {
        let mut named = template.undeclared_variables(false).into_iter();
        match named.find(|name| !values.contains_key(name.as_str())) {
            Some(name) => TemplateError::Placeholder(unknown(&name, values, &error)),
            None => refused(error),
        }
    })?;
    String::from_utf8(out.0).map_err(|error| TemplateError::Placeholder(error.to_string()))
}

/// Says that a placeholder means nothing, and what there is.
fn unknown(name: &str, values: &Values, error: &minijinja::Error) -> String {
    let line = error.line().unwrap_or(1);
    let known = values.keys().copied().collect::<Vec<_>>().join(", ");
    format!("line {line}: {{{{ {name} }}}} is no placeholder; there are {known}")
}

/// Says what is wrong with a placeholder; one that the drawing program has cut up is the usual case.
fn told(source: &str, error: &minijinja::Error) -> String {
    let line = error.line().unwrap_or(1);
    let torn = source
        .split("{{")
        .skip(1)
        .any(|rest| rest.split("}}").next().is_some_and(|inside| inside.contains('<')));
    match torn {
        true => format!(
            "line {line}: the drawing program has put tags into a placeholder; delete that text and type it again in one go ({error})"
        ),
        false => error.to_string(),
    }
}

struct Bounded(Vec<u8>);

impl std::io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.0.len().saturating_add(bytes.len()) > LONGEST {
            return Err(std::io::Error::other("the filled template is too large"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn sample() -> Texts {
    let text = |text: &str| text.to_owned();
    Texts {
        name: text("王伟"),
        second_name: text("WANG Wei"),
        post: text("董事长"),
        enterprise: text("海洋公司"),
        second_enterprise: text("Ocean Co."),
        place: text("辽宁"),
        convention: text("大会"),
        second_convention: text("Convention"),
        category: text("嘉宾"),
        second_category: text("GUEST"),
        table: text("12"),
        band: text("#C8402F"),
        language: text("zh-Hans"),
        pass: text("YB1SAMPLE"),
        photo: picture::sample(),
        name_image: None,
    }
}

/// Fills every placeholder with its own name behind a mark, and looks where the marks come out: all of them at once, and once
/// more without each that a condition asks for. Returns remarks.
fn refuse_loose_placeholders(source: &str) -> Result<Vec<String>, TemplateError> {
    let mut values: Values = Texts::default()
        .printed()
        .into_iter()
        .map(|(name, _)| (name, format!("{MARK}{name}{MARK}")))
        .collect();
    values.insert(PHOTO, format!("{MARK}{PHOTO}{MARK}"));
    values.insert("band", "#000000".to_owned());
    values.insert("on_band", "#FFFFFF".to_owned());
    let remarks = refuse_loose(&rendered(source, &values)?)?;
    let conditions: Vec<&str> =
        source.split("{%").skip(1).filter_map(|rest| rest.split("%}").next()).collect();
    for name in Texts::default().printed().map(|(name, _)| name).into_iter().chain([PHOTO]) {
        if conditions.iter().any(|condition| condition.contains(name)) {
            let marked = values.insert(name, String::new());
            refuse_loose(&rendered(source, &values)?)?;
            values.extend(marked.map(|marked| (name, marked)));
        }
    }
    Ok(remarks)
}

/// Stands around what came out of a placeholder.
const MARK: char = '\u{E000}';

fn refuse_loose(xml: &str) -> Result<Vec<String>, TemplateError> {
    let document = parsed(xml)?;
    safety::check(&document)?;
    pictures::decode(document.descendants())?;
    let boxes = boxes::read(&document, None)?;
    let photo = format!("{MARK}{PHOTO}{MARK}");
    for node in document.descendants() {
        let is_photo = |text: &str| text.contains(&photo);
        if node.attributes().any(|a| is_photo(a.value())) || node.text().is_some_and(is_photo) {
            let cure =
                "give the id photo to a rectangle; the placeholder is for {% if photo %} alone";
            return Err(TemplateError::forbidden(
                line_of(node),
                "{{ photo }} in the drawing",
                cure,
            ));
        }
        let loose = |text: &str| {
            let placeholder = text.split(MARK).nth(1)?.to_owned();
            Some(TemplateError::Loose { line: line_of(node), placeholder })
        };
        let in_attribute = node.attributes().find_map(|attribute| loose(attribute.value()));
        let in_text = node.text().filter(|_| node.is_text() && !boxes.hold(node)).and_then(loose);
        if let Some(error) = in_attribute.or(in_text) {
            return Err(error);
        }
    }
    Ok(remarks::of(&document, &boxes))
}

/// The most nodes of a file, texts and comments among them.
const MOST_NODES: u32 = 100_000;

fn parsed(xml: &str) -> Result<Document<'_>, TemplateError> {
    let options = ParsingOptions { nodes_limit: MOST_NODES, ..ParsingOptions::default() };
    Document::parse_with_options(xml, options)
        .map_err(|error| TemplateError::Xml(error.to_string()))
}

fn line_of(node: Node) -> u32 {
    node.document().text_pos_at(node.range().start).row
}
