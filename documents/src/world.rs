//! Typst's world: a handful of virtual files, two font families, no clock.

use crate::DocumentError;
use chrono::{Datelike, NaiveDate};
use std::collections::HashMap;
use std::sync::LazyLock;
use typst::diag::{FileError, FileResult, SourceDiagnostic};
use typst::foundations::{Bytes, Datetime, Duration, Smart};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook, FontInfo};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards, Timestamp};
use unicode_normalization::UnicodeNormalization;

/// The families that the templates use, the first for all that it can draw:
/// the pages stay uniform, and few letters (« Ə », « Ƴ ») need the second.
const FAMILIES: [&str; 2] = ["Libertinus Serif", "New Computer Modern"];

/// Renders after which an unused memoized result is forgotten.
const MEMORY: usize = 2;

static SHARED: LazyLock<Shared> = LazyLock::new(Shared::load);

/// What does not change from one document to the next.
struct Shared {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    fonts: Vec<Font>,
    sources: HashMap<FileId, Source>,
    files: FileNames,
}

/// The data files' identifiers.
struct FileNames {
    letter: FileId,
    invoice: FileId,
    parchment: FileId,
    data: FileId,
    qr_code: FileId,
}

impl Shared {
    fn load() -> Self {
        let fonts: Vec<Font> = typst_assets::fonts()
            .flat_map(|data| Font::iter(Bytes::new(data)))
            .filter(|font| FAMILIES.contains(&font.info().family.as_str()))
            .collect();
        let mut sources = HashMap::new();
        let mut source = |path: &'static str, text: &str| {
            let id = file_id(path);
            sources.insert(id, Source::new(id, text.to_owned()));
            id
        };
        source("/base.typ", include_str!("../templates/base.typ"));
        let files = FileNames {
            letter: source("/letter.typ", include_str!("../templates/letter.typ")),
            invoice: source("/invoice.typ", include_str!("../templates/invoice.typ")),
            parchment: source("/parchment.typ", include_str!("../templates/parchment.typ")),
            data: file_id("/data.json"),
            qr_code: file_id("/qr.svg"),
        };
        Self {
            library: LazyHash::new(Library::default()),
            book: LazyHash::new(FontBook::from_fonts(&fonts)),
            fonts,
            sources,
            files,
        }
    }
}

/// Interns a path for the life of the process: only ever call it with the
/// fixed names above, never with one per document (there are 65,535 at most).
fn file_id(path: &'static str) -> FileId {
    let path = VirtualPath::new(path).expect("a constant, valid path");
    RootedPath::new(VirtualRoot::Project, path).intern()
}

/// Whether every face of a family can draw `c`, as it is or as the letter and
/// the marks that it is made of: the layout takes it apart by itself, and the
/// text of the PDF stays whole.
pub(crate) fn has_glyph(c: char) -> bool {
    let parts: Vec<char> = std::iter::once(c).nfd().collect();
    FAMILIES.iter().any(|family| draws(family, &[c]) || draws(family, &parts))
}

/// Whether every face of a family has all these characters.
fn draws(family: &str, chars: &[char]) -> bool {
    let mut faces = SHARED.fonts.iter().map(Font::info).filter(|face| face.family == family);
    let all = |face: &FontInfo| chars.iter().all(|c| face.coverage.contains(u32::from(*c)));
    faces.clone().next().is_some() && faces.all(all)
}

/// A template of ours.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Template {
    Letter,
    Invoice,
    Parchment,
}

/// What the PDF must conform to, besides PDF/UA-1.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Standard {
    /// PDF/A-2a.
    Archive,
    /// PDF/A-3a, which may carry attached files.
    ArchiveWithAttachments,
}

/// One document to render.
pub(crate) struct Job {
    main: FileId,
    files: HashMap<FileId, Bytes>,
    identifier: String,
    date: Datetime,
    standard: Standard,
}

impl Job {
    /// A document from `template` with `data` (JSON); `identifier` is what it
    /// is called for ever, `date` its creation date.
    pub(crate) fn new(
        template: Template,
        standard: Standard,
        identifier: &str,
        date: NaiveDate,
        data: Vec<u8>,
    ) -> Result<Self, DocumentError> {
        let files = &SHARED.files;
        Ok(Self {
            main: match template {
                Template::Letter => files.letter,
                Template::Invoice => files.invoice,
                Template::Parchment => files.parchment,
            },
            files: HashMap::from([(files.data, Bytes::new(data))]),
            identifier: identifier.to_owned(),
            date: noon(date).ok_or(DocumentError::Date(date))?,
            standard,
        })
    }

    /// Adds the QR code's SVG image.
    pub(crate) fn with_qr_code(mut self, svg: String) -> Self {
        self.files.insert(SHARED.files.qr_code, Bytes::new(svg.into_bytes()));
        self
    }

    /// Lays the document out.
    pub(crate) fn layout(&self) -> Result<PagedDocument, DocumentError> {
        let compiled = typst::compile::<PagedDocument>(self);
        compiled.output.map_err(|errors| failure(&errors))
    }

    /// Renders the document.
    pub(crate) fn pdf(&self) -> Result<Vec<u8>, DocumentError> {
        let result = self.layout().and_then(|document| {
            let options = PdfOptions {
                ident: Smart::Custom(self.identifier.clone()),
                creator: Smart::Custom(Some("CléA Habilitations".to_owned())),
                timestamp: Some(Timestamp::new_utc(self.date)),
                standards: self.standards()?,
                ..PdfOptions::default()
            };
            typst_pdf::pdf(&document, &options).map_err(|errors| failure(&errors))
        });
        comemo::evict(MEMORY);
        result
    }

    fn standards(&self) -> Result<PdfStandards, DocumentError> {
        let archive = match self.standard {
            Standard::Archive => PdfStandard::A_2a,
            Standard::ArchiveWithAttachments => PdfStandard::A_3a,
        };
        PdfStandards::new(&[archive, PdfStandard::Ua_1])
            .map_err(|error| DocumentError::Template(error.message().to_string()))
    }
}

impl World for Job {
    fn library(&self) -> &LazyHash<Library> {
        &SHARED.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &SHARED.book
    }

    fn main(&self) -> FileId {
        self.main
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        SHARED.sources.get(&id).cloned().ok_or(FileError::AccessDenied)
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        self.files.get(&id).cloned().ok_or(FileError::AccessDenied)
    }

    fn font(&self, index: usize) -> Option<Font> {
        SHARED.fonts.get(index).cloned()
    }

    fn today(&self, _offset: Option<Duration>) -> Option<Datetime> {
        Some(self.date)
    }
}

/// `date` at noon, when PDF metadata can hold it (years 1 to 9999).
fn noon(date: NaiveDate) -> Option<Datetime> {
    let year = date.year();
    if !(1..=9999).contains(&year) {
        return None;
    }
    let (month, day) = (date.month().try_into().ok()?, date.day().try_into().ok()?);
    Datetime::from_ymd_hms(year, month, day, 12, 0, 0)
}

/// Typst's diagnostics as one error of ours.
fn failure(errors: &[SourceDiagnostic]) -> DocumentError {
    let message = errors.iter().map(|error| error.message.as_str()).collect::<Vec<_>>().join(" ; ");
    if message.contains("could not be displayed") {
        DocumentError::MissingGlyph(message)
    } else {
        DocumentError::Template(message)
    }
}
