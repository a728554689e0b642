-- The quarter's invoices and their lines in one statement, as somebody would write it by hand.
WITH owed AS (
    SELECT f.*, o.siren FROM billable_fact f JOIN organism o ON o.id = f.organism_id
    WHERE f.fact_on <= date '2026-09-30' AND NOT EXISTS (SELECT FROM invoice_line l WHERE l.billable_fact_id = f.id)
), summed AS (
    SELECT organism_id, row_number() OVER (ORDER BY siren) AS n, sum(amount_cents) AS cents FROM owed GROUP BY organism_id, siren
), issued AS (
    INSERT INTO invoice (id, number, series, year, sequence, organism_id, quarter, issued_on, due_on, total_cents, buyer)
    SELECT bench.id(40, n), 'F2026-' || lpad(n::text, 6, '0'), 'F', 2026, n, o.id, '2026Q3', '2026-10-01', '2026-10-31', cents,
        jsonb_build_object('name', o.name, 'siren', o.siren, 'address', o.address, 'postalCode', o.postal_code, 'city', o.city, 'email', o.email)
    FROM summed JOIN organism o ON o.id = summed.organism_id
    RETURNING id, organism_id
)
INSERT INTO invoice_line (id, invoice_id, position, billable_fact_id, label, amount_cents)
SELECT bench.id(41, row_number() OVER (ORDER BY i.id, f.kind, f.fact_on, f.id)), i.id,
    row_number() OVER (PARTITION BY i.id ORDER BY f.kind, f.fact_on, f.id), f.id,
    CASE f.kind
        WHEN 'APPLICATION_FEE' THEN 'Frais d’instruction — demande n° ' || a.number || ', déposée le ' || bench.date_fr(f.fact_on)
        WHEN 'SITE_FEE' THEN 'Frais de gestion — site « ' || s.name || ' » (SIRET ' || s.siret || '), année du ' || bench.date_fr(f.fact_on)
            || ' au ' || bench.date_fr((f.fact_on + interval '1 year' - interval '1 day')::date)
        ELSE 'Redevance — certificat n° ' || c.number || ', attribué le ' || bench.date_fr(f.fact_on)
    END, f.amount_cents
FROM owed f
JOIN issued i ON i.organism_id = f.organism_id
LEFT JOIN application a ON a.id = f.subject_id
LEFT JOIN site s ON s.id = f.subject_id
LEFT JOIN certificate c ON c.id = f.subject_id
