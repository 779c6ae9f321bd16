"""Search errors."""

from backend.api.errors import DomainError, NotFound


class QueryRuleNotFound(NotFound):
    """There is no such query rule."""

    code = "query_rule_not_found"
    message = "There is no such query rule."
    details_keys = {"rule_id": "The id in the request."}
    hint = "List the query rules."


class SynonymSetNotFound(NotFound):
    """There is no such synonym set."""

    code = "synonym_set_not_found"
    message = "There is no such synonym set."
    details_keys = {"synonym_set_id": "The id in the request."}
    hint = "List the synonym sets."


class SynonymSetExists(DomainError):
    """There is a synonym set with the same phrases."""

    code = "synonym_set_exists"
    status = 409
    message = "There is a synonym set with these phrases."
    details_keys = {"synonym_set_id": "The id of that set."}
    hint = "Change the existing set; it may be inactive, proposed or rejected."


class EditedMeanwhile(DomainError):
    """The rule or synonym set was changed since it was read."""

    code = "edited_meanwhile"
    status = 409
    message = "This has been changed since you read it."
    details_keys = {"version": "The current version."}
    hint = "Read it again, and send your change with its `version`."


class ExplanationForStaff(DomainError):
    """The caller asked for the explanation of a search, but isn't staff with the area."""

    code = "explanation_for_staff"
    status = 403
    message = "Only staff with the area `search` may see how a search was made."
    details_keys = {"area": "The area: `search`."}
    hint = "Search without `explain`, or as staff with the area."
