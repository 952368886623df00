from django.http import HttpResponse
from django.urls import path

urlpatterns = [path("notes/<int:number>", lambda request, number: HttpResponse(f"note {number}"))]
