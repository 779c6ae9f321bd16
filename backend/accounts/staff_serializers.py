"""Serializers for members of staff and their areas."""

from typing import Any, ClassVar

from rest_framework import serializers

from backend.accounts.areas import StaffArea
from backend.accounts.models import User
from backend.api.fields import Choice
from backend.api.parameters import Body

AREAS = [(area.value, area.value) for area in StaffArea]


class AreasSerializer(Body):
    """The areas of an account; an empty list ends its being staff."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"areas": ["orders", "customers"]}

    areas = serializers.ListField(child=Choice(choices=AREAS), max_length=len(AREAS))


class NewStaffSerializer(AreasSerializer):
    """An account that becomes staff."""

    EXAMPLE = {"phone": "+15550100003", "areas": ["orders", "customers"]}

    phone = serializers.CharField(max_length=32, help_text="The phone number of a registered account.")
    areas = serializers.ListField(child=Choice(choices=AREAS), max_length=len(AREAS), allow_empty=False)


class StaffSerializer(serializers.Serializer[User]):
    """A member of staff."""

    EXAMPLE = {
        "id": 7,
        "phone": "+15550100003",
        "name": "John Doe",
        "is_active": True,
        "is_admin": False,
        "areas": ["orders", "customers"],
    }

    id = serializers.IntegerField()
    phone = serializers.CharField(allow_null=True)
    name = serializers.CharField(source="get_full_name")
    is_active = serializers.BooleanField()
    is_admin = serializers.BooleanField(help_text="An admin has all areas.")
    areas = serializers.SerializerMethodField()

    def get_areas(self, user: User) -> list[StaffArea]:
        """Return the areas in a fixed order."""
        return [area for area in StaffArea if user.has_area(area)]


def shown_staff(user: User) -> Any:
    """Return the member of staff as responses show it."""
    return StaffSerializer(user).data
