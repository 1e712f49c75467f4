"""The Budget figure; no Streamlit in here."""
