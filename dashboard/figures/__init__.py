"""Figure builders: pure functions from an experiment to a Plotly figure; no Streamlit in here."""
