//! A line of the list as a row, with everything that is wrong in it.

use crate::token::hash;
use chrono::{Datelike, NaiveDate};
use domain::date;
use domain::identifier::{Nda, Siren, Siret};
use domain::person::name_key;
use std::ops::RangeInclusive;

/// The column of the activity declaration's number.
pub(super) const NDA: &str = "numeroDeclarationActivite";
const NAME: &str = "denomination";
const SIREN: &str = "siren";
const SIRET: &str = "siretEtablissementDeclarant";
const ADDRESS: &str = "adressePhysiqueOrganismeFormation.voie";
const POSTAL_CODE: &str = "adressePhysiqueOrganismeFormation.codePostal";
const CITY: &str = "adressePhysiqueOrganismeFormation.ville";
const REGION: &str = "adressePhysiqueOrganismeFormation.codeRegion";
const QUALIOPI: &str = "certifications.actionsDeFormation";
const DECLARED: &str = "informationsDeclarees.dateDerniereDeclaration";

/// The columns that are read, whatever their order; the others are left alone.
const READ: [&str; 10] =
    [NDA, NAME, SIREN, SIRET, ADDRESS, POSTAL_CODE, CITY, REGION, QUALIOPI, DECLARED];

/// Digits of a NIC, which the list sometimes gives instead of the whole SIRET.
const NIC_DIGITS: usize = 5;
/// Activities are declared since the law of 1971.
const DECLARATION_YEARS: RangeInclusive<i32> = 1972..=2100;
/// Why a cell in another encoding is left out; of a whole file in it, told once is enough.
pub const NOT_UTF_8: &str =
    "La cellule n’est pas en UTF-8 : enregistrez le fichier en « CSV UTF-8 ».";

/// A mistake: the column's heading, and why, in French.
pub(super) type Mistake = (String, String);

/// An organism of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) nda: String,
    pub(super) siren: String,
    pub(super) siret: Option<String>,
    pub(super) name: String,
    pub(super) address: String,
    pub(super) postal_code: String,
    pub(super) city: String,
    pub(super) region_code: String,
    pub(super) qualiopi_training: Option<bool>,
    pub(super) last_declared_on: Option<NaiveDate>,
    pub(super) content_hash: String,
}

/// Where each column is.
#[derive(Debug)]
pub(super) struct Columns {
    positions: [usize; READ.len()],
    width: usize,
}

impl Columns {
    /// From the headings, whatever their case, accents and signs (`certifications_vae` is `certifications.VAE`); else
    /// why the file is not the list, in French.
    pub(super) fn read(headings: &[Vec<u8>]) -> Result<Self, String> {
        let given: Vec<_> =
            headings.iter().map(|heading| plain(&String::from_utf8_lossy(heading))).collect();
        let mut positions = [0; READ.len()];
        let (mut missing, mut twice) = (Vec::new(), Vec::new());
        for (position, name) in positions.iter_mut().zip(READ) {
            let wanted = plain(name);
            let mut found = (0..given.len()).filter(|i| given[*i] == wanted);
            match (found.next(), found.next()) {
                (Some(one), None) => *position = one,
                (None, _) => missing.push(name),
                (Some(_), Some(_)) => twice.push(name),
            }
        }
        let otherwise = matches!(headings, [all] if all.contains(&b',') || all.contains(&b'\t'));
        let why = if otherwise {
            "ses colonnes ne sont pas séparées par des points-virgules".to_owned()
        } else if !missing.is_empty() {
            format!("il y manque {}", missing.join(", "))
        } else if !twice.is_empty() {
            format!("deux de ses colonnes portent le même nom ({})", twice.join(", "))
        } else {
            return Ok(Self { positions, width: headings.len() });
        };
        Err(format!("Le fichier n’est pas la liste attendue : {why}."))
    }

    /// How many cells a line has.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// The row of a line's cells, or all its mistakes.
    pub(super) fn row(&self, cells: &[Vec<u8>]) -> Result<Row, Vec<Mistake>> {
        if cells.len() != self.width {
            let reason =
                format!("{} colonnes sont attendues, {} sont présentes.", self.width, cells.len());
            return Err(vec![(String::new(), reason)]);
        }
        let mut reading = Reading { columns: self, cells, mistakes: Vec::new() };
        let row = reading.row();
        if reading.mistakes.is_empty() { Ok(row) } else { Err(reading.mistakes) }
    }
}

/// A heading without what exports change of it.
fn plain(heading: &str) -> String {
    name_key(heading).replace(' ', "")
}

