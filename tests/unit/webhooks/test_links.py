"""A link to a recording says where it lies, and lets nobody in who has no credentials of their own."""

from __future__ import annotations

import pytest

from schemas.sources.voice.links import without_credentials


@pytest.mark.parametrize(
    "secret",
    [
        "?access_token=s3cret",
        "?key=s3cret",
        "?code=s3cret",
        "?sv=1&sig=s3cret",
        "?X-Amz-Signature=s3cret&X-Amz-Credential=s3cret",
        "?session=s3cret&session_id=s3cret",
        "?Policy=s3cret&Key-Pair-Id=s3cret",
        "#s3cret",
        ";jsessionid=s3cret",
        "?a;token=s3cret",
    ],
)
def test_nothing_that_may_open_it_stays(secret: str) -> None:
    assert without_credentials(f"https://s3cret:s3cret@rec.example/calls/7{secret}") == "https://rec.example/calls/7"


@pytest.mark.parametrize(
    "link", ["https://app.gong.example/call?id=88", "http://rec.example/a?fileId=1&media_id=2&type=cc"]
)
def test_what_says_which_recording_it_is_stays(link: str) -> None:
    assert without_credentials(link) == link


@pytest.mark.parametrize("text", [None, "", "no link", "ftp://rec.example/7", "https://[", "javascript:alert(1)"])
def test_what_is_no_link_is_none(text: str | None) -> None:
    assert without_credentials(text) is None
