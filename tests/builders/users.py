"""Users of a test's own broker, by its own certificates: a process runs as itself, so that what it lacks shows."""

from cbrn_deploy.authority import LocalAccess
from cbrn_deploy.provisioning.access.applying import apply_rights
from cbrn_schemas.settings import Settings


def credentials_of(admin, user):
    """The user's credentials file, of the broker whose admin's settings are given."""
    return LocalAccess(admin.credentials.parent).credentials(user.name, admin.bootstrap_servers)


async def as_user(admin, user):
    """These settings, as the user; he is given the rights that his name says."""
    await apply_rights(admin, {user.name: user})
    return admin.reaching(Settings(credentials=credentials_of(admin, user)))
