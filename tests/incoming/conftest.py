"""What tests of incoming mail share."""

from __future__ import annotations

import pytest

from digitalpost.institution import Institution
from tests.incoming.school import School


@pytest.fixture
def school(institution: Institution) -> School:
    return School(institution)
