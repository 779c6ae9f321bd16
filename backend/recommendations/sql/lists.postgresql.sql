WITH asked AS (
    SELECT place, list->>0 AS audience, list->>1 AS subject, list->>2 AS algorithm, list->>3 AS otherwise
    FROM json_array_elements(%s::json) WITH ORDINALITY AS wanted (list, place)
)
SELECT serving.version, found.place - 1, found.algorithm, found.entries
FROM recommendations_modelversion AS serving
LEFT JOIN LATERAL (
    SELECT asked.place, published.algorithm, published.entries
    FROM asked
    CROSS JOIN LATERAL (
        SELECT one.algorithm, one.entries
        FROM recommendations_productrecommendation AS one
        WHERE one.version_id = serving.id
            AND one.audience = asked.audience
            AND one.subject = asked.subject
            AND one.algorithm IN (asked.algorithm, asked.otherwise)
            AND one.entries <> '[]'
        ORDER BY one.algorithm = asked.algorithm DESC
        LIMIT 1
    ) AS published
) AS found ON TRUE
WHERE serving.is_serving
