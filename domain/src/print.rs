//! What can be printed: the characters that the fonts of documents draw.

use std::sync::LazyLock;

/// What the fonts draw, as runs of code points in hexadecimal; a test of the workers compares it with the fonts. What
/// stands for a character that was lost, □ and U+FFFD, is left out.
const DRAWN: &str = "\
    21-377 37a-37f 384-38a 38c 38e-3a1 3a3-4ff 512-513 51a-51d 531-58a 58d-58f 591-5c7 5d0-5ea 5ef-5f5 5f7 e3f \
    10d0-10ff 13a0-13f5 13f8-13fb 1ab0-1ace 1d00-1f15 1f18-1f1d 1f20-1f45 1f48-1f4d 1f50-1f57 1f59 1f5b 1f5d \
    1f5f-1f7d 1f80-1fb4 1fb6-1fc4 1fc6-1fd3 1fd6-1fdb 1fdd-1fef 1ff2-1ff4 1ff6-1ffe 2010-2037 2039-2040 2042 \
    2044-204b 204f 2052 2054 2070-2071 2074-208e 2090-2094 20a1-20a4 20a6-20ac 20af 20b1-20b2 20bf 20d0-20f0 \
    2100-2103 2105-2106 2109 210c-210f 2111 2113 2115-2117 2119 211c-211e 2120 2122 2124 2126-2127 212b 212e \
    2135-2137 2139 2153-2184 2190-219b 21a8 21ae 21bc-21bd 21c0-21c1 21cb-21d9 2202 2206-220d 220f-221c \
    221e-221f 2222-222b 2236 223c 2241 2245 2247-2249 2259 2260-2262 2264-2265 226a-226b 226e-2271 2282-2285 \
    2295-2298 22c5-22c6 22ef 2300 2302-2303 2310 2320-2321 23d3 2422-2423 25a0 25b2-25b3 25b6-25b7 \
    25bc-25bd 25c0-25c1 25cb-25cc 25cf-25d7 25e6 2605 2619 261b 261e 2627 262d 262f 2639-2653 2660 2663 \
    2665-2666 2669-266c 2695 2698 26a2-26a4 26ad-26ae 271d 2767 27e6-27e7 2c60-2c6c 2c74-2c77 2c80-2cf3 \
    2cf9-2cff 2e18 301a-301b a46a-a46b a640 a648 a656 a71b-a71d a720-a721 a789-a78c ab70-abbf fb00-fb06 \
    fb13-fb17 fb1d-fb4f fe20-fe2f fe66 10140-1018e 102e0-102fb 1d106-1d107";

/// The same as first and last characters, in order.
static RUNS: LazyLock<Vec<(u32, u32)>> = LazyLock::new(|| {
    let read = |run: &str| {
        let (first, last) = run.split_once('-').unwrap_or((run, run));
        Some((u32::from_str_radix(first, 16).ok()?, u32::from_str_radix(last, 16).ok()?))
    };
    DRAWN.split_whitespace().filter_map(read).collect()
});

/// The first character of a text that no document can show: one of another script, an emoji, one of private use.
/// Spaces, line ends and invisible marks are not shown, and stand in no one's way.
pub fn unprintable(text: &str) -> Option<char> {
    text.chars().find(|c| !is_drawn(*c) && !is_unseen(*c))
}

/// Whether the fonts draw it.
fn is_drawn(c: char) -> bool {
    let c = u32::from(c);
    let after = RUNS.partition_point(|(first, _)| *first <= c);
    after.checked_sub(1).is_some_and(|run| c <= RUNS[run].1)
}

/// Characters that documents leave out or show as a space.
fn is_unseen(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_people_can_be_printed() {
        for name in [
            "Phương Anh Dương",
            "Phu\u{31b}o\u{31b}ng",
            "Mǎ Gǒng",
            "Əliyev Mədinə",
            "Łukasz Şahin-Ødegård",
            "Nguyễn Thị Hạnh",
            "Jānis Kļaviņš",
            "Hawaiʻi O’Brien",
            "Иван Ћирић",
            "Ωμέγα",
            "M\u{300}ba\u{ad}ye\u{a0}N\u{200d}o",
        ] {
            assert_eq!(unprintable(name), None, "{name}");
        }
    }

    #[test]
    fn what_no_font_has_is_named() {
        for (name, strange) in [
            ("王小明", '王'),
            ("Zoé 😀", '😀'),
            ("Ali محمد", 'م'),
            ("a\u{e000}", '\u{e000}'),
            ("N\u{fffd}", '\u{fffd}'),
            ("□", '□'),
        ] {
            assert_eq!(unprintable(name), Some(strange), "{name}");
        }
    }

    #[test]
    fn the_runs_are_in_order() {
        assert_eq!(RUNS.len(), DRAWN.split_whitespace().count());
        assert!(RUNS.iter().all(|(first, last)| first <= last));
        assert!(RUNS.windows(2).all(|pair| pair[0].1 < pair[1].0));
    }
}
