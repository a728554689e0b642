//! All three documents, whole.

use super::*;
use typst::layout::{Frame, FrameItem};
use typst_layout::PagedDocument;

const HOSTILE: &str = r#"*x* #eval("1+1") $x$ <lbl> @ref"#;

fn day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 24).unwrap()
}

fn authority() -> Party {
    Party {
        name: "Association Certif Pro".into(),
        address: "1 rue de l’Exemple".into(),
        postal_code: "75001".into(),
        city: "Paris".into(),
        siren: Some("732829320".into()),
        siret: Some("73282932000074".into()),
    }
}

fn organism(name: &str) -> Party {
    Party {
        name: name.into(),
        address: "3 bis, avenue du Cœur\nBâtiment B".into(),
        postal_code: "33000".into(),
        city: "Bordeaux".into(),
        siren: Some("552100554".into()),
        siret: None,
    }
}

fn a_letter(name: &str) -> Letter {
    Letter {
        reference: "DEC-2026-0042".into(),
        subject: "Décision de refus de votre demande d'habilitation CléA Management".into(),
        issued_on: day(),
        issued_on_text: "Paris, le 24 novembre 2026".into(),
        sender: authority(),
        recipient: organism(name),
        paragraphs: vec![
            "Madame, Monsieur,".into(),
            "Vous avez déposé le 3 septembre 2026 une demande d'habilitation à dispenser les parcours et les évaluations de la certification CléA Management. Réuni le 20 novembre 2026, le conseil d'administration a examiné votre dossier au regard des critères de la convention : il a décidé de ne pas y faire droit.".into(),
            "Les motifs de cette décision sont exposés critère par critère dans le tableau qui suit.".into(),
        ],
        criteria: vec![
            CriterionRow { label: "Capacité à déployer la certification".into(), satisfied: true, grounds: "Deux établissements déclarés, moyens décrits et suffisants.".into() },
            CriterionRow { label: "Qualité des intervenants".into(), satisfied: false, grounds: "Le curriculum vitæ d'une évaluatrice manque ; l'expérience de deux formateurs dans le domaine 2 n'est pas établie.".into() },
            CriterionRow { label: "Qualité des parcours proposés".into(), satisfied: false, grounds: "Le parcours du domaine 3 ne couvre pas les compétences 3-2 et 3-4 du référentiel.".into() },
            CriterionRow { label: "Accessibilité aux personnes en situation de handicap".into(), satisfied: true, grounds: "Référente désignée, procédure d'aménagement fournie.".into() },
        ],
        closing: vec![
            "Vous pouvez demander un nouvel examen de votre demande dans un délai de 30 jours ouvrés à compter de la notification de la présente décision, par une note argumentée adressée à recours@example.fr. La page de cette décision sur la plateforme indique le dernier jour de ce délai.".into(),
            "Nous vous prions d'agréer, Madame, Monsieur, l'expression de nos salutations distinguées.".into(),
        ],
        signatory: "Pour le conseil d’administration,\nCamille Lefèvre, présidente".into(),
    }
}

fn an_invoice(name: &str, lines: u32) -> InvoiceDocument {
    let mut rows = vec![
        InvoiceLineRow {
            label: "Frais d'instruction — demande DH-2026-0042".into(),
            quantity: 1,
            unit_price_cents: 33_000,
            total_cents: 33_000,
        },
        InvoiceLineRow {
            label: "Frais de gestion — établissements".into(),
            quantity: 2,
            unit_price_cents: 3_300,
            total_cents: 6_600,
        },
    ];
    rows.extend((2..lines).map(|n| InvoiceLineRow {
        label: format!("Redevance — certificat CM-2026-{n:05}"),
        quantity: 1,
        unit_price_cents: 1_100,
        total_cents: 1_100,
    }));
    InvoiceDocument {
        number: "FA-2026-00042".into(),
        issued_on: day(),
        issued_on_text: "24 novembre 2026".into(),
        due_on_text: "8 janvier 2027".into(),
        period_text: "1er octobre – 31 décembre 2026".into(),
        seller: authority(),
        buyer: organism(name),
        total_cents: rows.iter().map(|row| row.total_cents).sum(),
        lines: rows,
        mentions: vec![
            "TVA : exonération, article 261-4-4° a du Code général des impôts.".into(),
            "Paiement à 45 jours calendaires par virement, IBAN FR76 3000 6000 0112 3456 7890 189. Pas d'escompte pour paiement anticipé.".into(),
            "En cas de retard de paiement : pénalités au taux de refinancement de la BCE majoré de 10 points et indemnité forfaitaire de 40 € pour frais de recouvrement (art. L. 441-10 du Code de commerce).".into(),
        ],
    }
}

