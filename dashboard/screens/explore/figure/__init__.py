"""Figures of Explore; no Streamlit in here."""
