"""How work is run: processes, pools, clusters, heartbeats, progress. No number changes here."""
