"""The table, figures and page that set the successors beside each other."""
