"""Server processes, one or several, and limits on the head of a request. The application is in `main`."""
