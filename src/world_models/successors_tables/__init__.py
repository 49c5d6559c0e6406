"""The tables, figures and page that compare the successors."""