/// A line being read.
struct Reading<'a> {
    columns: &'a Columns,
    cells: &'a [Vec<u8>],
    mistakes: Vec<Mistake>,
}

impl Reading<'_> {
    fn row(&mut self) -> Row {
        let siren = self.siren();
        let mut row = Row {
            nda: self.nda(),
            siret: self.siret(siren.as_ref()),
            siren: siren.map(String::from).unwrap_or_default(),
            name: self.name(),
            address: self.text(ADDRESS).unwrap_or_default(),
            postal_code: self.postal_code(),
            city: self.text(CITY).unwrap_or_default(),
            region_code: self.text(REGION).unwrap_or_default(),
            qualiopi_training: self.flag(QUALIOPI),
            last_declared_on: self.date(DECLARED),
            content_hash: String::new(),
        };
        row.content_hash = content_hash(&row);
        row
    }

    fn mistake(&mut self, column: &str, reason: impl Into<String>) {
        self.mistakes.push((column.to_owned(), reason.into()));
    }

    /// The cell's text, without surrounding spaces; none, and a mistake, where it is no text.
    fn text(&mut self, column: &'static str) -> Option<String> {
        let position = READ.iter().position(|name| *name == column);
        let position = position.and_then(|i| self.columns.positions.get(i).copied());
        let cell = position.and_then(|i| self.cells.get(i)).map_or(&[][..], Vec::as_slice);
        match std::str::from_utf8(cell) {
            Ok(text) if text.contains('\0') => {
                self.mistake(column, "La cellule contient un caractère nul.");
                None
            }
            Ok(text) if text.contains(char::REPLACEMENT_CHARACTER) => {
                self.mistake(column, "La cellule contient un caractère illisible (U+FFFD).");
                None
            }
            Ok(text) => Some(text.trim().to_owned()),
            Err(_) => {
                self.mistake(column, NOT_UTF_8);
                None
            }
        }
    }

    fn name(&mut self) -> String {
        let name = self.text(NAME);
        if name.as_deref() == Some("") {
            self.mistake(NAME, "La dénomination manque.");
        }
        name.unwrap_or_default()
    }

    fn nda(&mut self) -> String {
        let Some(text) = self.text(NDA) else { return String::new() };
        match Nda::parse(&text) {
            Ok(nda) => String::from(nda),
            Err(error) => {
                self.mistake(NDA, error.to_string());
                String::new()
            }
        }
    }

    fn siren(&mut self) -> Option<Siren> {
        let text = self.text(SIREN)?;
        match Siren::parse(&text) {
            Ok(siren) => Some(siren),
            Err(error) => {
                self.mistake(SIREN, error.to_string());
                None
            }
        }
    }

    /// The SIRET, from the whole number or from its last five digits; none when the cell is empty.
    fn siret(&mut self, siren: Option<&Siren>) -> Option<String> {
        let text = self.text(SIRET)?;
        if text.is_empty() {
            return None;
        }
        let is_nic = text.len() <= NIC_DIGITS && text.chars().all(|c| c.is_ascii_digit());
        let read = match siren {
            Some(siren) if is_nic => Siret::from_siren_and_nic(siren, &text),
            // Whose NIC it is cannot be told: the wrong SIREN is the mistake.
            None if is_nic => return None,
            _ => Siret::parse(&text),
        };
        match read {
            Ok(siret) if siren.is_none_or(|siren| siret.siren() == *siren) => {
                Some(String::from(siret))
            }
            Ok(_) => {
                self.mistake(SIRET, "Ce SIRET ne relève pas du SIREN de la ligne.");
                None
            }
            Err(error) => {
                self.mistake(SIRET, error.to_string());
                None
            }
        }
    }

    /// Five digits, or a commune's code of Corsica, which the list gives there (`2A004`), or nothing.
    fn postal_code(&mut self) -> String {
        let text = self.text(POSTAL_CODE).unwrap_or_default();
        let digits = text.strip_prefix("2A").or_else(|| text.strip_prefix("2B")).unwrap_or(&text);
        let all_digits = digits.chars().all(|c| c.is_ascii_digit());
        if !text.is_empty() && (text.len() != 5 || !all_digits) {
            let short = text.len() == 4 && text.chars().all(|c| c.is_ascii_digit());
            let hint = format!(" : un tableur a pu ôter le zéro de tête (« 0{text} » ?)");
            let hint = if short { &hint } else { "" };
            let reason = format!("« {text} » n’est pas un code postal à 5 caractères{hint}.");
            self.mistake(POSTAL_CODE, reason);
        }
        text
    }

    /// `true`, `false` or nothing.
    fn flag(&mut self, column: &'static str) -> Option<bool> {
        let text = self.text(column)?;
        match text.to_lowercase().as_str() {
            "" => None,
            "true" => Some(true),
            "false" => Some(false),
            word => {
                let translated = matches!(word, "vrai" | "faux");
                let hint = if translated { " : un tableur l’a traduit" } else { "" };
                self.mistake(column, format!("« {text} » n’est ni true, ni false, ni vide{hint}."));
                None
            }
        }
    }

    /// A date as `31/12/2026` or, in other exports of the list, `2026-12-31`; or nothing.
    fn date(&mut self, column: &'static str) -> Option<NaiveDate> {
        let text = self.text(column)?;
        if text.is_empty() {
            return None;
        }
        let why = match date::parse_either(&text) {
            Ok(date) if DECLARATION_YEARS.contains(&date.year()) => return Some(date),
            Ok(_) => "aucune déclaration n’est de cette année".to_owned(),
            Err(error) => error.to_string(),
        };
        let reason = format!("« {text} » n’est pas une date au format JJ/MM/AAAA : {why}.");
        self.mistake(column, reason);
        None
    }
}

