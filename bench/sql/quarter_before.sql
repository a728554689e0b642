-- A copy of the data on the eve of a quarter's run: every certificate was awarded in that quarter, nothing is
-- invoiced yet.
SET session_replication_role = replica;
TRUNCATE payment, invoice_line, invoice, quarter_run, deadline, outbox;
DELETE FROM counter WHERE series = 'F';
UPDATE billable_fact SET fact_on = date '2026-07-01' + n % 92
FROM (SELECT id, row_number() OVER (ORDER BY id)::int AS n FROM billable_fact) AS ranked
WHERE ranked.id = billable_fact.id AND kind = 'CERTIFICATE_FEE';
INSERT INTO quarter_run (quarter, run_on, invoice_count, total_cents, run_at) VALUES ('2026Q2', '2026-07-01', 0, 0, '2026-07-01Z');
RESET session_replication_role;
