import pytest
@pytest.mark.django_db
def test_db():
    from usher.access.models import User
    assert User.objects.count() == 0
