//! Fitting texts into their column: how large, on how many lines, and where.
//!
//! A text starts at the size that the designer gave it and shrinks in steps. It stays on one line while that keeps it
//! comfortable to read, then takes as many lines as its box allows. Nothing is ever cut off: what does not fit at the
//! smallest size is an error.

use crate::BadgeError;
use crate::breaks::{Allowed, Cut};
use crate::faces::Run;
use crate::lines_of_name;
use crate::ruler::Ruler;

const STEP: u32 = 5;
/// How high letters in a picture of a name are, in em: as Han characters are.
const PICTURE: f32 = 0.94;
/// Room above and below a picture, for its height: about that of a line of text.
const AROUND_PICTURE: f32 = 0.12;
/// A natural break may cost this share of the size that a break between two Han characters would give.
const WORTH_A_NATURAL_BREAK: f32 = 0.8;
/// A break between parts or whole words of a text may cost this share of the size that a break within one would give.
const WORTH_A_PART: f32 = 0.75;
/// A name with dots is torn by any other break: there a natural one may cost this share.
const WORTH_A_DOT: f32 = 0.5;
const WORTH_A_KOREAN_WORD: f32 = 0.6;
/// A further line has to make the text this much larger.
const WORTH_A_LINE: f32 = 1.15;

/// A rectangle in the template's own units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Frame {
    pub(crate) x: f32,
    pub(crate) y: f32,
    pub(crate) width: f32,
    pub(crate) height: f32,
}

/// Where something stands in the room it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Start,
    Middle,
    End,
}

/// A box of the template with the texts that stand in it, one below the other.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub(crate) frame: Frame,
    pub(crate) align: Place,
    pub(crate) items: Vec<Item>,
}

/// One text of a column, as the designer wants it.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) field: String,
    pub(crate) text: String,
    pub(crate) bold: bool,
    pub(crate) font_size: f32,
    pub(crate) anchor: Place,
    /// From here down a further line is worth more than a smaller size, in percent.
    pub(crate) wrap: u32,
    /// Most lines.
    pub(crate) lines: usize,
    /// Smallest size, in percent.
    pub(crate) min: u32,
    /// Room above, if it is not the first.
    pub(crate) gap: f32,
    /// Distance of lines, in em.
    pub(crate) leading: f32,
    /// Letter spacing, in em.
    pub(crate) spacing: f32,
    /// Width by height of the picture that stands in place of the text.
    pub(crate) picture: Option<f32>,
}

impl Item {
    /// Returns the letter spacing of a run, in em: joined letters have none.
    pub(crate) fn spacing_of(&self, run: &Run) -> f32 {
        if run.family.is_joined() { 0.0 } else { self.spacing }
    }
}

/// A line with its place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Line {
    /// Which item of the column.
    pub(crate) item: usize,
    pub(crate) size: f32,
    /// The baseline.
    pub(crate) y: f32,
    /// From left to right, each with its left end.
    pub(crate) runs: Vec<(f32, Run)>,
    /// Where a picture stands instead.
    pub(crate) picture: Option<Frame>,
}

/// An item at the size that fits.
struct Fit {
    lines: Vec<String>,
    size: f32,
    percent: u32,
    /// What each line takes above and below its baseline.
    above: f32,
    below: f32,
}

impl Fit {
    fn height(&self) -> f32 {
        (self.above + self.below) * self.lines.len() as f32
    }

    /// Who gives way first: what takes much room, unless it has already given way.
    fn greed(&self) -> f32 {
        self.height() * self.percent as f32
    }
}

/// Returns the lines of a column, none larger than `ceiling` percent, or says which text is too long.
///
/// When all of them together are too high, they give way in turn, step by step, so that a long name does not make the
/// enterprise below it unreadable, and the name stays the largest.
pub(crate) fn place(
    column: &Column,
    ceiling: u32,
    ruler: &mut Ruler,
) -> Result<Vec<Line>, BadgeError> {
    let texts = column.items.iter().filter(|item| item.picture.is_none());
    ruler.measure(texts.map(|item| (item.text.as_str(), item)).collect())?;
    let width = column.frame.width;
    let fits = column.items.iter().map(|item| fit(item, width, ceiling, ruler));
    let mut fits = fits.collect::<Result<Vec<Fit>, BadgeError>>()?;
    while height(column, &fits) > column.frame.height {
        let both = column.items.iter().zip(fits.iter_mut());
        let shrinkable = both.filter(|(item, fit)| fit.percent > item.min);
        let largest = shrinkable.max_by(|(_, a), (_, b)| a.greed().total_cmp(&b.greed()));
        match largest {
            Some((item, fit)) => *fit = self::fit(item, width, smaller(fit.percent), ruler)?,
            None => return Err(BadgeError::DoesNotFit { field: tallest(column, &fits) }),
        }
    }
    lines(column, &fits, ruler)
}

