"""Does a change make the results better? Measure an index on judged queries, compare two, tune weights, propose synonyms."""
