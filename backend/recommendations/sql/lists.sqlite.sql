WITH asked AS MATERIALIZED (
    SELECT
        list.key AS place,
        json_extract(list.value, '$[0]') AS audience,
        json_extract(list.value, '$[1]') AS subject,
        json_extract(list.value, '$[2]') AS algorithm,
        json_extract(list.value, '$[3]') AS otherwise
    FROM json_each(%s) AS list
)
SELECT chosen.version, chosen.place, published.algorithm, published.entries
FROM (
    SELECT
        serving.version,
        asked.place,
        COALESCE(
            (
                SELECT one.id
                FROM recommendations_productrecommendation AS one
                WHERE one.version_id = serving.id
                    AND one.audience = asked.audience
                    AND one.subject = asked.subject
                    AND one.algorithm = asked.algorithm
                    AND one.entries <> '[]'
            ),
            (
                SELECT one.id
                FROM recommendations_productrecommendation AS one
                WHERE one.version_id = serving.id
                    AND one.audience = asked.audience
                    AND one.subject = asked.subject
                    AND one.algorithm = asked.otherwise
                    AND one.entries <> '[]'
            )
        ) AS list_id
    FROM recommendations_modelversion AS serving
    CROSS JOIN asked
    WHERE serving.is_serving
) AS chosen
LEFT JOIN recommendations_productrecommendation AS published ON published.id = chosen.list_id
