-- The benchmark's data, set by set, on tables that hold the reference data alone.
--
-- A line `-- step NAME [by SIZE]` begins a step; one with a size runs once per range {from}..{to} of it.
-- Words in braces are sizes (bench/src/data.rs). Every value is a function of the seed and of a rank: the
-- same seed and sizes give the same rows. Triggers are off (foreign keys are checked at the end, at once).

-- step words
SET session_replication_role = replica;
CREATE SCHEMA bench;
-- A number below `size`, by rank and purpose.
CREATE FUNCTION bench.pick(n bigint, purpose int, size int) RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT ((hashint8extended(n, {seed} * 1000 + purpose) & 2147483647) % size)::int
$$;
-- One of these words.
CREATE FUNCTION bench.word(words text[], n bigint, purpose int) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT words[1 + bench.pick(n, purpose, cardinality(words))]
$$;
-- A UUIDv7 whose time grows with the rank, as ids of rows that are inserted one after another.
CREATE FUNCTION bench.id(kind int, n bigint) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (lpad(to_hex(1735689600000 + n), 12, '0') || '7' || lpad(to_hex(kind), 3, '0') || '8'
        || lpad(to_hex(hashint8extended(n, {seed} * 1000 + kind) & 1152921504606846975), 15, '0'))::uuid
