"""How do documents and stored responses leave the archive, and how do they come in? JSON lines and WARC."""
