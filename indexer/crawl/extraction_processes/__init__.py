"""In which process is a page extracted? In this one if it is small or alone, otherwise in workers, within limits."""
