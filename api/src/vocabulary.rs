//! How the schema mirrors the enumerations of `domain`, `entity` and `service`: the same values, described. Each
//! mirror stands beside its subject.

macro_rules! vocabulary {
    ($($(#[$doc:meta])* $name:ident = $remote:literal as $path:path { $($(#[$value_doc:meta])* $value:ident),* $(,)? })*) => {
        $(
            $(#[$doc])*
            #[derive(async_graphql::Enum, Debug, Clone, Copy, PartialEq, Eq, Hash)]
            #[graphql(remote = $remote)]
            pub(crate) enum $name {
                $($(#[$value_doc])* $value),*
            }

            impl $crate::input::Convert<$path> for $name {
                fn convert(self) -> $path {
                    self.into()
                }
            }
        )*
    };
}

pub(crate) use vocabulary;
