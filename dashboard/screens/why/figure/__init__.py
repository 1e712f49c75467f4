"""Figures of Why; no Streamlit in here."""
