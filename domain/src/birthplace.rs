//! Where a person was born: the INSEE code of the commune at that date, which the Caisse des Dépôts asks for, and
//! the country. `domain/data/README.md` tells where the communes come from.

use crate::Refusal;
use crate::birth::BirthDate;
use crate::deadline::format_date_fr;
use crate::person::{name_key, sameness};
use chrono::NaiveDate;
use std::sync::LazyLock;

/// The communes, by their codes: `code;first day;day after the last;code that followed;names`.
static COMMUNES: LazyLock<Vec<&str>> =
    LazyLock::new(|| include_str!("../data/communes.txt").lines().collect());

/// The postal codes that are also the INSEE code of some commune: `postal code, INSEE codes of its communes`.
static POSTAL_CODES: LazyLock<Vec<&str>> =
    LazyLock::new(|| include_str!("../data/postal_codes.txt").lines().collect());

/// How people write that a place is in France, by [`sameness`]; its overseas territories have INSEE codes too.
const FRANCE: [&str; 6] =
    ["FRANCE", "FR", "FRA", "REPUBLIQUEFRANCAISE", "FRANCEMETROPOLITAINE", "LAFRANCE"];
/// The same of the overseas territories.
const OVERSEAS: [&str; 33] = [
    "GUADELOUPE",
    "GP",
    "GLP",
    "MARTINIQUE",
    "MQ",
    "MTQ",
    "GUYANE",
    "GUYANEFRANCAISE",
    "GF",
    "GUF",
    "REUNION",
    "LAREUNION",
    "ILEDELAREUNION",
    "RE",
    "REU",
    "MAYOTTE",
    "YT",
    "MYT",
    "SAINTPIERREETMIQUELON",
    "PM",
    "SPM",
    "SAINTBARTHELEMY",
    "BL",
    "BLM",
    "SAINTMARTIN",
    "POLYNESIEFRANCAISE",
    "PF",
    "PYF",
    "NOUVELLECALEDONIE",
    "NC",
    "NCL",
    "WALLISETFUTUNA",
    "TERRESAUSTRALESETANTARCTIQUESFRANCAISES",
];

/// A place of birth as entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BirthPlace<'a> {
    /// The INSEE code of the commune; none abroad.
    pub code: Option<&'a str>,
    /// The commune, or the town abroad.
    pub name: &'a str,
    /// The country.
    pub country: &'a str,
}

impl BirthPlace<'_> {
    /// Why nobody was born there at this date, at the field `birthPlaceCode`: a birth in France is placed by the
    /// INSEE code of a commune or municipal arrondissement that there was on a day on which it can have been, one
    /// abroad by its place and country alone. A commune that took another code (Corsica in 1976, the departments
    /// around Paris in 1968) is known by either.
    pub fn refusal(&self, birth: BirthDate) -> Option<Refusal> {
        let (name, message) = match self.code {
            Some(_) if !is_in_france(self.country) => (
                "BIRTH_PLACE_CODE_ABROAD",
                "Le code INSEE d’une commune n’est attendu que pour une naissance en France."
                    .to_owned(),
            ),
            None if is_in_france(self.country) => (
                "BIRTH_PLACE_CODE_REQUIRED",
                "Pour une naissance en France, le code INSEE de la commune est obligatoire."
                    .to_owned(),
            ),
            Some(code) => {
                ("BIRTH_PLACE_CODE_INVALID", self.wrong_code(&code.to_uppercase(), birth)?)
            }
            None => return None,
        };
        Some(Refusal::new(name, message).at(["birthPlaceCode"]))
    }

    /// What is wrong with the code, in French.
    fn wrong_code(&self, code: &str, birth: BirthDate) -> Option<String> {
        let digits = code.strip_prefix("2A").or_else(|| code.strip_prefix("2B")).unwrap_or(code);
        if code.len() != 5 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            let message =
                "Le code INSEE d’une commune compte 5 caractères, par exemple 75056 ou 2A004.";
            return Some(message.to_owned());
        }
        let spans: Vec<Commune> = communes(code).collect();
        let (first, last) = (birth.first_day(), birth.last_day());
        let then = spans.iter().find(|commune| commune.was(first, last));
        let served = served_by(code);
        let meant = served.iter().find(|commune| commune.is_named(self.name));
        match (then, meant) {
            (Some(then), Some(meant)) if !then.is_named(self.name) => Some(format!(
                "{code} est un code postal de {} ; le code INSEE de cette commune est {}.",
                meant.name(),
                meant.code
            )),
            (Some(_), _) => None,
            (None, _) => Some(format!("{} {}", never_then(code, &spans, first), hint(&served))),
        }
    }
}

