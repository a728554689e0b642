SELECT json_build_object(
    'id', c.id, 'birthName', c.birth_name, 'usedName', c.used_name, 'firstNames', c.first_names, 'birthDate', c.birth_date,
    'sex', c.sex, 'birthPlaceName', c.birth_place_name, 'registeredOn', c.registered_on,
    'organism', (SELECT json_build_object('id', o.id, 'siren', o.siren, 'name', o.name) FROM organism o WHERE o.id = c.organism_id),
    'enrolments', (
        SELECT coalesce(json_agg(json_build_object(
            'id', e.id, 'enrolledOn', e.enrolled_on,
            'evaluations', (
                SELECT coalesce(json_agg(json_build_object(
                    'id', v.id, 'kind', v.kind, 'sequence', v.sequence, 'heldOn', v.held_on, 'remote', v.remote,
                    'results', (
                        SELECT coalesce(json_agg(json_build_object('code', r.competence_code, 'acquired', r.acquired)
                            ORDER BY r.competence_code), '[]')
                        FROM evaluation_result r WHERE r.evaluation_id = v.id)
                ) ORDER BY v.id), '[]')
                FROM evaluation v WHERE v.enrolment_id = e.id),
            'certificate', (
                SELECT json_build_object('id', t.id, 'number', t.number, 'awardedOn', t.awarded_on, 'delivery', t.delivery)
                FROM certificate t WHERE t.enrolment_id = e.id)
        ) ORDER BY e.id DESC), '[]')
        FROM enrolment e WHERE e.candidate_id = c.id)
)
FROM candidate c WHERE c.id = bench.id(20, :key)