/// The same for the same content: each field with its length, so that no two rows read the same.
fn content_hash(row: &Row) -> String {
    let flag = row.qualiopi_training.map(|flag| flag.to_string()).unwrap_or_default();
    let date = row.last_declared_on.map(|date| date.to_string()).unwrap_or_default();
    let siret = row.siret.as_deref().unwrap_or_default();
    let fields = [
        row.nda.as_str(),
        &row.siren,
        siret,
        &row.name,
        &row.address,
        &row.postal_code,
        &row.city,
        &row.region_code,
        &flag,
        &date,
    ];
    let mut text = String::new();
    for field in fields {
        text.push_str(&field.len().to_string());
        text.push(':');
        text.push_str(field);
    }
    hash(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns() -> Columns {
        let headings: Vec<_> = READ.iter().map(|name| name.as_bytes().to_vec()).collect();
        Columns::read(&headings).expect("all columns")
    }

    fn row(cells: [&str; 10]) -> Result<Row, Vec<String>> {
        let cells: Vec<_> = cells.iter().map(|cell| cell.as_bytes().to_vec()).collect();
        columns().row(&cells).map_err(|mistakes| mistakes.into_iter().map(|m| m.0).collect())
    }

    const RIGHT: [&str; 10] = [
        "11 75 05547 10",
        "FORMATION \"PLUS\" ; SUD",
        "732829320",
        "73282932000074",
        "1 PLACE DE L'EGLISE",
        "75011",
        "PARIS",
        "11",
        "true",
        "08/06/2026",
    ];

    fn with(changes: &[(&str, &'static str)]) -> Result<Row, Vec<String>> {
        let mut cells = RIGHT;
        for (column, text) in changes {
            let position = READ.iter().position(|name| name == column).expect("a column");
            cells[position] = *text;
        }
        row(cells)
    }

    #[test]
    fn a_right_line_is_a_row() {
        let found = with(&[]).expect("right");
        assert_eq!(found.nda, "11750554710");
        assert_eq!(found.siret.as_deref(), Some("73282932000074"));
        assert_eq!(found.qualiopi_training, Some(true));
        assert_eq!(found.last_declared_on, NaiveDate::from_ymd_opt(2026, 6, 8));
        assert_eq!(with(&[(SIRET, "00074")]), Ok(found.clone()));
        assert_eq!(with(&[(POSTAL_CODE, "2A004")]).expect("right").postal_code, "2A004");
        let bare =
            with(&[(SIRET, ""), (QUALIOPI, ""), (DECLARED, ""), (ADDRESS, ""), (POSTAL_CODE, "")]);
        let bare = bare.expect("right");
        assert_eq!((bare.siret, bare.qualiopi_training, bare.last_declared_on), (None, None, None));
        assert_ne!(bare.content_hash, found.content_hash);
    }

    #[test]
    fn all_mistakes_of_a_line_are_found() {
        let changes = [
            (NDA, "123"),
            (NAME, " "),
            (SIREN, "732829321"),
            (SIRET, "73282932000075"),
            (POSTAL_CODE, "7501"),
            (QUALIOPI, "oui"),
            (DECLARED, "31/02/2026"),
        ];
        let mut found = with(&changes).expect_err("wrong");
        found.sort_unstable();
        let mut expected = [NDA, NAME, SIREN, SIRET, POSTAL_CODE, QUALIOPI, DECLARED];
        expected.sort_unstable();
        assert_eq!(found, expected);
        assert_eq!(with(&[(SIRET, "35600000000048")]), Err(vec![SIRET.to_owned()]));
        assert_eq!(with(&[(DECLARED, "8/6/2026")]), Err(vec![DECLARED.to_owned()]));
        assert_eq!(with(&[(SIREN, ""), (SIRET, "00074")]), Err(vec![SIREN.to_owned()]));
    }

    #[test]
    fn columns_are_found_by_their_heading() {
        let headings = |names: &[&str]| -> Vec<Vec<u8>> {
            names.iter().map(|name| name.as_bytes().to_vec()).collect()
        };
        let mut names = READ.to_vec();
        names.reverse();
        names.push("");
        let columns = Columns::read(&headings(&names)).expect("all columns");
        assert_eq!(columns.width(), 11);
        let mut cells = headings(&RIGHT);
        cells.reverse();
        assert_eq!(columns.row(&cells).expect_err("a cell short").len(), 1);
        cells.push(Vec::new());
        assert_eq!(columns.row(&cells).expect("right").city, "PARIS");
        let refused = |names: &[&str]| Columns::read(&headings(names)).expect_err("not the list");
        assert!(refused(&READ[1..]).ends_with("il y manque numeroDeclarationActivite."));
        assert_eq!(refused(&["a", "b"]).matches(READ[9]).count(), 1);
        assert!(refused(&[&READ.join("\t")]).contains("points-virgules"));
        let mut twice = READ.to_vec();
        twice.push("SIREN");
        assert!(refused(&twice).contains("le même nom (siren)"));
    }

    #[test]
    fn exports_write_headings_in_their_own_way() {
        let right = RIGHT.map(|cell| cell.as_bytes().to_vec());
        let manners: [fn(&str) -> String; 4] = [
            |name| name.to_lowercase().replace('.', "_"),
            |name| name.to_uppercase(),
            |name| name.replace("numeroDeclaration", "Numéro Déclaration "),
            |name| format!("\u{feff} {name} "),
        ];
        for manner in manners {
            let headings: Vec<_> = READ.iter().map(|name| manner(name).into_bytes()).collect();
            let found = Columns::read(&headings).and_then(|columns| {
                columns.row(&right).map_err(|mistakes| format!("{mistakes:?}"))
            });
            assert_eq!(found, Ok(with(&[]).expect("right")), "{}", manner(NDA));
        }
    }

    #[test]
    fn what_a_spreadsheet_changed_is_told_by_its_cause() {
        let reason = |column: &str, text: &'static str| {
            let mut cells = RIGHT;
            cells[READ.iter().position(|name| *name == column).expect("a column")] = text;
            let cells: Vec<_> = cells.iter().map(|cell| cell.as_bytes().to_vec()).collect();
            let mistakes = columns().row(&cells).expect_err("wrong");
            let [(at, reason)] = &mistakes[..] else { panic!("{mistakes:?}") };
            assert_eq!(at, column);
            reason.clone()
        };
        for (column, text, cause) in [
            (NDA, "1973000197", "zéros de tête (« 01973000197 » ?)"),
            (NDA, "1973000197.0", "décimales"),
            (SIREN, "732829320,00", "décimales"),
            (SIRET, "7,32829E+13", "notation scientifique"),
            (SIRET, "74", "zéros de tête (« 00074 » ?)"),
            (POSTAL_CODE, "1000", "zéro de tête (« 01000 » ?)"),
            (QUALIOPI, "VRAI", "un tableur l’a traduit"),
            (DECLARED, "08/06/26", "quatre chiffres"),
            (DECLARED, "2026-6-8", "2026-11-24"),
            (DECLARED, "08/06/0026", "aucune déclaration"),
            (DECLARED, "46181", "2026-11-24"),
            (CITY, "L\u{fffd}ON", "illisible"),
        ] {
            let told = reason(column, text);
            assert!(told.contains(cause), "{column}, {text}: {told}");
        }
        assert_eq!(with(&[(DECLARED, "2026-06-08")]), with(&[]));
    }

    #[test]
    fn what_is_no_text_is_a_mistake() {
        let mut cells: Vec<_> = RIGHT.iter().map(|cell| cell.as_bytes().to_vec()).collect();
        cells[1] = vec![0xc9, b'C', b'O'];
        cells[6] = b"PA\0RIS".to_vec();
        let mistakes = columns().row(&cells).expect_err("wrong");
        assert_eq!(mistakes.into_iter().map(|m| m.0).collect::<Vec<_>>(), [NAME, CITY]);
    }
}