/// Returns the next smaller size, in percent.
pub(crate) fn smaller(percent: u32) -> u32 {
    percent.saturating_sub(STEP)
}

/// Returns the sizes to try, from `from` percent down to `to`.
fn steps(from: u32, to: u32) -> impl Iterator<Item = u32> {
    let larger = move |percent: &u32| Some(smaller(*percent)).filter(|&next| next > to);
    std::iter::successors(Some(from.max(to)), larger).chain([to])
}

fn fit(item: &Item, width: f32, ceiling: u32, ruler: &mut Ruler) -> Result<Fit, BadgeError> {
    if let Some(shape) = item.picture {
        return fit_picture(item, shape, width, ceiling);
    }
    let largest = |cut: &Cut| {
        steps(ceiling, item.min).find(|&percent| cut.widest * size(item, percent) <= width)
    };
    let whole = Cut { lines: vec![item.text.clone()], widest: ruler.width(&item.text, item)? };
    let worth = worth_of_a_natural_break(&item.text);
    let mut best = largest(&whole).map(|percent| (percent, whole));
    for count in 2..=item.lines {
        if best.as_ref().is_some_and(|(percent, _)| *percent >= item.wrap.min(ceiling)) {
            break;
        }
        let natural = ruler.cut(item, Allowed::Natural, count)?;
        let every = ruler.cut(item, Allowed::Every, count)?;
        let cut = if is_worth(largest(&natural), largest(&every), worth) { natural } else { every };
        let mut better = None;
        for kind in [Allowed::Parts, Allowed::Words] {
            let whole = ruler.cut(item, kind, count)?;
            if whole.lines.len() > 1 && is_worth(largest(&whole), largest(&cut), WORTH_A_PART) {
                better = better.or(Some(whole));
            }
        }
        let cut = better.unwrap_or(cut);
        let found = largest(&cut);
        if found.is_some()
            && is_worth(found, best.as_ref().map(|(percent, _)| *percent), WORTH_A_LINE)
        {
            best = found.map(|percent| (percent, cut));
        }
    }
    for count in 2..=item.lines {
        if best.is_none() {
            let torn = ruler.cut(item, Allowed::Torn, count)?;
            best = largest(&torn).map(|percent| (percent, torn));
        }
    }
    let (percent, cut) =
        best.ok_or_else(|| BadgeError::DoesNotFit { field: item.field.clone() })?;
    let size = size(item, percent);
    let (above, below) = ruler.extent(item)?;
    Ok(Fit { lines: cut.lines, size, percent, above: above * size, below: below * size })
}

/// A name with dots is torn by a break elsewhere, and so is Korean that has blanks.
fn worth_of_a_natural_break(text: &str) -> f32 {
    let has_hangul = text.chars().any(|c| matches!(c, '\u{AC00}'..='\u{D7A3}'));
    match () {
        () if text.contains(['·', '・', '•', '‧', '･']) => WORTH_A_DOT,
        () if has_hangul && text.contains(' ') => WORTH_A_KOREAN_WORD,
        () => WORTH_A_NATURAL_BREAK,
    }
}

/// Its letters are as high as Han characters of the text's size, and never smaller than the smallest.
fn fit_picture(item: &Item, shape: f32, width: f32, ceiling: u32) -> Result<Fit, BadgeError> {
    let all_lines = lines_of_name::height(lines_of_name::shown(&item.text, shape));
    let letter = |percent| size(item, percent) * PICTURE;
    let fits = |percent: &u32| letter(*percent) * all_lines * shape <= width;
    let percent = steps(ceiling, item.min)
        .find(fits)
        .ok_or_else(|| BadgeError::DoesNotFit { field: item.field.clone() })?;
    let (letter, around) = (letter(percent), letter(percent) * AROUND_PICTURE);
    let height = letter * all_lines;
    Ok(Fit {
        lines: vec![String::new()],
        size: height,
        percent,
        above: height + around,
        below: around,
    })
}

