"""Figures of Budget; no Streamlit in here."""
