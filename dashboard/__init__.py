"""The Streamlit app on top of the solver core."""
