"""Agent definitions, skills, references and templates: text only."""
