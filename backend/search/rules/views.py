"""Endpoints of query rules and synonym sets, for staff."""

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.areas import StaffArea
from backend.accounts.permissions import InArea
from backend.api.pagination import page_response, rows_of
from backend.api.parameters import PageParameters, parse, parse_body
from backend.api.responses import envelope
from backend.api.schema import envelope_of, operation, page_of
from backend.audit.actors import actor_of
from backend.catalog.serializers import DeletedSerializer
from backend.search.errors import EditedMeanwhile, QueryRuleNotFound, SynonymSetExists, SynonymSetNotFound
from backend.search.models import QueryRule, SynonymSet
from backend.search.rules import selectors, services, synonym_services
from backend.search.rules.serializers import (
    QueryRuleChangesSerializer,
    QueryRuleInputSerializer,
    QueryRuleSerializer,
    SynonymListParameters,
    SynonymSetChangesSerializer,
    SynonymSetInputSerializer,
    SynonymSetSerializer,
)

TAG = "search rules"


class QueryRuleListView(APIView):
    """All query rules."""

    permission_classes = (InArea(StaffArea.SEARCH),)

    @operation("query_rules_list", tag=TAG, query=PageParameters, response=page_of(QueryRuleSerializer))
    def get(self, request: Request) -> Response:
        """List the query rules, in the order in which they are applied."""
        parameters = parse(request, PageParameters)
        rows = QueryRule.objects.all()
        return page_response(request, rows, parameters=parameters, shown=rows_of(QueryRuleSerializer))

    @operation(
        "query_rules_create",
        tag=TAG,
        request=QueryRuleInputSerializer,
        response=envelope_of(QueryRuleSerializer),
        status=201,
    )
    def post(self, request: Request) -> Response:
        """Create a query rule.

        Searches apply it within two seconds.
        """
        values = parse_body(request, QueryRuleInputSerializer)
        rule = services.create_query_rule(values, by=actor_of(request), now=timezone.now())
        return envelope(QueryRuleSerializer(rule).data, message="Query rule created.", status=201)


class QueryRuleView(APIView):
    """A query rule."""

    permission_classes = (InArea(StaffArea.SEARCH),)

    @operation(
        "query_rules_get", tag=TAG, response=envelope_of(QueryRuleSerializer), errors=[QueryRuleNotFound]
    )
    def get(self, request: Request, rule_id: int) -> Response:
        """Show a query rule."""
        return envelope(QueryRuleSerializer(selectors.query_rule_for(rule_id)).data)

    @operation(
        "query_rules_update",
        tag=TAG,
        request=QueryRuleChangesSerializer,
        response=envelope_of(QueryRuleSerializer),
        errors=[QueryRuleNotFound, EditedMeanwhile],
    )
    def put(self, request: Request, rule_id: int) -> Response:
        """Replace a query rule.

        Searches apply the new one within two seconds.
        """
        changes = parse_body(request, QueryRuleChangesSerializer)
        version = changes.pop("version")
        rule = services.update_query_rule(
            rule_id, changes=changes, version=version, by=actor_of(request), now=timezone.now()
        )
        return envelope(QueryRuleSerializer(rule).data, message="Query rule changed.")

    @operation(
        "query_rules_delete", tag=TAG, response=envelope_of(DeletedSerializer), errors=[QueryRuleNotFound]
    )
    def delete(self, request: Request, rule_id: int) -> Response:
        """Delete a query rule."""
        services.delete_query_rule(rule_id, by=actor_of(request))
        return envelope({"id": rule_id}, message="Query rule deleted.")


class SynonymSetListView(APIView):
    """All synonym sets."""

    permission_classes = (InArea(StaffArea.SEARCH),)

    @operation(
        "synonym_sets_list", tag=TAG, query=SynonymListParameters, response=page_of(SynonymSetSerializer)
    )
    def get(self, request: Request) -> Response:
        """List the synonym sets, the newest first."""
        parameters = parse(request, SynonymListParameters)
        rows = SynonymSet.objects.all()
        if parameters["status"]:
            rows = rows.filter(status=parameters["status"])
        return page_response(request, rows, parameters=parameters, shown=rows_of(SynonymSetSerializer))

    @operation(
        "synonym_sets_create",
        tag=TAG,
        request=SynonymSetInputSerializer,
        response=envelope_of(SynonymSetSerializer),
        status=201,
        errors=[SynonymSetExists],
    )
    def post(self, request: Request) -> Response:
        """Create a synonym set.

        Searches use it within two seconds. Synonyms of synonyms aren't found.
        """
        values = parse_body(request, SynonymSetInputSerializer)
        row = synonym_services.create_synonym_set(values, by=actor_of(request), now=timezone.now())
        return envelope(SynonymSetSerializer(row).data, message="Synonym set created.", status=201)


class SynonymSetView(APIView):
    """A synonym set."""

    permission_classes = (InArea(StaffArea.SEARCH),)

    @operation(
        "synonym_sets_get", tag=TAG, response=envelope_of(SynonymSetSerializer), errors=[SynonymSetNotFound]
    )
    def get(self, request: Request, synonym_set_id: int) -> Response:
        """Show a synonym set."""
        return envelope(SynonymSetSerializer(selectors.synonym_set_for(synonym_set_id)).data)

    @operation(
        "synonym_sets_update",
        tag=TAG,
        request=SynonymSetChangesSerializer,
        response=envelope_of(SynonymSetSerializer),
        errors=[SynonymSetNotFound, SynonymSetExists, EditedMeanwhile],
    )
    def put(self, request: Request, synonym_set_id: int) -> Response:
        """Replace a synonym set.

        A proposal is accepted by the status `active`, and rejected by `rejected`.
        """
        changes = parse_body(request, SynonymSetChangesSerializer)
        version = changes.pop("version")
        row = synonym_services.update_synonym_set(
            synonym_set_id, changes=changes, version=version, by=actor_of(request), now=timezone.now()
        )
        return envelope(SynonymSetSerializer(row).data, message="Synonym set changed.")

    @operation(
        "synonym_sets_delete", tag=TAG, response=envelope_of(DeletedSerializer), errors=[SynonymSetNotFound]
    )
    def delete(self, request: Request, synonym_set_id: int) -> Response:
        """Delete a synonym set."""
        synonym_services.delete_synonym_set(synonym_set_id, by=actor_of(request))
        return envelope({"id": synonym_set_id}, message="Synonym set deleted.")
