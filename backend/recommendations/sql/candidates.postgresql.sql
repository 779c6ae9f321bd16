SELECT (pair->>0)::bigint AS id, (pair->>1)::bigint AS because, place, 0 AS popularity
FROM asked, json_array_elements(doc->'candidates') WITH ORDINALITY AS candidates (pair, place)
