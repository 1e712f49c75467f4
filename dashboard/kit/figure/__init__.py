"""What several figures share; no Streamlit in here."""
