"""The page of refused events, which are in the warehouse and not in the database."""

from typing import Any

from celery import current_app
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from kombu.exceptions import OperationalError

from analytics_pipeline import dead_letters
from backend.accounts.areas import StaffArea
from backend.api.errors import DomainError, translated
from backend.audit.actors import actor_of
from backend.audit.services import record
from backend.engines.warehouse import warehouse_for_request

AREA = StaffArea.OPERATIONS
LISTED = 100
PAGE = "admin:dead_letters"


def dead_letter_page(request: HttpRequest, *, context: dict[str, Any]) -> HttpResponse:
    """List the newest dead letters; a POST lets a worker replay all of them.

    Raises:
        PermissionDenied: the user doesn't have the area of operations.
    """
    user: Any = request.user
    if not user.has_area(AREA):
        raise PermissionDenied
    if request.method == "POST":
        _replay(request)
        return HttpResponseRedirect(reverse(PAGE))
    letters, waiting, unavailable = [], 0, ""
    try:
        with warehouse_for_request() as warehouse:
            letters = dead_letters.newest(warehouse, limit=LISTED)
            waiting = dead_letters.waiting(warehouse)
    except Exception as error:
        found = translated(error)
        if not isinstance(found, DomainError):
            raise
        unavailable = found.message
    shown = {"title": "Dead letters", "letters": letters, "waiting": waiting, "unavailable": unavailable}
    return TemplateResponse(request, "admin_site/dead_letters.html", {**context, **shown})


def _replay(request: HttpRequest) -> None:
    """Let a worker replay all dead letters."""
    try:
        current_app.send_task("backend.tracking.tasks.replay_dead_letters", retry=False)
    except OperationalError:
        messages.error(request, "The workers' queue is not available; try again shortly.")
        return
    with transaction.atomic():
        record("tracking.dead_letters_replayed", by=actor_of(request), subject=("dead_letters", ""))
    messages.success(request, "A worker replays the dead letters; valid events leave this list.")
