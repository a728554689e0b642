//! Inputs: their fields are listed once, then turned into those of the acts.

use crate::scalar::{Cents, Date, PartialDate};
use async_graphql::ID;
use chrono::NaiveDate;
use domain::birth::BirthDate;

/// The same value as an act takes it.
pub(crate) trait Convert<T> {
    /// Turns it.
    fn convert(self) -> T;
}

macro_rules! same {
    ($($type:ty),*) => {
        $(impl Convert<$type> for $type {
            fn convert(self) -> $type {
                self
            }
        })*
    };
}

same!(String, bool, i32);

impl Convert<String> for ID {
    fn convert(self) -> String {
        self.0
    }
}

impl Convert<NaiveDate> for Date {
    fn convert(self) -> NaiveDate {
        self.0
    }
}

impl Convert<BirthDate> for PartialDate {
    fn convert(self) -> BirthDate {
        self.0
    }
}

impl Convert<i64> for Cents {
    fn convert(self) -> i64 {
        self.0
    }
}

impl<T: Convert<U>, U> Convert<Option<U>> for Option<T> {
    fn convert(self) -> Option<U> {
        self.map(Convert::convert)
    }
}

impl<T: Convert<U>, U> Convert<Vec<U>> for Vec<T> {
    fn convert(self) -> Vec<U> {
        self.into_iter().map(Convert::convert).collect()
    }
}

/// Declares inputs with the acts' own that they become.
macro_rules! input {
    ($($(#[$doc:meta])* $name:ident => $target:path { $($(#[$field_doc:meta])* $field:ident: $type:ty),* $(,)? })*) => {
        $(
            $(#[$doc])*
            #[derive(async_graphql::InputObject)]
            pub(crate) struct $name {
                $($(#[$field_doc])* pub(crate) $field: $type),*
            }

            impl $crate::input::Convert<$target> for $name {
                fn convert(self) -> $target {
                    use $target as Target;
                    Target { $($field: $crate::input::Convert::convert(self.$field)),* }
                }
            }
        )*
    };
}
pub(crate) use input;
