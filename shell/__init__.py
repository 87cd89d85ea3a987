"""step-shell: stage, diff and commit changes to the provisioners of a step-ca."""

__version__ = "0.1.0"
