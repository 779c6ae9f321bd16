"""The search engine on an Elasticsearch cluster: Basic licence, no scripts."""