/// That no commune had this code then.
fn never_then(code: &str, spans: &[Commune], birth: NaiveDate) -> String {
    let Some(span) = spans.iter().rfind(|span| span.from.is_none_or(|from| from <= birth)) else {
        return match spans.first().and_then(|span| Some((span, span.from?))) {
            Some((span, from)) => format!(
                "{} n’a le code INSEE {code} que depuis le {}.",
                span.name(),
                format_date_fr(from)
            ),
            None => format!("Aucune commune n’a le code INSEE {code}."),
        };
    };
    let last = span.until.and_then(|until| until.pred_opt()).unwrap_or(birth);
    let followed = match span.next {
        "" => String::new(),
        next => format!(" Celui qui l’a remplacé est {next}."),
    };
    let (name, last) = (span.name(), format_date_fr(last));
    format!("{name} n’a eu le code INSEE {code} que jusqu’au {last}.{followed}")
}

/// That the code may be a postal code, and which code is meant then.
fn hint(served: &[Commune]) -> String {
    match served {
        [meant] => format!(
            "Si c’est un code postal : le code INSEE de {} est {}.",
            meant.name(),
            meant.code
        ),
        _ => "Si c’est un code postal : indiquez le code INSEE de la commune, par exemple 75056 pour Paris, et \
              non 75001."
            .to_owned(),
    }
}

/// Whether a country, as people write it, is France or a part of it.
pub fn is_in_france(country: &str) -> bool {
    is_france(country) || OVERSEAS.contains(&sameness(country).as_str())
}

/// Whether a country, as people write it, is France as a whole.
pub fn is_france(country: &str) -> bool {
    FRANCE.contains(&sameness(country).as_str())
}

/// A commune while it had a code.
#[derive(Debug, Clone, Copy)]
struct Commune {
    code: &'static str,
    /// Its first day; none when it was there in 1943, as far back as the communes are known.
    from: Option<NaiveDate>,
    /// The day after its last.
    until: Option<NaiveDate>,
    /// The code of the commune that it became; empty where there is none, or several.
    next: &'static str,
    /// The names that it had, between slashes.
    names: &'static str,
}

impl Commune {
    /// Reads a line of the data; none where the line is no such line, which a test excludes.
    fn read(line: &'static str) -> Option<Self> {
        let mut parts = line.split(';');
        let mut part = || parts.next();
        let (code, from, until) = (part()?, part()?, part()?);
        let (next, names) = (part()?, part()?);
        Some(Self { code, from: from.parse().ok(), until: until.parse().ok(), next, names })
    }

    /// Whether it was there on a day from `first` to `last`.
    fn was(&self, first: NaiveDate, last: NaiveDate) -> bool {
        self.from.is_none_or(|from| from <= last) && self.until.is_none_or(|until| first < until)
    }

    fn name(&self) -> &'static str {
        self.names.split('/').next().unwrap_or_default()
    }

    /// Whether a place is called so, its arrondissement or department after it or not.
    fn is_named(&self, place: &str) -> bool {
        let place = place_key(place);
        self.names.split('/').any(|name| {
            let name = place_key(name);
            sameness(&name) == sameness(&place) || place.starts_with(&format!("{name} "))
        })
    }
}

/// A place's name by its words, « St » spelt out.
fn place_key(place: &str) -> String {
    let key = name_key(place);
    let words = key.split(' ').map(|word| match word {
        "ST" => "SAINT",
        "STE" => "SAINTE",
        word => word,
    });
    words.collect::<Vec<_>>().join(" ")
}

/// The lines of a sorted list that begin so.
fn beginning(lines: &'static [&'static str], begins: &str) -> impl Iterator<Item = &'static str> {
    let start = lines.partition_point(|line| *line < begins);
    lines[start..].iter().copied().take_while(move |line| line.starts_with(begins))
}

/// The communes that had a code, one after the other.
fn communes(code: &str) -> impl Iterator<Item = Commune> {
    beginning(&COMMUNES, code).filter_map(Commune::read)
}

/// The communes that have a postal code, where it is also somebody's INSEE code.
fn served_by(code: &str) -> Vec<Commune> {
    let line = beginning(&POSTAL_CODES, code).next().unwrap_or_default();
    line.split(' ').skip(1).filter_map(|code| communes(code).last()).collect()
}

#[cfg(test)]
mod tests;
