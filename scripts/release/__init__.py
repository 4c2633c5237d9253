"""`make release`: checks, builds and tries out a release, as far as that works without the internet.

It publishes nothing and changes no tracked file. What is left to a person is printed at its end.
"""
