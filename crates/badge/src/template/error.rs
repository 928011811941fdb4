//! What can be wrong with a template, in sentences that say where and what to do.

/// What is wrong with a template; lines are counted in the file as the designer has it, as long as no `{% … %}` spans lines.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// A placeholder is unknown or not well written.
    #[error("badge template: {0}")]
    Placeholder(String),
    /// The file is no XML.
    #[error("badge template is not well-formed: {0}")]
    Xml(String),
    /// The paper's size is missing.
    #[error(
        "badge template: give <svg> a width and a height in mm, and a viewBox of at most 100,000 units a side"
    )]
    Size,
    /// An attribute is missing or has a value that means nothing.
    #[error("badge template, line {line}: <{element}> needs a valid {attribute}")]
    Attribute {
        /// The line in the file.
        line: u32,
        /// The element's name.
        element: String,
        /// The attribute's name.
        attribute: String,
    },
    /// A placeholder stands where its text could not be fitted.
    #[error(
        "badge template, line {line}: {{{{ {placeholder} }}}} stands in no box; put it into a <text> of a <g data-box>, \
         or give its <text> an id and draw a <rect> whose id is the same with -box behind it"
    )]
    Loose {
        /// The line in the file.
        line: u32,
        /// The placeholder.
        placeholder: String,
    },
    /// An element or an attribute that a badge may not have, or that is not understood.
    #[error("badge template, line {line}: {what} is not allowed; {cure}")]
    Forbidden {
        /// The line in the file.
        line: u32,
        /// What stands there.
        what: String,
        /// What to do.
        cure: String,
    },
    /// Even short sample texts cannot be drawn.
    #[error("badge template cannot be drawn with sample texts: {0}")]
    Sample(String),
}

impl TemplateError {
    pub(crate) fn forbidden(line: u32, what: &str, cure: &str) -> TemplateError {
        TemplateError::Forbidden { line, what: what.to_owned(), cure: cure.to_owned() }
    }
}
