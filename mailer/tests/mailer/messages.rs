//! Every message: it says what it must, to whom it must, and hostile data stay
//! data.

use crate::support::messages;
use mailer::{Message, RenderError, Rendered, TermOutcome};
use serde_json::Value;

fn render(message: &Message) -> Rendered {
    message.render("Certif Pro").expect("rendered")
}

/// The same text whatever the folding and the kind of space.
fn flat(text: &str) -> String {
    text.replace(['\n', '\u{a0}'], " ")
        .split(' ')
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

fn unescaped(html: &str) -> String {
    let named = html
        .replace("&nbsp;", " ")
        .replace("&#60;", "<")
        .replace("&#62;", ">")
        .replace("&#34;", "\"");
    named.replace("&#39;", "'").replace("&#38;", "&")
}

/// Every string below a JSON value, the tags of kinds and outcomes excepted.
fn strings<'a>(value: &'a mut Value, found: &mut Vec<&'a mut String>) {
    match value {
        Value::String(text) => found.push(text),
        Value::Array(items) => items.iter_mut().for_each(|item| strings(item, found)),
        Value::Object(fields) => fields
            .iter_mut()
            .filter(|(name, _)| !matches!(name.as_str(), "kind" | "outcome"))
            .for_each(|(_, item)| strings(item, found)),
        _ => {}
    }
}

#[test]
fn each_kind_renders_whole_and_survives_json() {
    let mut kinds = Vec::new();
    for message in messages() {
        let rendered = render(&message);
        assert!(!rendered.subject.is_empty() && rendered.subject.chars().count() <= 150);
        for part in [&rendered.subject, &rendered.text, &rendered.html] {
            assert!(!part.contains("{{") && !part.contains("{%") && !part.contains('~'), "{part}");
            assert!(!part.contains('\''), "typographic apostrophes: {part}");
        }
        assert!(rendered.text.lines().all(|line| line.chars().count() <= 74), "{}", rendered.text);
        assert!(!rendered.text.contains("\n\n\n") && rendered.text.contains("Certif Pro"));

        let mut json = serde_json::to_value(&message).expect("JSON");
        assert_eq!(serde_json::from_value::<Message>(json.clone()).expect("a message"), message);
        kinds.push(json["kind"].as_str().expect("a kind").to_owned());

        let mut data = Vec::new();
        strings(&mut json, &mut data);
        for line in data.iter().flat_map(|text| text.lines()) {
            let line = flat(line);
            assert!(flat(&rendered.text).contains(&line), "{line} in {}", rendered.text);
            assert!(
                flat(&unescaped(&rendered.html)).contains(&line),
                "{line} in {}",
                rendered.html
            );
        }
    }
    kinds.dedup();
    assert_eq!(kinds.len(), 17);
}

#[test]
fn each_html_is_readable_by_all() {
    for message in messages() {
        let html = render(&message).html;
        assert!(html.starts_with("<!DOCTYPE html>\n<html lang=\"fr\">"));
        assert!(html.contains("<h1>") && html.contains("<main>") && html.contains("<title>"));
        for refused in ["<img", "<script", "src=", "url(", "<link", "style=\"", "<table"] {
            assert!(!html.contains(refused), "{refused}");
        }
        for tag in ["p", "ul", "li", "h1", "h2", "h3", "a", "main", "header", "footer", "strong"] {
            let open = html.matches(&format!("<{tag}>")).count()
                + html.matches(&format!("<{tag} ")).count();
            assert_eq!(open, html.matches(&format!("</{tag}>")).count(), "{tag} in {message:?}");
        }
    }
}

#[test]
fn refusal_13_hostile_data_stay_data() {
    let hostile = "x\r\nBcc: v@b.example\r\n<script>alert('1')</script>{{ 7*7 }}\u{202e}& \"q\"";
    for message in messages() {
        let mut json = serde_json::to_value(&message).expect("JSON");
        let mut data = Vec::new();
        strings(&mut json, &mut data);
        for text in data {
            if !text.starts_with("https://") {
                hostile.clone_into(text);
            }
        }
        let message: Message = serde_json::from_value(json).expect("a message");
        let rendered = message.render(hostile).expect("rendered");
        assert!(!rendered.subject.contains(char::is_control));
        assert!(!rendered.html.contains("<script") && rendered.html.contains("&#60;script&#62;"));
        assert!(!rendered.html.contains("alert('") && rendered.html.contains("{{ 7*7 }}"));
        for part in [&rendered.subject, &rendered.text, &rendered.html] {
            assert!(!part.contains('\u{202e}') && !part.contains('\r') && !part.contains("49"));
        }
    }
}

