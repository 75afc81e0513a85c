"""What holds for every test: properties are searched for counterexamples, never timed."""

from hypothesis import HealthCheck, settings

# A busy machine is no counterexample: hypothesis would report an example that took 200 ms.
settings.register_profile("bus", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("bus")
