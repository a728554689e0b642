SELECT json_build_object(
    'id', o.id, 'siren', o.siren, 'name', o.name, 'city', o.city,
    'candidates', (
        SELECT coalesce(json_agg(json_build_object(
            'id', c.id, 'birthName', c.birth_name, 'firstNames', c.first_names, 'birthDate', c.birth_date,
            'enrolment', (
                SELECT json_build_object(
                    'id', e.id, 'enrolledOn', e.enrolled_on,
                    'lastEvaluation', (
                        SELECT json_build_object('id', v.id, 'kind', v.kind, 'heldOn', v.held_on)
                        FROM evaluation v WHERE v.enrolment_id = e.id ORDER BY v.id DESC LIMIT 1),
                    'certificate', (
                        SELECT json_build_object('id', t.id, 'number', t.number, 'awardedOn', t.awarded_on)
                        FROM certificate t WHERE t.enrolment_id = e.id))
                FROM enrolment e WHERE e.candidate_id = c.id ORDER BY e.id DESC LIMIT 1)
        ) ORDER BY c.id DESC), '[]')
        FROM (SELECT * FROM candidate WHERE organism_id = o.id ORDER BY id DESC LIMIT 50) c)
)
FROM organism o WHERE o.id = bench.id(10, :key)
