"""What a page says about its hits: the words that matched, and the variant that matched.

Both are computed in Python from the plan of the search and the stored documents of the page, so engines
can't differ, and need no further request. See docs/decisions/search-page.md.
"""