fn a_parchment(name: &str) -> Parchment {
    Parchment {
        number: "CM-2026-000317".into(),
        holder_name: name.into(),
        birth_text: "né(e) le 1er février 1990 à L’Haÿ-les-Roses".into(),
        title: "Certificat CléA Management".into(),
        awarded_on: day(),
        awarded_on_text: "24 novembre 2026".into(),
        organism_name: "Atelier des compétences".into(),
        organism_siren: "552100554".into(),
        authority_name: "Association Certif Pro".into(),
        verification_url: "https://cleamanagement.example.fr/verification/9F3K-77QX-21AB".into(),
        domains: vec![
            "Se positionner dans son rôle de manager".into(),
            "Animer et accompagner son équipe au quotidien".into(),
            "Organiser et piloter l'activité de son équipe".into(),
        ],
    }
}

/// The text of a laid out document, without spaces.
fn printed(document: &PagedDocument) -> String {
    fn collect(frame: &Frame, out: &mut String) {
        for (_, item) in frame.items() {
            match item {
                FrameItem::Group(group) => collect(&group.frame, out),
                FrameItem::Text(text) => out.push_str(&text.text),
                _ => {}
            }
        }
    }
    let mut out = String::new();
    for page in document.pages() {
        collect(&page.frame, &mut out);
    }
    squeezed(&out)
}

/// How many glyphs of a laid out document stand for what its font lacks.
fn holes(document: &PagedDocument) -> usize {
    fn count(frame: &Frame) -> usize {
        let of = |item: &FrameItem| match item {
            FrameItem::Group(group) => count(&group.frame),
            FrameItem::Text(text) => text.glyphs.iter().filter(|glyph| glyph.id == 0).count(),
            _ => 0,
        };
        frame.items().map(|(_, item)| of(item)).sum()
    }
    document.pages().iter().map(|page| count(&page.frame)).sum()
}

fn squeezed(string: &str) -> String {
    string.chars().filter(|c| !c.is_whitespace()).collect()
}

/// Checks the bytes, and leaves them in `$DOCUMENTS_OUT` when that is set.
fn check(name: &str, pdf: &[u8]) {
    assert!(pdf.starts_with(b"%PDF-1."), "{name}");
    if let Some(folder) = std::env::var_os("DOCUMENTS_OUT") {
        std::fs::write(std::path::Path::new(&folder).join(name), pdf).unwrap();
    }
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let input = (
        a_letter("Atelier des compétences"),
        an_invoice("Atelier des compétences", 5),
        a_parchment("Zoé d’Œuvre-Ÿvain"),
    );
    let render =
        || [letter(&input.0).unwrap(), invoice(&input.1).unwrap(), parchment(&input.2).unwrap()];
    let first = render();
    comemo::evict(0);
    assert!(first == render());
    for (name, pdf) in ["letter.pdf", "invoice.pdf", "parchment.pdf"].iter().zip(&first) {
        check(name, pdf);
    }
}

#[test]
fn data_are_printed_never_evaluated() {
    let mut hostile = a_letter(HOSTILE);
    hostile.paragraphs = vec!["= Pas un titre".into(), "- pas une liste".into(), HOSTILE.into()];
    hostile.criteria[0].grounds = HOSTILE.into();
    let job = letter_job(&hostile).unwrap();
    let text = printed(&job.layout().unwrap());
    assert_eq!(text.matches(&squeezed(HOSTILE)).count(), 3, "{text}");
    assert!(text.contains("=Pasuntitre-pasuneliste"), "{text}");
    check("hostile-letter.pdf", &job.pdf().unwrap());
    check("hostile-invoice.pdf", &invoice(&an_invoice(HOSTILE, 2)).unwrap());
    check("hostile-parchment.pdf", &parchment(&a_parchment(HOSTILE)).unwrap());
}

