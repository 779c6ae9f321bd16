"""URLs of promotions."""

from django.urls import path

from backend.promotions import views

urlpatterns = [
    path("", views.PromotionListView.as_view(), name="promotions"),
    path("preview/", views.PromotionPreviewView.as_view(), name="promotions-preview"),
    path("<int:promotion_id>/", views.PromotionView.as_view(), name="promotion"),
    path("<int:promotion_id>/codes/", views.PromotionCodesView.as_view(), name="promotion-codes"),
    path(
        "<int:promotion_id>/statistics/",
        views.PromotionStatisticsView.as_view(),
        name="promotion-statistics",
    ),
]
