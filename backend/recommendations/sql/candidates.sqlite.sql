SELECT json_extract(pair.value, '$[0]') AS id, json_extract(pair.value, '$[1]') AS because, pair.key AS place, 0 AS popularity
FROM asked, json_each(doc, '$.candidates') AS pair
