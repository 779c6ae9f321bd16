"""The search engine: documents, queries and generations, on Elasticsearch or in-process on tantivy."""
