"""URLs of reviews."""

from django.urls import path

from backend.reviews import moderation_views, views

urlpatterns = [
    path("mine/", views.OwnReviewListView.as_view(), name="own-reviews"),
    path("received/", moderation_views.ReceivedReviewListView.as_view(), name="received-reviews"),
    path("moderation/", moderation_views.ModerationListView.as_view(), name="moderated-reviews"),
    path("moderation/decide/", moderation_views.ModerationDecisionView.as_view(), name="review-decisions"),
    path(
        "moderation/answers/", moderation_views.AnswerModerationListView.as_view(), name="moderated-answers"
    ),
    path(
        "moderation/answers/decide/",
        moderation_views.AnswerModerationDecisionView.as_view(),
        name="answer-decisions",
    ),
    path("<int:review_id>/", views.ReviewView.as_view(), name="review"),
    path("<int:review_id>/vote/", views.ReviewVoteView.as_view(), name="review-vote"),
    path("<int:review_id>/report/", views.ReviewReportView.as_view(), name="review-report"),
    path("<int:review_id>/answer/", moderation_views.ReviewAnswerView.as_view(), name="review-answer"),
    path("<int:review_id>/pictures/", views.ReviewPictureListView.as_view(), name="review-pictures"),
    path(
        "<int:review_id>/pictures/<int:picture_id>/", views.ReviewPictureView.as_view(), name="review-picture"
    ),
]
