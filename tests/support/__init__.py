"""What several test files share: scripted webs, builders of documents, kills, servers. Tests never import from test files."""
