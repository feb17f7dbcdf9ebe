"""The engine on an OpenSearch cluster: the same answers as the embedded engine, on as many machines as the operator likes."""