fn is_worth(this: Option<u32>, other: Option<u32>, factor: f32) -> bool {
    let percent = |step: Option<u32>| step.unwrap_or(0) as f32;
    this.is_some() && percent(this) >= percent(other) * factor
}

fn size(item: &Item, percent: u32) -> f32 {
    item.font_size * percent as f32 / 100.0
}

fn height(column: &Column, fits: &[Fit]) -> f32 {
    let text: f32 = fits.iter().map(Fit::height).sum();
    let gaps: f32 = column.items.iter().skip(1).map(|item| item.gap).sum();
    text + gaps
}

fn tallest(column: &Column, fits: &[Fit]) -> String {
    let both = column.items.iter().zip(fits);
    let tallest = both.max_by(|(_, a), (_, b)| a.height().total_cmp(&b.height()));
    tallest.map(|(item, _)| item.field.clone()).unwrap_or_default()
}

fn lines(column: &Column, fits: &[Fit], ruler: &mut Ruler) -> Result<Vec<Line>, BadgeError> {
    let spare = column.frame.height - height(column, fits);
    let mut top = column.frame.y + share(column.align) * spare;
    let mut lines = Vec::new();
    for (index, (item, fit)) in column.items.iter().zip(fits).enumerate() {
        if index > 0 {
            top += item.gap;
        }
        for text in &fit.lines {
            let y = top + fit.above;
            let picture = item.picture.map(|shape| {
                let width = fit.size * shape;
                let x = column.frame.x + share(item.anchor) * (column.frame.width - width);
                Frame { x, y: y - fit.size, width, height: fit.size }
            });
            let runs = match picture {
                Some(_) => Vec::new(),
                None => placed_runs(text, item, fit.size, column.frame, ruler)?,
            };
            lines.push(Line { item: index, size: fit.size, y, runs, picture });
            top += fit.above + fit.below;
        }
    }
    Ok(lines)
}

fn placed_runs(
    line: &str,
    item: &Item,
    size: f32,
    frame: Frame,
    ruler: &mut Ruler,
) -> Result<Vec<(f32, Run)>, BadgeError> {
    let mut runs = Vec::new();
    let mut width = 0.0;
    for (own, run) in ruler.runs(line, item)? {
        runs.push((width, run));
        width += own * size;
    }
    // Letter spacing also stands after the last letter, where it would push the line aside.
    width -= runs.last().map_or(0.0, |(_, run)| item.spacing_of(run)) * size;
    let left = frame.x + share(item.anchor) * (frame.width - width);
    Ok(runs.into_iter().map(|(at, run)| (left + at, run)).collect())
}

