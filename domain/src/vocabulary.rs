//! Closed vocabularies: enumerations whose values have one stable name, in the database as in the schema, and where
//! people of the field read them a French label.

use std::borrow::Cow;
use std::str::FromStr;

/// A name that stands for no known value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Valeur inconnue : « {0} ».")]
pub struct UnknownName(pub String);

/// A value that is kept and sent as a text, and read back from that text alone.
pub trait StableText: Copy + FromStr {
    /// The text; of an enumeration, its name in `SCREAMING_SNAKE_CASE`.
    fn text(self) -> Cow<'static, str>;
}

/// Declares an enumeration once: `ALL`, `as_str()`, `Display`, `FromStr`, serde and [`StableText`], all under the same
/// names in `SCREAMING_SNAKE_CASE`. Where each value has a French label behind a colon, `label()` answers it.
#[macro_export]
macro_rules! vocabulary {
    ($($(#[$meta:meta])* pub enum $name:ident {
        $($(#[$variant_meta:meta])* $variant:ident => $text:literal $(: $label:literal)?),+ $(,)?
    })+) => {
        $(
            $(#[$meta])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
            pub enum $name {
                $($(#[$variant_meta])* #[serde(rename = $text)] $variant),+
            }

            impl $name {
                /// Every value, in the order of its declaration.
                pub const ALL: [Self; [$($text),+].len()] = [$(Self::$variant),+];

                /// The stable name of this value, in `SCREAMING_SNAKE_CASE`.
                pub const fn as_str(self) -> &'static str {
                    match self {
                        $(Self::$variant => $text),+
                    }
                }
            }

            impl std::fmt::Display for $name {
                fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str(self.as_str())
                }
            }

            impl std::str::FromStr for $name {
                type Err = $crate::vocabulary::UnknownName;

                fn from_str(given: &str) -> Result<Self, Self::Err> {
                    match given {
                        $($text => Ok(Self::$variant),)+
                        _ => Err($crate::vocabulary::UnknownName(given.to_owned())),
                    }
                }
            }

            impl $crate::vocabulary::StableText for $name {
                fn text(self) -> std::borrow::Cow<'static, str> {
                    self.as_str().into()
                }
            }

            $crate::vocabulary!(@labels $name [$($variant $($label)?),+]);
        )+
    };
    (@labels $name:ident [$($variant:ident),+]) => {};
    (@labels $name:ident [$($variant:ident $label:literal),+]) => {
        impl $name {
            /// How people of the field call it, in French, without an article.
            pub const fn label(self) -> &'static str {
                match self {
                    $(Self::$variant => $label),+
                }
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    use declared::Colour;

    #[expect(unreachable_pub, reason = "what is declared is public")]
    mod declared {
        crate::vocabulary! {
            /// For these tests.
            pub enum Colour {
                /// A colour.
                Red => "RED": "rouge",
                /// Another.
                DarkBlue => "DARK_BLUE": "bleu foncé",
            }
        }
    }

    #[test]
    fn a_value_has_one_name_everywhere() {
        for colour in Colour::ALL {
            let name = colour.as_str();
            assert_eq!(name.parse(), Ok(colour));
            assert_eq!((colour.to_string().as_str(), &*colour.text()), (name, name));
            let json = serde_json::to_string(&colour).expect("JSON");
            assert_eq!(json, format!("\"{name}\""));
            assert_eq!(serde_json::from_str::<Colour>(&json).expect("a colour"), colour);
        }
        assert_eq!(Colour::DarkBlue.label(), "bleu foncé");
    }

    #[test]
    fn another_name_is_unknown_whatever_its_case() {
        for name in ["red", "DARKBLUE", "", " RED", "rouge"] {
            assert_eq!(name.parse::<Colour>(), Err(UnknownName(name.to_owned())));
        }
    }
}
