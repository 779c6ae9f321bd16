"""The direction of names and titles within messages of plain text; pages use the element bdi."""

from django import template

from backend.api.text import isolated

register = template.Library()
register.filter("isolated", isolated)
