"""Server processes: one or several, and the bounds on the head of a request. The application is `main`."""