fn share(place: Place) -> f32 {
    match place {
        Place::Start => 0.0,
        Place::Middle => 0.5,
        Place::End => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faces::Order;

    fn item(text: &str) -> Item {
        Item {
            field: "name".to_owned(),
            text: text.to_owned(),
            bold: true,
            font_size: 100.0,
            anchor: Place::Middle,
            wrap: 75,
            lines: 2,
            min: 55,
            gap: 0.0,
            leading: 1.2,
            spacing: 0.0,
            picture: None,
        }
    }

    fn placed(text: &str, width: f32) -> Result<Vec<(String, f32)>, BadgeError> {
        let frame = Frame { x: 0.0, y: 0.0, width, height: 300.0 };
        let column = Column { frame, align: Place::Middle, items: vec![item(text)] };
        let lines = place(&column, 100, &mut Ruler::new(Order::for_language("zh-Hans")))?;
        let text = |line: &Line| line.runs.iter().map(|(_, run)| run.text.as_str()).collect();
        Ok(lines.iter().map(|line| (text(line), line.size)).collect())
    }

    #[test]
    fn a_name_that_fits_keeps_its_size() {
        assert_eq!(placed("王伟", 400.0).unwrap(), [("王伟".to_owned(), 100.0)]);
    }

    #[test]
    fn a_longer_name_shrinks_in_steps_on_one_line() {
        assert_eq!(placed("欧阳静怡", 330.0).unwrap(), [("欧阳静怡".to_owned(), 80.0)]);
    }

    #[test]
    fn a_still_longer_name_takes_two_lines_at_its_dot() {
        let expected = [("阿迪力·".to_owned(), 90.0), ("买买提".to_owned(), 90.0)];
        assert_eq!(placed("阿迪力·买买提", 300.0).unwrap(), expected);
    }

    #[test]
    fn a_name_with_dots_breaks_at_a_dot_where_another_break_would_be_larger() {
        let lines = placed("买买提·阿卜杜喀迪尔麦麦提", 600.0).unwrap();
        let texts: Vec<&str> = lines.iter().map(|(text, _)| text.as_str()).collect();
        assert_eq!(texts, ["买买提·", "阿卜杜喀迪尔麦麦提"]);
    }

    #[test]
    fn a_compound_name_is_not_torn_at_its_hyphen_for_a_little_more_size() {
        let lines = placed("陳 Jean-Baptiste 大文", 455.0).unwrap();
        let texts: Vec<&str> = lines.iter().map(|(text, _)| text.as_str()).collect();
        assert_eq!(texts, ["陳 Jean-Baptiste", "大文"]);
    }

    #[test]
    fn words_of_korean_and_of_kana_stay_whole() {
        let texts = |name, width| -> Vec<String> {
            placed(name, width).unwrap().into_iter().map(|(text, _)| text).collect()
        };
        assert_eq!(texts("황보 아름다운별빛하늘", 540.0), ["황보", "아름다운별빛하늘"]);
        assert_eq!(
            texts("ミャグマルスレン・バトバヤル", 700.0),
            ["ミャグマルスレン・", "バトバヤル"]
        );
    }

    #[test]
    fn a_place_is_not_torn_for_a_little_more_size() {
        let lines = placed("中国香港 Hong Kong SAR", 450.0).unwrap();
        let texts: Vec<&str> = lines.iter().map(|(text, _)| text.as_str()).collect();
        assert_eq!(texts, ["中国香港", "Hong Kong SAR"]);
    }

    /// Where a picture of this shape stands in a box of 300 × 300.
    fn drawn(name: &str, shape: f32, anchor: Place) -> Result<Frame, BadgeError> {
        let frame = Frame { x: 10.0, y: 0.0, width: 300.0, height: 300.0 };
        let item = Item { picture: Some(shape), anchor, ..item(name) };
        let column = Column { frame, align: Place::Middle, items: vec![item] };
        let lines = place(&column, 100, &mut Ruler::new(Order::for_language("zh-Hans")))?;
        Ok(lines[0].picture.unwrap())
    }

    #[test]
    fn a_picture_of_a_name_is_as_high_as_its_letters_and_keeps_its_shape() {
        for (anchor, x) in [(Place::Start, 10.0), (Place::Middle, 66.0), (Place::End, 122.0)] {
            let found = drawn("王𰻝", 2.0, anchor).unwrap();
            assert_eq!((found.x, found.width, found.height), (x, 188.0, 94.0));
            assert!((found.y + found.height / 2.0 - 150.0).abs() < 0.01, "{found:?}");
        }
    }

    #[test]
    fn letters_in_a_picture_have_a_smallest_size_as_text_has() {
        let refused = Err(BadgeError::DoesNotFit { field: "name".to_owned() });
        let name = "𰻝".repeat(12);
        assert_eq!(
            drawn(&name, 12.0, Place::Middle),
            refused,
            "12 characters of 25, of at least 52"
        );
        let two = drawn(&name, 6.0 / 2.15, Place::Middle);
        assert_eq!(two, refused, "6 characters of 50 on two lines");
        let three = drawn(&name, 4.0 / 3.3, Place::Middle).unwrap();
        assert!((three.height - 0.75 * 94.0 * 3.3).abs() < 0.01, "{three:?}");
    }

    #[test]
    fn what_does_not_fit_at_the_smallest_size_is_an_error() {
        let refused = placed("欧阳静怡欧阳静怡欧阳静怡", 300.0);
        assert_eq!(refused, Err(BadgeError::DoesNotFit { field: "name".to_owned() }));
    }
}