$$;
-- What Luhn's check wants after these digits.
CREATE FUNCTION bench.check_digit(digits text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT ((10 - sum(CASE WHEN i % 2 = 1 THEN d * 2 - CASE WHEN d > 4 THEN 9 ELSE 0 END ELSE d END) % 10) % 10)::text
    FROM generate_series(1, length(digits)) AS i,
        LATERAL (SELECT substr(reverse(digits), i, 1)::int AS d) AS digit
$$;
CREATE FUNCTION bench.siren(n bigint) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT d || bench.check_digit(d) FROM (SELECT (30000000 + n)::text AS d) AS digits
$$;
-- As `domain::person::name_key`, for the keys and words below.
CREATE FUNCTION bench.key(name text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT upper(translate(name, 'éèêëàâîïôöûùüçÉÈÇ-''', 'eeeeaaiioouuuceec  '))
$$;
-- As `domain::search::words`: each word together with those after it.
CREATE FUNCTION bench.words(VARIADIC names text[]) RETURNS SETOF text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT DISTINCT left(array_to_string(parts[n:], ''), 32)
    FROM unnest(names) AS name, LATERAL string_to_array(bench.key(name), ' ') AS parts, generate_subscripts(parts, 1) AS n
$$;
-- As `domain::deadline::format_date_fr`.
CREATE FUNCTION bench.date_fr(day date) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE extract(day FROM day) WHEN 1 THEN '1er' ELSE extract(day FROM day)::text END || ' '
        || (ARRAY['janvier', 'février', 'mars', 'avril', 'mai', 'juin', 'juillet', 'août', 'septembre', 'octobre',
            'novembre', 'décembre'])[extract(month FROM day)::int] || ' ' || extract(year FROM day)::text
$$;
-- The first of the invoiced days.
CREATE FUNCTION bench.start() RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (date '2026-10-01' - make_interval(months => 3 * {quarters}))::date
$$;
-- The day of the n-th of so many events, spread evenly over the invoiced quarters.
CREATE FUNCTION bench.day(n bigint, total bigint) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT bench.start() + ((n - 1) * (date '2026-10-01' - bench.start()) / total)::int
$$;
-- The quarter of a day, counted from 0.
CREATE FUNCTION bench.quarter(day date) RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT greatest(0, ((extract(year FROM day) - extract(year FROM bench.start())) * 12
        + extract(month FROM day) - extract(month FROM bench.start()))::int / 3)
$$;
CREATE TABLE bench.town AS SELECT * FROM (VALUES
    (0, 'Paris', '75011', '75111'), (1, 'Lyon', '69003', '69383'), (2, 'Marseille', '13006', '13206'),
    (3, 'Toulouse', '31000', '31555'), (4, 'Nantes', '44000', '44109'), (5, 'Strasbourg', '67000', '67482'),
    (6, 'Montpellier', '34000', '34172'), (7, 'Bordeaux', '33000', '33063'), (8, 'Lille', '59000', '59350'),
    (9, 'Rennes', '35000', '35238'), (10, 'Saint-Étienne', '42000', '42218'), (11, 'Ajaccio', '20000', '2A004'),
    (12, 'Besançon', '25000', '25056'), (13, 'Orléans', '45000', '45234'), (14, 'Saint-Denis', '97400', '97411'),
    (15, 'Angoulême', '16000', '16015')) AS town (rank, city, postal_code, insee);

-- step account, campaign
INSERT INTO account (id, email, display_name, password_hash, created_at, confirmed_at)
VALUES (bench.id(1, 1), 'mesure@certif-pro.example', 'Mesure', '', '2025-01-01Z', '2025-01-01Z');
INSERT INTO account_grant (id, account_id, role, authority_id, granted_on)
SELECT bench.id(2, 1), bench.id(1, 1), 'FINANCE', id, '2025-01-01' FROM authority;
INSERT INTO meeting (id, authority_id, held_on, place)
SELECT bench.id(3, 1), id, bench.start() - 30, 'Paris' FROM authority;
INSERT INTO campaign (id, authority_id, framework_id, meeting_id, title, opens_on, closes_on)
SELECT bench.id(4, 1), authority.id, framework.id, bench.id(3, 1), 'Campagne', bench.start() - 120, bench.start() - 60
FROM authority, framework;

-- step organism by organisms
INSERT INTO organism (id, siren, name, name_key, kind, nda, email, address, postal_code, city, registered_on, version)
SELECT bench.id(10, n), bench.siren(n), name, bench.key(name), 'LEGAL_PERSON', NULL, 'contact@organisme-' || n || '.example',
    1 + bench.pick(n, 11, 200) || ' ' || bench.word(ARRAY['rue de la République', 'avenue Jean-Jaurès', 'place du Marché', 'boulevard Voltaire'], n, 12),
    town.postal_code, town.city, bench.start() - 150, 1
FROM generate_series({from}::bigint, {to}) AS n
JOIN bench.town ON town.rank = bench.pick(n, 13, 16),
LATERAL (SELECT bench.word(ARRAY['Institut', 'Centre', 'École', 'Atelier', 'Académie', 'Campus', 'Maison'], n, 14) || ' '
    || bench.word(ARRAY['Compétences', 'Horizon', 'Savoirs', 'Métiers', 'Avenir', 'Parcours', 'Tremplin', 'Emploi'], n, 15) || ' ' || n) AS named (name);
INSERT INTO organism_word (organism_id, word)
SELECT o.id, word FROM generate_series({from}::bigint, {to}) AS n JOIN organism o ON o.id = bench.id(10, n),
    bench.words(o.name, o.siren) AS word;
INSERT INTO site (id, organism_id, name, siret, address, postal_code, city, is_seat, registered_on)
SELECT bench.id(11, n), o.id, 'Siège', nic || bench.check_digit(nic), o.address, o.postal_code, o.city, true, o.registered_on
FROM generate_series({from}::bigint, {to}) AS n JOIN organism o ON o.id = bench.id(10, n),
LATERAL (SELECT o.siren || '0001') AS numbered (nic);
INSERT INTO application (id, number, organism_id, campaign_id, authority_id, framework_id, meeting_id, status, filed_on,
    filed_by_id, contact_email, convention_version_id, version)
SELECT bench.id(12, n), 'D' || extract(year FROM bench.start() - 90) || '-' || lpad(n::text, 6, '0'), o.id, c.id, c.authority_id,
    c.framework_id, c.meeting_id, 'ACCEPTED', bench.start() - 90, bench.id(1, 1), o.email, convention_version.id, 3
FROM generate_series({from}::bigint, {to}) AS n JOIN organism o ON o.id = bench.id(10, n), campaign c, convention_version;
INSERT INTO application_site (application_id, site_id)
SELECT bench.id(12, n), bench.id(11, n) FROM generate_series({from}::bigint, {to}) AS n;
INSERT INTO habilitation (id, organism_id, application_id, authority_id, framework_id, decided_on, notified_on, term_ends_on, version)
SELECT bench.id(13, n), a.organism_id, a.id, a.authority_id, a.framework_id, bench.start() - 30, bench.start() - 15,
    bench.start() - 16 + interval '3 years', 1
FROM generate_series({from}::bigint, {to}) AS n JOIN application a ON a.id = bench.id(12, n);
INSERT INTO person (id, family_name, first_names, birth_date, person_key)
SELECT bench.id(14, n * 3 + k), 'Formateur ' || n, 'Prénom ' || k, '1975-01-01', 'FORMATEUR' || n || '|PRENOM' || k || '|1975-01-01'
FROM generate_series({from}::bigint, {to}) AS n, generate_series(0, 2) AS k;
INSERT INTO practitioner (id, organism_id, person_id, legal_status, cv_reference, is_trainer, is_evaluator, is_jury_member,
    evaluates_domain_1, evaluates_domain_2, evaluates_domain_3, remote_capable, declared_on, validated_on)
SELECT bench.id(15, n * 3 + k), bench.id(10, n), bench.id(14, n * 3 + k), 'Salarié', 'CV-' || n || '-' || k, false, true, true,
    true, true, true, true, bench.start() - 80, bench.start() - 15
FROM generate_series({from}::bigint, {to}) AS n, generate_series(0, 2) AS k;
INSERT INTO jury (id, organism_id, held_on, minutes, recorded_on, recorded_by_id)
SELECT bench.id(16, q * {organisms} + n), bench.id(10, n), day, 'Procès-verbal', day, bench.id(1, 1)
FROM generate_series({from}::bigint, {to}) AS n, generate_series(0, {quarters} - 1) AS q,
LATERAL (SELECT (bench.start() + make_interval(months => 3 * q))::date) AS held (day);
INSERT INTO jury_member (jury_id, practitioner_id)
SELECT bench.id(16, q * {organisms} + n), bench.id(15, n * 3 + k)
FROM generate_series({from}::bigint, {to}) AS n, generate_series(0, {quarters} - 1) AS q, generate_series(0, 1) AS k;

-- step candidate by candidates
INSERT INTO candidate (id, organism_id, birth_name, used_name, first_names, birth_date, sex, birth_place_code, birth_place_name,
    birth_country, email, person_key, registered_on, version)
SELECT bench.id(20, n), bench.id(10, 1 + bench.pick(n, 20, {organisms})), family, used, first,
    born, bench.word(ARRAY['F', 'M'], n, 22), town.insee, town.city, 'France',
    'candidat-' || n || '@courriel.example', replace(bench.key(family) || '|' || bench.key(first), ' ', '') || '|' || born,
    bench.day(n, {candidates}) - 70, 1
FROM generate_series({from}::bigint, {to}) AS n
JOIN bench.town ON town.rank = bench.pick(n, 23, 16),
LATERAL (SELECT
    bench.word(ARRAY['Martin', 'Bernard', 'Thomas', 'Petit', 'Robert', 'Richard', 'Durand', 'Dubois', 'Moreau', 'Laurent', 'Simon',
        'Michel', 'Lefèvre', 'Leroy', 'Roux', 'David', 'Bertrand', 'Morel', 'Fournier', 'Girard', 'Bonnet', 'Dupont', 'Lambert',
        'Fontaine', 'Rousseau', 'Vincent', 'Müller', 'Lefebvre-Desnoëttes', 'Faure', 'André', 'Mercier', 'Blanc'], n, 24) AS family,
    CASE WHEN bench.pick(n, 25, 6) = 0 THEN bench.word(ARRAY['Garnier', 'Chevalier', 'François', 'Legrand', 'Gauthier', 'Perrin'], n, 26) END AS used,
    bench.word(ARRAY['Camille', 'Louise', 'Jean', 'Noël', 'Anaïs', 'Zoé', 'Léo', 'Marie', 'Karim', 'Fatima', 'Hélène', 'Paul', 'Inès',
        'Hugo', 'Chloé', 'Lucas', 'Nadia', 'Yann', 'Sofia', 'Théo', 'Agnès', 'Bruno', 'Claire', 'Denis'], n, 27) || ' '
    || bench.word(ARRAY['Anne', 'Pierre', 'Marie', 'Jacques', 'Rose', 'Louis', 'Jeanne', 'Michel'], n, 28) AS first) AS named,
LATERAL (SELECT (date '1960-01-01' + bench.pick(n, 21, 16000))::text AS born) AS birth;
INSERT INTO candidate_word (candidate_id, word)
SELECT c.id, word FROM generate_series({from}::bigint, {to}) AS n JOIN candidate c ON c.id = bench.id(20, n),
    bench.words(c.birth_name, c.first_names, coalesce(c.used_name, '')) AS word;

-- step enrolment by enrolments
-- Every tenth candidate comes back once, under the same habilitation.
INSERT INTO enrolment (id, candidate_id, organism_id, habilitation_id, framework_id, site_id, enrolled_on, purpose_told_on,
    disability_contact_told_on, version)
SELECT bench.id(21, n), bench.id(20, candidate), bench.id(10, organism), bench.id(13, organism), framework.id, bench.id(11, organism),
    bench.day(n, {enrolments}) - 60, bench.day(n, {enrolments}) - 60, bench.day(n, {enrolments}) - 60, 1
FROM generate_series({from}::bigint, {to}) AS n, framework,
LATERAL (SELECT CASE WHEN n <= {candidates} THEN n ELSE (n - {candidates}) * 10 END) AS who (candidate),
LATERAL (SELECT 1 + bench.pick(candidate, 20, {organisms})) AS place (organism);

-- step evaluation by enrolments
-- One prior evaluation each, and {finals} final ones spread evenly: those whose rank grows.
INSERT INTO evaluation (id, enrolment_id, kind, sequence, held_on, remote, recorded_on, recorded_by_id)
SELECT bench.id(22, n), bench.id(21, n), 'PRIOR', 1, day - 55, bench.pick(n, 30, 3) = 0, day - 54, bench.id(1, 1)
FROM generate_series({from}::bigint, {to}) AS n, LATERAL (SELECT bench.day(n, {enrolments})) AS at (day)
UNION ALL
SELECT bench.id(23, n + {enrolments} / 8), bench.id(21, n), 'FINAL', 1, day - 10, bench.pick(n, 31, 3) = 0, day - 9, bench.id(1, 1)
FROM generate_series({from}::bigint, {to}) AS n, LATERAL (SELECT bench.day(n, {enrolments})) AS at (day)
WHERE n * {finals} / {enrolments} > (n - 1) * {finals} / {enrolments};

-- step evaluation_result by enrolments
-- An evaluator per domain; what the prior evaluation missed is acquired at the final one.
INSERT INTO evaluation_result (evaluation_id, competence_code, acquired, evaluator_id)
SELECT e.id, c.code, e.kind = 'FINAL' OR bench.pick(n * 17 + c.domain_number * 5 + right(c.code, 1)::int, 32, 4) > 0,
    bench.id(15, (1 + bench.pick(CASE WHEN n <= {candidates} THEN n ELSE (n - {candidates}) * 10 END, 20, {organisms}))::bigint * 3 + c.domain_number - 1)
FROM generate_series({from}::bigint, {to}) AS n
JOIN evaluation e ON e.enrolment_id = bench.id(21, n), competence c
ORDER BY e.id, c.code;

-- step certificate by enrolments
-- {certificates} of the enrolments with a final evaluation, spread evenly.
WITH ranked AS (
    SELECT n, n * {finals} / {enrolments} AS final
    FROM generate_series({from}::bigint, {to}) AS n
    WHERE n * {finals} / {enrolments} > (n - 1) * {finals} / {enrolments}
), awarded AS (
    SELECT e.*, r.n, r.final * {certificates} / {finals} AS rank, bench.day(r.n, {enrolments}) AS day
    FROM ranked r JOIN enrolment e ON e.id = bench.id(21, r.n)
    WHERE r.final * {certificates} / {finals} > (r.final - 1) * {certificates} / {finals}
), decided AS (
    INSERT INTO jury_decision (id, jury_id, enrolment_id, favourable, grounds)
    SELECT bench.id(24, rank), bench.id(16, bench.quarter(day) * {organisms} + 1 + bench.pick(
        CASE WHEN n <= {candidates} THEN n ELSE (n - {candidates}) * 10 END, 20, {organisms})), id, true, 'Tous les domaines sont validés.'
    FROM awarded RETURNING jury_id, enrolment_id
)
INSERT INTO certificate (id, number, verification_code, enrolment_id, candidate_id, organism_id, habilitation_id, framework_id,
    jury_id, awarded_on, delivery)
SELECT bench.id(25, rank), 'CM' || extract(year FROM day) || '-' || lpad(rank::text, 6, '0'),
    upper(translate(left(replace(bench.id(26, rank)::text || bench.id(27, rank)::text, '-', ''), 26), 'ilou', '1100')),
    id, candidate_id, organism_id, habilitation_id, framework_id, d.jury_id, day, bench.word(ARRAY['PAPER', 'PDF'], n, 33)
FROM awarded JOIN decided d ON d.enrolment_id = awarded.id;

-- step billable_fact
INSERT INTO billable_fact (id, organism_id, kind, subject_id, fact_on, tariff_id, amount_cents, recorded_at)
SELECT bench.id(30, row_number() OVER (ORDER BY a.id)), a.organism_id, 'APPLICATION_FEE', a.id, a.filed_on, t.id, t.application_fee, a.filed_on
FROM application a, tariff t;
INSERT INTO billable_fact (id, organism_id, kind, subject_id, fact_on, tariff_id, amount_cents, recorded_at)
SELECT bench.id(31, row_number() OVER (ORDER BY on_day, h.id)), h.organism_id, 'SITE_FEE', s.id, on_day, t.id, t.site_fee, on_day
FROM habilitation h JOIN site s ON s.organism_id = h.organism_id, tariff t,
LATERAL (SELECT (h.notified_on + make_interval(years => y))::date FROM generate_series(0, 20) AS y) AS years (on_day)
WHERE on_day < date '2026-10-01' AND on_day <= h.term_ends_on;
INSERT INTO billable_fact (id, organism_id, kind, subject_id, fact_on, tariff_id, amount_cents, recorded_at)
SELECT bench.id(32, row_number() OVER (ORDER BY c.id)), c.organism_id, 'CERTIFICATE_FEE', c.id, c.awarded_on, t.id, t.certificate_fee, c.awarded_on
FROM certificate c, tariff t ORDER BY c.id;

-- step invoice
WITH owed AS (
    SELECT bench.quarter(fact_on) AS q, organism_id, sum(amount_cents) AS cents FROM billable_fact GROUP BY 1, 2
), numbered AS (
    SELECT q, cents, o.*, day, row_number() OVER (ORDER BY q, o.id) AS n,
        row_number() OVER (PARTITION BY extract(year FROM day) ORDER BY q, o.siren) AS sequence,
        extract(year FROM day - 1) || 'Q' || extract(quarter FROM day - 1) AS quarter
    FROM owed JOIN organism o ON o.id = owed.organism_id,
    LATERAL (SELECT (bench.start() + make_interval(months => 3 * (q + 1)))::date) AS issued (day)
)
INSERT INTO invoice (id, number, series, year, sequence, organism_id, quarter, issued_on, due_on, total_cents, buyer)
SELECT bench.id(33, n), 'F' || extract(year FROM day) || '-' || lpad(sequence::text, 6, '0'), 'F', extract(year FROM day), sequence, id,
    quarter, day, day + 30, cents,
    jsonb_build_object('name', name, 'siren', siren, 'address', address, 'postalCode', postal_code, 'city', city, 'email', email)
FROM numbered ORDER BY n;
INSERT INTO invoice_line (id, invoice_id, position, billable_fact_id, label, amount_cents)
SELECT bench.id(34, row_number() OVER (ORDER BY i.id, f.kind, f.fact_on, f.id)), i.id,
    row_number() OVER (PARTITION BY i.id ORDER BY f.kind, f.fact_on, f.id), f.id,
    CASE f.kind
        WHEN 'APPLICATION_FEE' THEN 'Frais d’instruction — demande n° ' || a.number || ', déposée le ' || bench.date_fr(f.fact_on)
        WHEN 'SITE_FEE' THEN 'Frais de gestion — site « ' || s.name || ' » (SIRET ' || s.siret || '), année du ' || bench.date_fr(f.fact_on)
            || ' au ' || bench.date_fr((f.fact_on + interval '1 year' - interval '1 day')::date)
        ELSE 'Redevance — certificat n° ' || c.number || ', attribué le ' || bench.date_fr(f.fact_on)
    END, f.amount_cents
FROM billable_fact f
JOIN invoice i ON i.organism_id = f.organism_id
    AND i.issued_on = (bench.start() + make_interval(months => 3 * (bench.quarter(f.fact_on) + 1)))::date
LEFT JOIN application a ON a.id = f.subject_id
LEFT JOIN site s ON s.id = f.subject_id
LEFT JOIN certificate c ON c.id = f.subject_id
ORDER BY i.id, f.kind, f.fact_on, f.id;
INSERT INTO payment (id, invoice_id, received_on, amount_cents, method, reference, recorded_by_id, recorded_on)
SELECT bench.id(35, row_number() OVER (ORDER BY id)), id, due_on - 5, total_cents, 'Virement', 'VIR-' || number, bench.id(1, 1), due_on - 4
FROM invoice WHERE due_on < date '2026-10-01';
INSERT INTO quarter_run (quarter, run_on, invoice_count, total_cents, run_at)
SELECT quarter, issued_on, count(*), sum(total_cents), issued_on FROM invoice GROUP BY quarter, issued_on;
INSERT INTO counter (series, year, last) SELECT series, year, max(sequence) FROM invoice GROUP BY series, year;

-- step foreign keys
-- Nothing checked them row by row: they are made again, which checks every row at once.
RESET session_replication_role;
DO $$
DECLARE c record;
BEGIN
    FOR c IN SELECT conrelid::regclass AS tbl, conname, pg_get_constraintdef(oid) AS def FROM pg_constraint
        WHERE contype = 'f' AND connamespace = 'public'::regnamespace
    LOOP
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I, ADD CONSTRAINT %I %s', c.tbl, c.conname, c.conname, c.def);
    END LOOP;
END $$;

-- step statistics
VACUUM ANALYZE;
