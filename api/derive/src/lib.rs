//! What the schema's objects say in one word where async-graphql wants many.

use proc_macro::TokenStream;
use quote::quote;
use syn::{FnArg, ImplItem, ItemImpl, Pat, Type, parse_macro_input, parse_quote};

/// Above `#[Object]`: a field whose function takes `asked: Asked` (`api::page`) takes the four arguments of a
/// connection in its place, costs what its page may hold, and finds them there together.
#[proc_macro_attribute]
pub fn paged(_: TokenStream, item: TokenStream) -> TokenStream {
    let mut object = parse_macro_input!(item as ItemImpl);
    let mut paged = false;
    for item in &mut object.items {
        let ImplItem::Fn(field) = item else { continue };
        let Some(place) = field.sig.inputs.iter().position(is_page) else { continue };
        paged = true;
        let arguments: [FnArg; 4] = [
            parse_quote!(#[graphql(desc = "Edges after this cursor.")] after: Option<String>),
            parse_quote!(#[graphql(desc = "Edges before this cursor.")] before: Option<String>),
            parse_quote!(#[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>),
            parse_quote!(#[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>),
        ];
        let mut all: Vec<_> = std::mem::take(&mut field.sig.inputs).into_iter().collect();
        let asked: Vec<_> = all.splice(place..=place, arguments).collect();
        field.sig.inputs = all.into_iter().collect();
        let cost = "crate::page::cost(first, last, child_complexity)";
        field.attrs.push(parse_quote!(#[graphql(complexity = #cost)]));
        let together =
            parse_quote!(let #(#asked)* = crate::page::Asked { after, before, first, last };);
        field.block.stmts.insert(0, together);
    }
    if !paged {
        let error = syn::Error::new_spanned(&object.self_ty, "no field takes `asked: Asked`");
        return error.into_compile_error().into();
    }
    quote!(#object).into()
}

/// Whether an argument is `asked: Asked`.
fn is_page(argument: &FnArg) -> bool {
    let FnArg::Typed(argument) = argument else { return false };
    let (Pat::Ident(name), Type::Path(kind)) = (&*argument.pat, &*argument.ty) else {
        return false;
    };
    name.ident == "asked" && kind.path.is_ident("Asked")
}