#[test]
fn characters_without_a_glyph_are_replaced_visibly() {
    assert_eq!(text::clean("Li 王小明 😀\u{202e}\u{e000}"), "Li □□□ □□");
    let mut bare = a_letter("");
    bare.subject.clear();
    bare.closing.clear();
    check("bare-letter.pdf", &letter(&bare).unwrap());
    let name = "王小明 محمد 😀 e\u{301}";
    let job = letter_job(&a_letter(name)).unwrap();
    let text = printed(&job.layout().unwrap());
    assert!(text.contains(&squeezed(&text::clean(name))), "{text}");
    check("unusual-letter.pdf", &job.pdf().unwrap());
    check("unusual-invoice.pdf", &invoice(&an_invoice(name, 2)).unwrap());
    // A parchment says who somebody is: it never goes out with boxes.
    for (name, strange) in [(name, "U+738B"), ("Zoé 😀", "U+1F600"), ("a\u{e000}", "U+E000")] {
        let refused = parchment(&a_parchment(name)).unwrap_err();
        assert!(
            matches!(&refused, DocumentError::MissingGlyph(told) if told.contains(strange)),
            "{refused}"
        );
    }
    let mut strange = a_parchment("Zoé");
    strange.organism_name = "王".into();
    assert!(matches!(parchment(&strange), Err(DocumentError::MissingGlyph(_))));
}

#[test]
fn names_are_printed_in_their_own_letters() {
    let all = "Phương Anh Dương ƠƯ Mǎ Gǒng Əliyev Mədinə Ƴusuf Ŋ Łukasz Ștefan Иван Ћирић Ωμέγα M\u{300}ba ½";
    for (name, whole) in [
        ("Phu\u{31b}o\u{31b}ng Du\u{31b}o\u{31b}ng", "Phương Dương"),
        ("Lǜ Ǻǽ Ɓello Nguyễn Thị Hạnh", "Lǜ Ǻǽ Ɓello Nguyễn Thị Hạnh"),
        ("Z\u{302}oe\u{308} M\u{300}", "Ẑoë M\u{300}"),
        ("cœur ½ 1\u{202f}000 €", "cœur ½ 1\u{202f}000 €"),
        (all, all),
    ] {
        assert_eq!((text::clean(name).as_str(), unprintable(name)), (whole, None), "{name}");
    }
    let jobs = [
        ("letters-parchment.pdf", parchment_job(&a_parchment(all))),
        ("letters-letter.pdf", letter_job(&a_letter(all))),
        ("letters-invoice.pdf", invoice_job(&an_invoice(all, 2))),
    ];
    for (file, job) in jobs {
        let job = job.unwrap();
        let document = job.layout().unwrap();
        assert!(printed(&document).contains(&squeezed(all)), "{file}");
        assert_eq!(holes(&document), 0, "{file}");
        check(file, &job.pdf().unwrap());
    }
}

#[test]
fn long_documents_paginate() {
    let job = invoice_job(&an_invoice("Atelier des compétences", 300)).unwrap();
    let document = job.layout().unwrap();
    let (pages, text) = (document.pages().len(), printed(&document));
    assert!(pages > 5);
    assert_eq!(text.matches("Désignation").count(), pages);
    assert!(text.contains(&format!("Page{pages}/{pages}")), "{text}");
    assert!(text.contains("3674,00€"), "{text}");
    check("long-invoice.pdf", &job.pdf().unwrap());

    let mut long = a_letter("Atelier des compétences");
    long.paragraphs = vec![long.paragraphs[1].clone(); 12];
    check("long-letter.pdf", &letter(&long).unwrap());

    let mut long = a_parchment(&"Marie-Madeleine ".repeat(12));
    long.domains = vec!["Un intitulé de domaine particulièrement long, qui tient sur plus d’une ligne de cette page, et qui le fait exprès".into(); 9];
    let job = parchment_job(&long).unwrap();
    assert_eq!(job.layout().unwrap().pages().len(), 1);
    check("long-parchment.pdf", &job.pdf().unwrap());
}

#[test]
fn amounts_and_prose_are_french() {
    assert_eq!(text::euros(123_456_705), "1\u{a0}234\u{a0}567,05\u{a0}€");
    assert_eq!(text::euros(-5), "−0,05\u{a0}€");
    assert_eq!(text::french("l'avis : « non » n° 2"), "l’avis\u{a0}: «\u{a0}non\u{a0}» n°\u{a0}2");
}
