"""From text to a call: lexer, parameter types, registry, analysis of a partial line. Knows no provisioners."""