#[test]
fn refusal_12_only_the_address_of_a_page_is_linked() {
    for link in [
        "javascript:alert(1)",
        "data:text/html,x",
        "https://a.example/ x",
        "https://a.example/\r\nx",
        "",
    ] {
        for message in messages() {
            let mut json = serde_json::to_value(&message).expect("JSON");
            for field in ["link", "verification_url"] {
                if json.get(field).is_some() {
                    json[field] = Value::from(link);
                    let message: Message = serde_json::from_value(json.clone()).expect("a message");
                    assert!(
                        matches!(message.render("Certif Pro"), Err(RenderError::Link)),
                        "{link:?}"
                    );
                }
            }
        }
    }
}

/// III.5.b, III.5.c, V.3.d, P13, interpretation 5: the link alone acknowledges
/// nothing; delays are printed, the page gives the last day.
#[test]
fn notified_decisions_explain_the_acknowledgement() {
    let mut count = 0;
    for message in messages() {
        if let Message::DecisionAccepted { link, .. }
        | Message::DecisionRefused { link, .. }
        | Message::EdofSanction { link, .. } = &message
        {
            let rendered = render(&message);
            assert!(
                rendered.text.contains(&format!("\n{link}\n")),
                "the link on a line of its own"
            );
            assert!(unescaped(&rendered.html).contains(&format!("<a href=\"{link}\">")));
            for body in [flat(&rendered.text), flat(&unescaped(&rendered.html))] {
                assert!(body.contains("Ouvrir ce lien n’accuse réception de rien"));
                assert!(body.contains("seul le bouton « Accuser réception » de la page le fait"));
            }
            count += 1;
        }
        if let Message::DecisionRefused { .. } = &message {
            let text = flat(&render(&message).text);
            assert!(text.contains("Délai : 30 jours ouvrés à compter de la notification"));
            assert!(text.contains("la page indiquée ci-dessous en donne le dernier jour"));
            assert!(text.contains("recours@certif-pro.example"));
        }
    }
    assert_eq!(count, 3);
}

/// III.6.c, interpretation 8: the content depends on what will happen.
#[test]
fn term_reminders_say_what_will_happen() {
    for message in messages() {
        let Message::TermReminder { outcome, .. } = &message else { continue };
        let text = flat(&render(&message).text);
        let (present, absent) = match outcome {
            TermOutcome::Renews => ("sera renouvelée une fois, automatiquement", "POURQUOI"),
            TermOutcome::Expires => ("POURQUOI - Aucune évaluation", "sera renouvelée"),
            TermOutcome::Reapply => ("(dans 1 jour)", "sera renouvelée"),
        };
        assert!(text.contains(present) && !text.contains(absent), "{text}");
    }
}

/// A2.f, interpretation 22: nothing is sanctioned automatically.
#[test]
fn unpaid_invoices_are_never_said_to_sanction_by_themselves() {
    for message in messages() {
        let text = flat(&render(&message).text);
        match message {
            Message::PaymentReminder { .. } => {
                assert!(text.contains("Aucune sanction n’est automatique"));
            }
            Message::PaymentEscalation { .. } => assert!(text.contains("Rien n’est automatique")),
            _ => {}
        }
    }
}

#[test]
fn optional_data_are_said_to_be_absent() {
    let mut receipt = messages().remove(0);
    if let Message::FilingReceipt { fee, sites, .. } = &mut receipt {
        *fee = None;
        sites.clear();
    }
    let rendered = render(&receipt);
    assert!(
        rendered.text.contains("Aucuns frais d’instruction")
            && rendered.html.contains("Aucuns frais")
    );
    assert!(
        rendered.text.contains("Aucun site n’est déclaré") && rendered.html.contains("Aucun site")
    );
}

/// Refusal 12: the link alone changes nothing, serves once and for a time, and whoever did not ask is told
/// to do nothing.
#[test]
fn mails_about_accounts_say_what_their_link_does() {
    let mut count = 0;
    for message in messages() {
        let (Message::AccountInvitation { link, delay, .. }
        | Message::PasswordReset { link, delay }) = &message
        else {
            continue;
        };
        let rendered = render(&message);
        assert!(rendered.text.contains(&format!("\n{link}\n")), "the link on a line of its own");
        assert!(unescaped(&rendered.html).contains(&format!("<a href=\"{link}\">")));
        for body in [flat(&rendered.text), flat(&unescaped(&rendered.html))] {
            assert!(body.contains(&format!("valable {delay} et ne sert qu’une fois")), "{body}");
            assert!(body.contains("ne faites rien : "), "{body}");
        }
        count += 1;
    }
    assert_eq!(count, 3);
}
