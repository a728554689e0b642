//! French departments and the postal codes of their places.

/// A department or an overseas territory, by its official code: `75`, `2A`, `974`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Department(String);

/// That no department has this code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Ce département est inconnu : indiquez son code, par exemple 01, 75, 2A ou 974.")]
pub struct UnknownDepartment;

impl Department {
    /// Reads a department's code, without regard to case and surrounding spaces.
    pub fn parse(text: &str) -> Result<Self, UnknownDepartment> {
        let code = text.trim().to_uppercase();
        let digits = code.chars().all(|c| c.is_ascii_digit());
        let number = code.parse::<u16>().ok().filter(|_| digits);
        let known = match (code.len(), number) {
            // 20 was Corsica's until 1976; 96 was never given.
            (2, Some(number)) => (1..=95).contains(&number) && number != 20,
            (3, Some(number)) => matches!(number, 971..=978 | 986..=988),
            _ => code == "2A" || code == "2B",
        };
        if known { Ok(Self(code)) } else { Err(UnknownDepartment) }
    }

    /// What the postal codes of its places begin with.
    ///
    /// It is the postal code that tells: the few places served by a post office of the next department
    /// count as there. Saint-Barthélemy and Saint-Martin have kept Guadeloupe's codes, and are found there too.
    pub fn postal_codes(&self) -> Vec<&str> {
        match self.0.as_str() {
            // Both kept 20; what follows, of towns first, then of large receivers (CEDEX).
            "2A" => vec!["200", "201", "207"],
            "2B" => vec!["202", "204", "206"],
            "977" => vec!["97133"],
            "978" => vec!["97150"],
            code => vec![code],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(code: &str, postal_code: &str) -> bool {
        let department = Department::parse(code).expect("known");
        department.postal_codes().iter().any(|begins| postal_code.starts_with(begins))
    }

    #[test]
    fn a_postal_code_tells_the_department() {
        for (code, inside, outside) in [
            ("01", "01000", "10000"),
            ("75", "75116", "57000"),
            ("2A", "20000", "20200"),
            ("2a", "20137", "20260"),
            ("2B", "20600", "20090"),
            (" 974 ", "97400", "97300"),
            ("976", "97600", "97500"),
            ("988", "98800", "98714"),
            ("978", "97150", "97133"),
            ("971", "97150", "97200"),
        ] {
            assert!(of(code, inside) && !of(code, outside), "{code}");
        }
    }

    #[test]
    fn what_is_no_department_is_refused() {
        for code in [
            "", " ", "1", "00", "20", "96", "2C", "970", "979", "980", "989", "75011", "+1",
            "Nord", "²²",
        ] {
            assert_eq!(Department::parse(code), Err(UnknownDepartment), "{code:?}");
        }
    }
}
