SELECT coalesce(json_agg(json_build_object(
    'id', i.id, 'number', i.number, 'quarter', i.quarter, 'issuedOn', i.issued_on, 'dueOn', i.due_on, 'total', i.total_cents,
    'organism', (SELECT json_build_object('id', o.id, 'siren', o.siren, 'name', o.name) FROM organism o WHERE o.id = i.organism_id),
    'lines', (
        SELECT coalesce(json_agg(json_build_object('id', l.id, 'position', l.position, 'label', l.label, 'amount', l.amount_cents)
            ORDER BY l.position), '[]')
        FROM invoice_line l WHERE l.invoice_id = i.id)
) ORDER BY i.id DESC), '[]')
FROM (SELECT * FROM invoice WHERE id < bench.id(33, :key) ORDER BY id DESC LIMIT 100) i
