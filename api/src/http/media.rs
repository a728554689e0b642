//! Media types: what a request is written in, and what its answer may be.

use axum::http::{HeaderMap, header};

/// What a request is written in.
const JSON: &str = "application/json";
/// The media type of the GraphQL-over-HTTP specification.
pub(crate) const GRAPHQL: &str = "application/graphql-response+json";

/// What an answer is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Media {
    /// The specification's: statuses say whether the request was executed.
    GraphQl,
    /// The older one: 200 for whatever was understood.
    Json,
}

impl Media {
    /// As the header writes it.
    pub(super) const fn content_type(self) -> &'static str {
        match self {
            Self::GraphQl => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        }
    }

    /// The one that the client prefers; none when it takes neither. Between equals the specification's goes
    /// first where it is named, the older one where anything will do.
    pub(super) fn accepted(headers: &HeaderMap) -> Option<Self> {
        let accepts = headers.get_all(header::ACCEPT).iter();
        let accepts: Vec<_> = accepts.filter_map(|value| value.to_str().ok()).collect();
        let ranges: Vec<_> =
            accepts.iter().flat_map(|text| text.split(',')).filter_map(Range::read).collect();
        if ranges.is_empty() {
            return Some(Self::Json);
        }
        let graphql = quality(&ranges, GRAPHQL);
        let json = quality(&ranges, JSON);
        if graphql.quality.max(json.quality) == 0 {
            return None;
        }
        let equal = graphql.quality == json.quality;
        let first = graphql.quality > json.quality || (equal && graphql.named);
        Some(if first { Self::GraphQl } else { Self::Json })
    }
}

/// A media range of `Accept`.
struct Range<'a> {
    essence: &'a str,
    /// In thousandths.
    quality: u16,
}

impl<'a> Range<'a> {
    /// Whatever cannot be read is as if it were not there.
    fn read(text: &'a str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let essence = parts.next().filter(|essence| essence.contains('/'))?;
        let mut quality = 1000;
        for (name, value) in parts.filter_map(|part| part.split_once('=')) {
            let (name, value) = (name.trim(), value.trim().trim_matches('"'));
            if name.eq_ignore_ascii_case("q") {
                quality = thousandths(value)?;
            } else if name.eq_ignore_ascii_case("charset") && !is_utf8(value) {
                return None;
            }
        }
        Some(Self { essence, quality })
    }
}

/// `0.8` as 800.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !matches!(whole, "0" | "1") || fraction.len() > 3 || !digits(fraction) {
        return None;
    }
    let fraction: u16 = format!("{fraction:0<3}").parse().ok()?;
    Some(if whole == "1" { 1000 } else { fraction })
}

/// What a client thinks of a media type.
struct Thought {
    quality: u16,
    /// Whether it named it, rather than a family.
    named: bool,
}

/// The most precise range decides.
fn quality(ranges: &[Range<'_>], essence: &str) -> Thought {
    for (range, named) in [(essence, true), ("application/*", false), ("*/*", false)] {
        let found = ranges.iter().filter(|given| given.essence.eq_ignore_ascii_case(range));
        if let Some(quality) = found.map(|given| given.quality).max() {
            return Thought { quality, named };
        }
    }
    Thought { quality: 0, named: false }
}

/// Whether a body is JSON in UTF-8: what a page of another site cannot send without being asked first.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let Some(content_type) = content_type else { return false };
    let mut parts = content_type.split(';').map(str::trim);
    let is_json = parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case(JSON));
    is_json
        && parts.filter_map(|part| part.split_once('=')).all(|(name, value)| {
            !name.trim().eq_ignore_ascii_case("charset") || is_utf8(value.trim().trim_matches('"'))
        })
}

fn is_utf8(charset: &str) -> bool {
    charset.eq_ignore_ascii_case("utf-8") || charset.eq_ignore_ascii_case("utf8")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_s_media_type_is_the_one_preferred() {
        let accepted = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, text.parse().expect("a header"));
            Media::accepted(&headers)
        };
        for (accept, expected) in [
            ("", Some(Media::Json)),
            ("*/*", Some(Media::Json)),
            ("application/*", Some(Media::Json)),
            ("application/json", Some(Media::Json)),
            (GRAPHQL, Some(Media::GraphQl)),
            ("application/graphql-response+json, application/json", Some(Media::GraphQl)),
            ("application/json, application/graphql-response+json", Some(Media::GraphQl)),
            (
                "application/graphql-response+json;charset=utf-8, application/json;q=0.9",
                Some(Media::GraphQl),
            ),
            ("application/graphql-response+json;q=0.5, application/json", Some(Media::Json)),
            ("application/graphql-response+json;q=0, */*;q=0.1", Some(Media::Json)),
            ("application/json;q=0, */*", Some(Media::GraphQl)),
            ("text/html,application/xhtml+xml,*/*;q=0.8", Some(Media::Json)),
            ("APPLICATION/JSON; Q=1.000", Some(Media::Json)),
            ("text/html", None),
            ("application/json;q=0", None),
            ("application/json; charset=latin1", Some(Media::Json)),
            ("application/json; charset=latin1, text/html", None),
            (
                "multipart/mixed;boundary=\"-\", application/graphql-response+json",
                Some(Media::GraphQl),
            ),
        ] {
            assert_eq!(accepted(accept), expected, "{accept}");
        }
    }

    #[test]
    fn only_json_in_utf_8_is_read() {
        let read = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, text.parse().expect("a header"));
            is_json(&headers)
        };
        for text in
            ["application/json", "Application/JSON; charset=\"UTF-8\"", "application/json;v=1"]
        {
            assert!(read(text), "{text}");
        }
        for text in [
            "text/plain",
            "application/json; charset=utf-16",
            "application/jsonx",
            "multipart/form-data",
        ] {
            assert!(!read(text), "{text}");
        }
        assert!(!is_json(&HeaderMap::new()));
    }
}
