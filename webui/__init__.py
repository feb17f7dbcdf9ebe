"""The search page, the API and the widget."""
